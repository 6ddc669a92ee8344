import type { GroupSpec } from "../../providers/kinds/proxmox/group.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

export const suite: DriftSuite<GroupSpec> = {
  prepare: [becomePve, "printf 'user:alice@pam:1:0::::::\\nuser:root@pam:1:0::::::\\n\\n\\n\\n\\n' >/etc/pve/user.cfg"],
  foreign: ["pveum group add theirs --comment 'by hand'", "pveum user modify alice@pam --groups theirs"],
  foreignState: "cat /etc/pve/user.cfg",
  apart: true,
  cases: [
    { prop: "groupid", spec: { groupid: "ops" }, byHand: "pveum group delete ops" },
    {
      prop: "comment",
      spec: { groupid: "said", comment: "ä: $(id) 100 %" },
      byHand: "pveum group modify said --comment other",
    },
  ],
};
