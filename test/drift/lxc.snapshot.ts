/** Snapshots on plain Debian; those of Proxmox VE are in lxc.snapshot.proxmox.ts. */
import type { z } from "zod";
import type { SnapshotSpec } from "../../providers/kinds/lxc/snapshot.ts";
import type { DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof SnapshotSpec>;

const told: Spec = {
  ...{ vmid: 201, snapname: "told", allowReplace: true, allowDestroy: true },
  description: "one: 100 %\n\n# ünï\t'$(reboot)'",
  content: "v1: a b",
};
const bare: Spec = { vmid: 202, snapname: "bare", allowDestroy: true };
const root = (id: number) => `tank/guests/subvol-${String(id)}-disk-0`;
const make = (id: number) => [
  `zfs create ${root(id)}; mkdir -p /var/lib/lxc/${String(id)}`,
  `echo 'lxc.rootfs.path = dir:/${root(id)}' >/var/lib/lxc/${String(id)}/config`,
];

export const suite: DriftSuite<Spec> = {
  prepare: ["zpool_patiently create tank virtio-disk1; zfs create tank/guests", ...make(201), ...make(202)],
  foreign: [
    `zfs snapshot -o other:property=x ${root(201)}@byhand; zfs snapshot ${root(202)}@other; zfs snapshot tank/guests@told`,
  ],
  foreignState: `zfs list -Hp -t snapshot -o name,creation,other:property ${root(201)}@byhand ${root(202)}@other tank/guests@told`,
  apart: true,
  cases: [
    {
      prop: "description",
      spec: told,
      byHand: `zfs set phoenix-hypervisor:description='by hand' ${root(201)}@told`,
    },
    { prop: "description", spec: told, byHand: `zfs inherit phoenix-hypervisor:description ${root(201)}@told` },
    { prop: "content", spec: told, byHand: `zfs set phoenix-hypervisor:content=v0 ${root(201)}@told` },
    { prop: "snapname", spec: told, byHand: `zfs destroy ${root(201)}@told` },
    { prop: "snapname", spec: bare, byHand: `zfs destroy ${root(202)}@bare` },
  ],
};
