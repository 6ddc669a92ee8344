import type { z } from "zod";
import type { AclSpec } from "../../providers/kinds/proxmox/acl.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

export const suite: DriftSuite<z.input<typeof AclSpec>> = {
  prepare: [
    becomePve,
    "printf 'user:alice@pam:1:0::::::\\nuser:root@pam:1:0::::::\\n\\ngroup:ops::of some:\\n\\n\\n\\n' >/etc/pve/user.cfg",
  ],
  foreign: ["pveum acl modify / --users alice@pam --roles PVEAuditor"],
  foreignState: "cat /etc/pve/user.cfg",
  apart: true,
  cases: [
    {
      prop: "propagate",
      spec: { path: "/", ugid: "alice@pam", roleid: "Administrator" },
      byHand: "pveum acl modify / --users alice@pam --roles Administrator --propagate 0",
    },
    {
      prop: "roleid",
      spec: { path: "/vms", type: "group", ugid: "ops", roleid: "PVEVMUser", propagate: false },
      byHand: "pveum acl delete /vms --groups ops --roles PVEVMUser",
    },
  ],
};
