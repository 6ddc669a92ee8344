import type { RoleSpec } from "../../providers/kinds/proxmox/role.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

export const suite: DriftSuite<RoleSpec> = {
  prepare: [becomePve, "printf 'user:root@pam:1:0::::::\\n\\n\\n\\n\\n' >/etc/pve/user.cfg"],
  foreign: ["pveum role add Theirs --privs VM.Audit"],
  foreignState: "cat /etc/pve/user.cfg",
  apart: true,
  cases: [
    { prop: "roleid", spec: { roleid: "Gone", privs: ["VM.Audit"] }, byHand: "pveum role delete Gone" },
    {
      prop: "privs",
      spec: { roleid: "Operator", privs: ["VM.PowerMgmt", "VM.Audit"] },
      byHand: "pveum role modify Operator --privs VM.Console,VM.Audit",
    },
    { prop: "privs", spec: { roleid: "None", privs: [] }, byHand: "pveum role modify None --privs VM.Audit" },
  ],
};
