import type { z } from "zod";
import type { DatasetSpec } from "../../providers/kinds/zfs/dataset.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof DatasetSpec>;
type Values = Readonly<Record<string, readonly [declared: string, byHand: string]>>;

/** Each property of a file system with a declared value and one that somebody sets by hand. */
export const filesystem: Values = {
  aclinherit: ["passthrough", "discard"],
  aclmode: ["passthrough", "groupmask"],
  acltype: ["posix", "off"],
  atime: ["off", "on"],
  checksum: ["sha256", "fletcher4"],
  compression: ["zstd-3", "lz4"],
  context: ["system_u:object_r:tmp_t:s0", "none"],
  copies: ["2", "1"],
  dedup: ["off", "verify"],
  defcontext: ["system_u:object_r:tmp_t:s0", "none"],
  devices: ["off", "on"],
  direct: ["always", "disabled"],
  dnodesize: ["auto", "legacy"],
  exec: ["off", "on"],
  filesystem_limit: ["10", "none"],
  fscontext: ["system_u:object_r:tmp_t:s0", "none"],
  logbias: ["throughput", "latency"],
  longname: ["on", "off"],
  nbmand: ["off", "on"],
  overlay: ["off", "on"],
  prefetch: ["metadata", "none"],
  primarycache: ["metadata", "all"],
  quota: ["1.5G", "1G"],
  readonly: ["on", "off"],
  recordsize: ["1M", "64K"],
  redundant_metadata: ["most", "all"],
  refquota: ["900M", "none"],
  refreservation: ["8M", "none"],
  relatime: ["off", "on"],
  reservation: ["9M", "none"],
  rootcontext: ["system_u:object_r:tmp_t:s0", "none"],
  secondarycache: ["none", "all"],
  setuid: ["off", "on"],
  sharenfs: ["rw=@10.0.0.0/8", "off"],
  sharesmb: ["off", "on"],
  snapdev: ["visible", "hidden"],
  snapdir: ["visible", "hidden"],
  snapshot_limit: ["20", "none"],
  special_small_blocks: ["32K", "0"],
  sync: ["always", "disabled"],
  volmode: ["dev", "none"],
  vscan: ["off", "on"],
  xattr: ["sa", "off"],
  "org.example:note": ["a b'; $(reboot) é", "other"],
};

/** Quotas of one user, group or project. */
export const quotas: Values = {
  "userquota@nobody": ["10M", "11M"],
  "groupquota@nogroup": ["12M", "none"],
  "projectquota@7": ["14M", "15M"],
  "userobjquota@1000": ["1000", "1001"],
  "groupobjquota@1000": ["1002", "none"],
  "projectobjquota@7": ["1004", "1005"],
};

/** Each property of a volume. */
export const volume: Values = {
  checksum: ["sha256", "fletcher4"],
  compression: ["zstd-3", "lz4"],
  copies: ["2", "1"],
  dedup: ["off", "verify"],
  logbias: ["throughput", "latency"],
  prefetch: ["none", "metadata"],
  primarycache: ["metadata", "all"],
  readonly: ["on", "off"],
  redundant_metadata: ["most", "all"],
  refreservation: ["8M", "none"],
  reservation: ["9M", "none"],
  secondarycache: ["none", "all"],
  snapdev: ["visible", "hidden"],
  snapshot_limit: ["20", "none"],
  sync: ["always", "disabled"],
  // With volmode=none there is no device, and ZFS sets no volthreading.
  volmode: ["dev", "full"],
  volthreading: ["off", "on"],
  "org.example:note": ["a b'; $(reboot) é", "other"],
};

/** Properties that decide whether and where a file system is mounted, each for itself. */
export const mounting: Values = {
  canmount: ["noauto", "on"],
  mountpoint: ["/srv/elsewhere", "/srv/wrong"],
  zoned: ["off", "on"],
};

const plain = (of: string, spec: Omit<Spec, "name">): Spec => ({ name: `lab/${of}`, allowDestroy: true, ...spec });

/** One dataset with all of these properties; all are changed at once, each differs, and one command heals them. */
function changed(of: string, values: Values, spec: Omit<Spec, "name" | "properties"> = {}): DriftCase<Spec> {
  const pick = (which: 0 | 1) => Object.fromEntries(Object.entries(values).map(([name, pair]) => [name, pair[which]]));
  const words = Object.entries(pick(1)).map(([name, value]) => `'${name}=${value}'`);
  return {
    prop: "properties",
    spec: plain(of, { ...spec, properties: pick(0) }),
    byHand: `zfs set ${words.join(" ")} lab/${of}`,
    differs: Object.keys(values).map((name) => `properties.${name}`),
  };
}

const encryption = { secret: "key", keyformat: "hex" } as const;
const KEY = "0123456789abcdef".repeat(4);
const rekey = (of: string, key: string, options: string) => `echo ${key} | zfs change-key ${options} lab/${of}`;

export const suite: DriftSuite<Spec> = {
  prepare: [
    "zpool_patiently create -O compression=off lab /dev/disk/by-id/virtio-disk1",
    `echo ${KEY} | zfs create -o encryption=on -o keyformat=hex lab/vault`,
  ],
  foreign: [
    "zfs create -o quota=100M lab/foreign",
    "zfs create lab/foreign/below",
    "zfs snapshot lab/foreign@kept",
    "echo kept >/lab/foreign/file",
  ],
  foreignState:
    "zfs list -H -t all -r -o name,quota,compression lab/foreign; cat /lab/foreign/file; zfs list -H -o keystatus lab/vault",
  secrets: { key: KEY, phrase: "correct horse battery staple" },
  apart: true,
  cases: [
    changed("properties", filesystem),
    ...Object.entries(mounting).map(([name, pair]) => changed(name, { [name]: pair })),
    changed("quotas", quotas),
    changed("volume", volume, { type: "volume", volsize: "64M", sparse: true }),
    {
      prop: "properties.compression",
      spec: plain("inherited", { properties: { compression: "lz4" } }),
      byHand: "zfs inherit compression lab/inherited",
    },
    {
      prop: "owner",
      spec: plain("owned", { owner: "nobody", group: "nogroup", mode: "0770" }),
      byHand: "chown root:root /lab/owned; chmod 755 /lab/owned",
      differs: ["owner", "group", "mode"],
    },
    { prop: "mounted", spec: plain("mounted", {}), byHand: "zfs unmount lab/mounted" },
    {
      prop: "volsize",
      spec: plain("sized", { type: "volume", volsize: "64M", sparse: true }),
      byHand: "zfs set volsize=32M lab/sized",
    },
    {
      prop: "encryption.key",
      spec: plain("rekeyed", { encryption }),
      byHand: `${rekey("rekeyed", "f".repeat(64), "-o keyformat=hex")}; zfs set keylocation=file:///root/key lab/rekeyed`,
      differs: ["encryption.key", "encryption.keylocation"],
    },
    {
      prop: "encryption.key",
      spec: plain("vault/inherits", { encryption }),
      byHand: "zfs change-key -i lab/vault/inherits",
    },
    {
      prop: "encryption.keyformat",
      spec: plain("formatted", { encryption: { secret: "phrase", pbkdf2iters: 100000 } }),
      byHand: rekey("formatted", KEY, "-o keyformat=hex"),
      differs: ["encryption.key", "encryption.keyformat", "encryption.pbkdf2iters"],
    },
    {
      prop: "encryption.keystatus",
      spec: plain("locked", { encryption }),
      byHand: "zfs unmount lab/locked; zfs unload-key lab/locked",
    },
    { prop: "name", spec: plain("gone", {}), byHand: "zfs destroy lab/gone" },
  ],
};
