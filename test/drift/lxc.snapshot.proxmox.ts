import type { z } from "zod";
import type { SnapshotSpec } from "../../providers/kinds/lxc/snapshot.ts";
import { containerStorage, TINY } from "../support/containers.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

type Spec = z.input<typeof SnapshotSpec>;

const told: Spec = {
  ...{ vmid: 201, snapname: "told", allowReplace: true, allowDestroy: true },
  description: "one: 100 %\n\n# ünï '$(reboot)'",
  content: "v1: a b",
};
const bare: Spec = { vmid: 202, snapname: "bare", allowDestroy: true };
const edit = (how: string) => `sed -i '/^\\[told\\]/,/^$/ ${how}' /etc/pve/lxc/201.conf`;

export const suite: DriftSuite<Spec> = {
  prepare: [
    becomePve,
    containerStorage,
    ...[201, 202].map(
      (id) => `pct create ${String(id)} ${TINY} --ostype unmanaged --rootfs tank:1 --mp0 tank:1,mp=/data`,
    ),
  ],
  foreign: ["pct snapshot 201 byhand --description 'by hand'; pct snapshot 202 other"],
  foreignState:
    "sed -n '/^\\[byhand\\]/,/^$/p' /etc/pve/lxc/201.conf; zfs list -Hp -t snapshot -o name,creation | grep -e @byhand -e @other; ls /tank/subvol-20*-disk-*",
  apart: true,
  cases: [
    { prop: "description", spec: told, byHand: edit("{ /^#one/d; s/^#%23.*/#by hand/ }") },
    { prop: "content", spec: told, byHand: edit("s/content = v1/content = v0/") },
    { prop: "snapname", spec: told, byHand: "pct delsnapshot 201 told" },
    { prop: "snapname", spec: bare, byHand: "pct delsnapshot 202 bare" },
    // As a run of ours leaves it that is killed while it deletes it.
    {
      prop: "snapstate",
      spec: bare,
      byHand:
        "mkdir -p /var/lib/phoenix-hypervisor/snapshots; echo delsnapshot >/var/lib/phoenix-hypervisor/snapshots/202@bare; " +
        "sed -i -e '1i lock: snapshot-delete' -e '/^\\[bare\\]/a snapstate: delete' /etc/pve/lxc/202.conf",
    },
  ],
};
