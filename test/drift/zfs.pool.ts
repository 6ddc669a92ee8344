import type { z } from "zod";
import type { PoolSpec } from "../../providers/kinds/zfs/pool.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof PoolSpec>;

const disk = (n: number) => `/dev/disk/by-id/virtio-disk${String(n)}`;

const spec: Spec = {
  name: "lab",
  vdevs: [{ type: "mirror", disks: [disk(1), disk(2)] }],
  log: [{ type: "stripe", disks: [disk(3)] }],
  cache: [disk(4)],
  spare: [disk(5)],
  properties: {
    ashift: 12,
    autotrim: true,
    autoexpand: "on",
    autoreplace: "on",
    comment: "a b'; $(reboot)",
    delegation: "off",
    failmode: "continue",
    listsnapshots: "on",
  },
  rootProperties: { compression: "zstd", atime: "off", quota: "1G" },
  allowDestroy: true,
};

const by = (prop: string, byHand: string): DriftCase<Spec> => ({ prop, spec, byHand });

export const suite: DriftSuite<Spec> = {
  prepare: [],
  foreign: ["zpool create foreign /dev/disk/by-id/virtio-disk8", "zfs create foreign/data"],
  foreignState: "zpool status foreign; zfs list -H -r -o name,compression foreign",
  apart: false,
  cases: [
    by("properties.autotrim", "zpool set autotrim=off lab"),
    by("properties.autoexpand", "zpool set autoexpand=off lab"),
    by("properties.autoreplace", "zpool set autoreplace=off lab"),
    by("properties.comment", "zpool set comment=other lab"),
    by("properties.delegation", "zpool set delegation=on lab"),
    by("properties.failmode", "zpool set failmode=wait lab"),
    by("properties.listsnapshots", "zpool set listsnapshots=off lab"),
    by("rootProperties.compression", "zfs inherit compression lab"),
    by("rootProperties.atime", "zfs set atime=on lab"),
    by("rootProperties.quota", "zfs set quota=none lab"),
    by("log[0]", `zpool remove lab ${disk(3)}`),
    by("cache", `zpool remove lab ${disk(4)}`),
    by("spare", `zpool remove lab ${disk(5)}`),
    by(
      "vdevs[0]",
      `zpool detach lab ${disk(2)}; zpool labelclear -f ${disk(2)}-part1; wipefs -qa ${disk(2)}; blockdev --rereadpt ${disk(2)}; udevadm settle`,
    ),
  ],
};
