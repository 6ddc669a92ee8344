import type { z } from "zod";
import type { PoolSpec } from "../../providers/kinds/zfs/pool.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { filesystem, mounting } from "./zfs.dataset.ts";

type Spec = z.input<typeof PoolSpec>;
type Values = Readonly<Record<string, readonly [declared: string, byHand: string]>>;

const disk = (n: number) => `/dev/disk/by-id/virtio-disk${String(n)}`;
const both = (part: number) => [6, 7].map((n) => `${disk(n)}-part${String(part)}`);

/** Each property of a pool with a declared value and one that somebody sets by hand. */
export const properties: Values = {
  ashift: ["12", "13"],
  autoexpand: ["on", "off"],
  autoreplace: ["on", "off"],
  autotrim: ["on", "off"],
  cachefile: ["/etc/zfs/lab.cache", "none"],
  comment: ["a b'; $(reboot)", "other"],
  compatibility: ["openzfs-2.1-linux", "off"],
  dedup_table_quota: ["1G", "none"],
  delegation: ["off", "on"],
  failmode: ["continue", "wait"],
  listsnapshots: ["on", "off"],
  multihost: ["on", "off"],
  "org.example:note": ["a b'; $(reboot) é", "other"],
};

/** The properties of a file system. Not zoned: ZFS sets no sharenfs where that is on; test/drift/zfs.dataset.ts has it. */
const { canmount, mountpoint } = mounting;
export const rootProperties: Values = {
  ...filesystem,
  ...(canmount && { canmount }),
  ...(mountpoint && { mountpoint }),
};

const declared = (values: Values) => Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value]));
const set = (program: string, values: Values, on: string) =>
  Object.entries(values)
    .map(([name, [, value]]) => `${program} set '${name}=${value}' ${on}`)
    .join("; ");
const paths = (under: string, values: Values) => Object.keys(values).map((name) => `${under}.${name}`);

const lab: Spec = {
  name: "lab",
  vdevs: [{ type: "mirror", disks: [disk(1), disk(2)] }],
  log: [{ type: "stripe", disks: [disk(3)] }],
  cache: [disk(4)],
  spare: [disk(5)],
  properties: declared(properties),
  allowDestroy: true,
};

const fast: Spec = {
  name: "fast",
  vdevs: [{ type: "mirror", disks: both(1) }],
  special: [{ type: "mirror", disks: both(2) }],
  dedup: [{ type: "mirror", disks: both(3) }],
  rootProperties: declared(rootProperties),
  allowDestroy: true,
};

const of =
  (spec: Spec) =>
  (prop: string, byHand: string, differs: readonly string[] = [prop]): DriftCase<Spec> => ({
    prop,
    spec,
    byHand,
    differs,
  });

export const suite: DriftSuite<Spec> = {
  prepare: [
    // multihost wants a host with a number of its own.
    "zgenhostid -f",
    `for disk in ${disk(6)} ${disk(7)}; do sgdisk -n 1:0:+500M -n 2:0:+400M -n 3:0:+400M $disk; done`,
    "udevadm settle",
  ],
  foreign: ["zpool_patiently create foreign /dev/disk/by-id/virtio-disk8", "zfs create foreign/data"],
  foreignState: "zpool status foreign; zfs list -H -r -o name,compression foreign",
  apart: true,
  cases: [
    of(lab)("properties", set("zpool", properties, "lab"), paths("properties", properties)),
    of(lab)("vdevs", `zpool detach lab ${disk(2)}`),
    of(lab)("spare", `zpool remove lab ${disk(3)} ${disk(4)} ${disk(5)}`, ["log", "cache", "spare"]),
    of(fast)("rootProperties", set("zfs", rootProperties, "fast"), paths("rootProperties", rootProperties)),
    of(fast)("special", `zpool detach fast ${disk(7)}-part2`),
    of(fast)("dedup", `zpool detach fast ${disk(7)}-part3`),
  ],
};
