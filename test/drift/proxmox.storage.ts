import type { z } from "zod";
import type { StorageSpec } from "../../providers/kinds/proxmox/storage.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

type Spec = z.input<typeof StorageSpec>;

/** Each option of a folder, declared; what it is changed to in storage.cfg by hand: undefined takes it out. */
const FOLDER: Readonly<Record<string, readonly [declared: Spec[keyof Spec], byHand: string | undefined]>> = {
  nodes: [["phoenix-lab", "other"], "other"],
  disable: [false, ""],
  shared: [true, "0"],
  is_mountpoint: [false, "yes"],
  "create-base-path": [true, "0"],
  "create-subdirs": [false, undefined],
  "content-dirs": [{ iso: "images/iso" }, "iso=elsewhere"],
  format: ["qcow2", "raw"],
  preallocation: ["metadata", "off"],
  "prune-backups": [{ "keep-last": 3, "keep-daily": 7 }, "keep-daily=7,keep-last=4"],
  "max-protected-backups": [-1, "5"],
  bwlimit: [{ default: 1000, clone: 2000 }, undefined],
};

const POOL: typeof FOLDER = {
  sparse: [true, undefined],
  blocksize: ["16k", "8k"],
  mountpoint: ["/lab/guests", "/elsewhere"],
};

/** Changes the options in the storage's section of the file. */
function edit(storage: string, options: typeof FOLDER): string {
  const edits = Object.entries(options).flatMap(([name, [, byHand]]) => [
    `/^\\t${name}\\b/d`,
    ...(byHand === undefined ? [] : [`/^[a-z]*: /a\\\t${name} ${byHand}`]),
  ]);
  return `sed -i '/: ${storage}$/,/^$/ {\n${edits.join("\n")}\n}' /etc/pve/storage.cfg`;
}

function all(spec: Spec, options: typeof FOLDER): DriftCase<Spec> {
  const declared = Object.entries(options).map(([name, [value]]) => [name, value] as const);
  const names = Object.keys(options);
  return {
    prop: names[0] ?? "",
    spec: { ...spec, ...Object.fromEntries(declared) },
    byHand: edit(spec.storage, options),
    differs: names,
  };
}

const folder = (storage: string): Spec => ({ storage, type: "dir", path: `/srv/${storage}` });
const nfs: Spec = {
  storage: "nfs-lab",
  type: "nfs",
  server: "127.0.0.1",
  export: "/srv/exported",
  options: "vers=4.2,soft",
};

export const suite: DriftSuite<Spec> = {
  prepare: [
    becomePve,
    "zpool_patiently create lab /dev/disk/by-id/virtio-disk1; zfs create lab/guests",
    "mkdir -p /srv/exported; echo '/srv/exported *(rw,no_subtree_check,fsid=77)' >/etc/exports.d/pve.exports; exportfs -a",
  ],
  foreign: [
    "printf 'dir: local\\n\\tpath /var/lib/vz\\n\\tcontent iso\\n\\tprune-backups keep-all=1\\n\\n' >/etc/pve/storage.cfg",
    "printf 'lvmthin: thin\\n\\tthinpool data\\n\\tvgname pve\\n\\nnfs: nfs-foreign\\n\\tcomment by hand\\n\\tdisable\\n\\texport /x\\n\\tpath /mnt/pve/x\\n\\tserver 10.9.9.9\\n\\tcontent iso\\n\\n' >>/etc/pve/storage.cfg",
  ],
  foreignState: "sed -n '/: \\(local\\|thin\\|nfs-foreign\\)$/,/^$/p' /etc/pve/storage.cfg",
  apart: true,
  cases: [
    {
      prop: "content",
      spec: { ...folder("contents"), content: ["vztmpl", "iso", "backup"] },
      byHand: "sed -i '/: contents$/,/^$/ s/\\tcontent .*/\\tcontent iso,rootdir/' /etc/pve/storage.cfg",
    },
    all(folder("folder"), FOLDER),
    all({ storage: "guests", type: "zfspool", pool: "lab/guests", content: ["rootdir", "images"] }, POOL),
    { prop: "options", spec: nfs, byHand: "sed -i 's/vers=4.2,soft/vers=3/' /etc/pve/storage.cfg" },
    { prop: "storage", spec: folder("gone"), byHand: "pvesm remove gone" },
  ],
};
