import type { HostnameSpec } from "../../providers/kinds/system/hostname.ts";
import type { DriftSuite } from "../support/drift.ts";

const spec: HostnameSpec = { name: "phoenix.example.com" };

export const suite: DriftSuite<HostnameSpec> = {
  prepare: [],
  foreign: ["sed -i 's/phoenix-lab/phoenix-lab alias/' /etc/hosts", "echo '10.0.0.9 nas # storage' >>/etc/hosts"],
  foreignState: "grep -v phoenix /etc/hosts; grep -o alias /etc/hosts",
  cases: [
    { prop: "name.now", spec, byHand: "hostname other" },
    { prop: "name.boot", spec, byHand: "echo other >/etc/hostname" },
    { prop: "name.hosts", spec, byHand: "sed -i s/phoenix.example.com/other/ /etc/hosts" },
  ],
  // There is one name.
  apart: false,
};
