import type { z } from "zod";
import type { DatasetSpec } from "../../providers/kinds/zfs/dataset.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof DatasetSpec>;

/** Each property with a declared value and one that somebody sets by hand. */
const VALUES: Readonly<Record<string, readonly [declared: string, byHand: string]>> = {
  aclinherit: ["passthrough", "discard"],
  aclmode: ["passthrough", "groupmask"],
  acltype: ["posix", "off"],
  atime: ["off", "on"],
  canmount: ["noauto", "on"],
  checksum: ["sha256", "fletcher4"],
  compression: ["zstd-3", "lz4"],
  copies: ["2", "1"],
  dedup: ["off", "verify"],
  devices: ["off", "on"],
  dnodesize: ["auto", "legacy"],
  exec: ["off", "on"],
  filesystem_limit: ["10", "none"],
  logbias: ["throughput", "latency"],
  mountpoint: ["/srv/elsewhere", "/srv/wrong"],
  nbmand: ["off", "on"],
  overlay: ["off", "on"],
  primarycache: ["metadata", "all"],
  quota: ["1.5G", "1G"],
  readonly: ["on", "off"],
  recordsize: ["1M", "64K"],
  redundant_metadata: ["most", "all"],
  refquota: ["900M", "none"],
  refreservation: ["8M", "none"],
  relatime: ["off", "on"],
  reservation: ["9M", "none"],
  secondarycache: ["none", "all"],
  setuid: ["off", "on"],
  snapdev: ["visible", "hidden"],
  snapdir: ["visible", "hidden"],
  snapshot_limit: ["20", "none"],
  special_small_blocks: ["32K", "0"],
  sync: ["always", "disabled"],
  vscan: ["off", "on"],
  xattr: ["sa", "off"],
  "org.example:note": ["a b'; $(reboot) é", "other"],
};

const name = (property: string) => `lab/p_${property.replace(/\W/g, "_")}`;

const properties = Object.entries(VALUES).map(([property, [declared, byHand]]): DriftCase<Spec> => ({
  prop: `properties.${property}`,
  spec: { name: name(property), properties: { [property]: declared }, allowDestroy: true },
  byHand: `zfs set '${property}=${byHand}' ${name(property)}`,
}));

const plain = (of: string, spec: Omit<Spec, "name">): Spec => ({ name: `lab/${of}`, allowDestroy: true, ...spec });

export const suite: DriftSuite<Spec> = {
  prepare: ["zpool create -O compression=off lab /dev/disk/by-id/virtio-disk1"],
  foreign: [
    "zfs create -o quota=100M lab/foreign",
    "zfs create lab/foreign/below",
    "zfs snapshot lab/foreign@kept",
    "echo kept >/lab/foreign/file",
  ],
  foreignState: "zfs list -H -t all -r -o name,quota,compression lab/foreign; cat /lab/foreign/file",
  secrets: { key: "correct horse battery staple" },
  apart: true,
  cases: [
    ...properties,
    {
      prop: "properties.compression",
      spec: plain("inherited", { properties: { compression: "lz4" } }),
      byHand: "zfs inherit compression lab/inherited",
    },
    { prop: "owner", spec: plain("owned", { owner: "nobody" }), byHand: "chown root /lab/owned" },
    { prop: "group", spec: plain("grouped", { group: "nogroup" }), byHand: "chgrp root /lab/grouped" },
    { prop: "mode", spec: plain("moded", { mode: "0770" }), byHand: "chmod 755 /lab/moded" },
    { prop: "mounted", spec: plain("mounted", {}), byHand: "zfs unmount lab/mounted" },
    {
      prop: "volsize",
      spec: plain("volume", { type: "volume", volsize: "64M", sparse: true }),
      byHand: "zfs set volsize=32M lab/volume",
    },
    {
      prop: "encryption.secret",
      spec: plain("secret", { encryption: { secret: "key" } }),
      byHand: "echo another passphrase | zfs change-key -o keyformat=passphrase lab/secret",
    },
    {
      prop: "keystatus",
      spec: plain("locked", { encryption: { secret: "key" } }),
      byHand: "zfs unmount lab/locked; zfs unload-key lab/locked",
    },
    { prop: "name", spec: plain("gone", {}), byHand: "zfs destroy lab/gone" },
  ],
};
