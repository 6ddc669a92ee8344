import { isIP } from "node:net";
import { z } from "zod";
import { OPTION_NAMES, optionOf, TYPES, type OptionName, type Type } from "./storage.options.ts";

const path = z.string().regex(/^\/[^;()\s]+$/, "must be an absolute path without blanks, `;`, `(` and `)`");

const NODE = /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/;

const CONTENT = ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "import", "none"] as const;

const count = z.int("must be a whole number").min(0, "must not be negative");

export const StorageSpec = z
  .strictObject({
    /** The storage's ID, unique in the cluster. Volumes are named by it (`tank:subvol-101-disk-0`). */
    storage: z
      .string()
      .regex(/^[a-z][a-z0-9_.-]*[a-z0-9]$/i, "must be letters, digits, `-`, `_` and `.`, and start with a letter"),
    /** What it is: a folder, an NFS export, or a ZFS pool or dataset. Cannot be changed. */
    type: z.enum(TYPES, `must be ${TYPES.join(", ")}`),
    /** zfspool: the ZFS pool or dataset that volumes are made in. Cannot be changed. */
    pool: z
      .string()
      .regex(/^[a-z][\w.:-]*(\/[\w.: -]+)*$/i, "must be a pool or dataset, such as tank/guests")
      .optional(),
    /** nfs: the server, by address or name. Cannot be changed. */
    server: z
      .string()
      .refine((value) => isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value), {
        message: "must be an address or a host name",
      })
      .optional(),
    /** nfs: the exported directory on the server. Cannot be changed. */
    export: path.optional(),
    /** dir: the folder; nfs: where the export is mounted, by default /mnt/pve/ID. Cannot be changed. */
    path: path.optional(),
    /**
     * What may be kept there; the order means nothing. zfspool: `images`, `rootdir`; nfs: all but `none`. Default when
     * it is added: `images` and, but for nfs, `rootdir`; after that left alone.
     */
    content: z
      .array(z.enum(CONTENT, `must be ${CONTENT.join(", ")}`))
      .min(1, "must name what may be kept there")
      .optional(),
    /** The nodes of the cluster that have it; none named: all. Default: left alone. */
    nodes: z.array(z.string().regex(NODE, "must be a node's name")).optional(),
    /** Whether it is out of use. Default: left alone, and false when it is added; so are the other switches. */
    disable: z.boolean().optional(),
    /** dir: whether the folder has the same content on all nodes. */
    shared: z.boolean().optional(),
    /** zfspool: whether volumes take up only what is written to them. */
    sparse: z.boolean().optional(),
    /** zfspool: block size of new volumes for virtual machines, such as `16k`. Default: left alone. */
    blocksize: z
      .string()
      .regex(/^[1-9]\d*[km]?$/i, "must be a size such as 16k")
      .optional(),
    /** zfspool: where the pool or dataset is mounted. Default: found out by Proxmox VE when the storage is added. */
    mountpoint: path.optional(),
    /** nfs: mount options, such as `vers=4.2,soft`. They count from the next mount on. Default: left alone. */
    options: z.string().regex(/^\S+$/, "must be mount options without blanks").optional(),
    /** dir: use the folder only while something is mounted there: true for the folder itself, or another path. */
    is_mountpoint: z.union([z.boolean(), path]).optional(),
    /** dir, nfs: whether the folder is made where it is not there. Default: true when added. */
    "create-base-path": z.boolean().optional(),
    /** dir, nfs: whether folders for the kinds of content are made in it. Default: true when added. */
    "create-subdirs": z.boolean().optional(),
    /** dir, nfs: folders for kinds of content, other than Proxmox VE's own: `iso: images/iso`. Default: left alone. */
    "content-dirs": z.partialRecord(z.enum(CONTENT), z.string().regex(/^[^,\s]+$/, "must be a path")).optional(),
    /** dir, nfs: format of new disk images. Default: left alone. */
    format: z.enum(["raw", "qcow2", "vmdk", "subvol"], "must be raw, qcow2, vmdk or subvol").optional(),
    /** dir, nfs: how much of a new disk image is written at once. Default: left alone. */
    preallocation: z.enum(["off", "metadata", "falloc", "full"], "must be off, metadata, falloc or full").optional(),
    /** dir, nfs: which backups are kept: `keep-last: 3`, `keep-daily: 7`, … or `keep-all: 1`. Default: left alone. */
    "prune-backups": z
      .partialRecord(
        z.enum(["keep-all", "keep-last", "keep-hourly", "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly"]),
        count,
      )
      .optional(),
    /** dir, nfs: how many backups of a guest may be protected; -1: as many as you like. Default: left alone. */
    "max-protected-backups": z.int("must be a whole number").min(-1, "must be -1 or more").optional(),
    /** Most KiB a second, by what is done: `default`, `clone`, `migration`, `move`, `restore`. Default: left alone. */
    bwlimit: z.partialRecord(z.enum(["default", "clone", "migration", "move", "restore"]), count).optional(),
  })
  .check(({ value, issues }) => {
    for (const { at, message } of complaints(value))
      issues.push({ code: "custom", message, path: at, input: value[at[0] as keyof typeof value] });
  });
export type StorageSpec = z.infer<typeof StorageSpec>;

const NEEDED: Readonly<Record<Type, readonly OptionName[]>> = {
  dir: ["path"],
  nfs: ["server", "export"],
  zfspool: ["pool"],
};

interface Complaint {
  readonly at: readonly [string] & PropertyKey[];
  readonly message: string;
}

function complaints(spec: StorageSpec): Complaint[] {
  const { type } = spec;
  const missing = NEEDED[type].filter((name) => spec[name] === undefined);
  const foreign = OPTION_NAMES.filter((name) => spec[name] !== undefined && !optionOf(name).types.includes(type));
  return [
    ...missing.map((name): Complaint => ({ at: [name], message: `is needed where the type is ${type}` })),
    ...foreign.map((name): Complaint => {
      const message = `is no option of type ${type}, only of ${optionOf(name).types.join(" and ")}`;
      return { at: [name], message };
    }),
    ...badContent(spec),
    ...badPath(spec),
    ...badKeep(spec),
  ];
}

function badContent({ type, content = [] }: StorageSpec): Complaint[] {
  const bad = content.filter((one) => {
    if (type === "zfspool") return one !== "images" && one !== "rootdir";
    return type === "nfs" && one === "none";
  });
  if (bad.length > 0) return [{ at: ["content"], message: `a storage of type ${type} cannot keep ${bad.join(", ")}` }];
  if (!content.includes("none") || content.length === 1) return [];
  return [{ at: ["content"], message: "`none` stands alone" }];
}

function badPath({ type, path: folder }: StorageSpec): Complaint[] {
  if (type !== "dir" || folder === undefined || /^\/[-/a-zA-Z0-9_.@]+$/.test(folder)) return [];
  return [{ at: ["path"], message: "Proxmox VE takes letters, digits and `-/_.@` only" }];
}

function badKeep({ "prune-backups": keep = {} }: StorageSpec): Complaint[] {
  const { "keep-all": all = 0, ...rest } = keep;
  if (all === 0 || Object.values(rest).every((number) => number === 0)) return [];
  return [{ at: ["prune-backups"], message: "`keep-all` stands alone" }];
}
