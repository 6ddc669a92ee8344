import { aptRepository } from "../support/apt-repository.ts";
import type { DriftSuite } from "../support/drift.ts";
import type { PackageSpec } from "../../providers/kinds/system/package.ts";

const both = ["1.0", "2.0"];

export const suite: DriftSuite<PackageSpec> = {
  prepare: [
    aptRepository([
      { name: "tiny-gone", versions: ["1.0"] },
      { name: "tiny-half", versions: ["1.0"] },
      { name: "tiny-absent", versions: ["1.0"] },
      { name: "tiny-version", versions: both },
      { name: "tiny-latest", versions: both },
      { name: "tiny-hold", versions: both },
      { name: "tiny-foreign", versions: both },
    ]),
  ],
  foreign: ["apt-get -q -y install tiny-foreign=1.0", "apt-mark hold tiny-foreign"],
  foreignState:
    "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' | grep -vE 'tiny-[^f]' && cat /etc/apt/sources.list",
  cases: [
    // The first one: any other transaction configures it too.
    {
      prop: "state",
      spec: { name: "tiny-half", state: "present" },
      byHand: "dpkg --unpack /srv/apt/tiny-half_1.0.deb",
    },
    { prop: "name", spec: { name: "tiny-gone", state: "present" }, byHand: "dpkg --remove tiny-gone" },
    { prop: "state", spec: { name: "tiny-absent", state: "absent" }, byHand: "dpkg -i /srv/apt/tiny-absent_1.0.deb" },
    {
      prop: "version",
      spec: { name: "tiny-version", state: "present", version: "1.0" },
      byHand: "dpkg -i /srv/apt/tiny-version_2.0.deb",
    },
    {
      prop: "version",
      spec: { name: "tiny-latest", state: "latest" },
      byHand: "dpkg -i /srv/apt/tiny-latest_1.0.deb",
    },
    {
      prop: "hold",
      spec: { name: "tiny-hold", state: "present", version: "1.0", hold: true },
      byHand: "apt-mark unhold tiny-hold",
    },
  ],
  apart: true,
};
