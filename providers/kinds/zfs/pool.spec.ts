/** What a stack declares of a pool. */
import { z } from "zod";
import { misnamed, misvalued } from "./dataset.properties.ts";
import { poolPropertyBreach } from "./pool.properties.ts";

/** The fewest disks of a vdev (vdev_raidz_init and check_replication of OpenZFS). */
const LEAST = { stripe: 1, mirror: 2, raidz1: 2, raidz2: 3, raidz3: 4 } as const;

const disk = z
  .string()
  .regex(
    /^\/dev\/disk\/by-id\/[\w#+.:=@\\-]+$/,
    "must be a /dev/disk/by-id/… path: names like /dev/sda change between boots",
  );

const value = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((given) => (typeof given === "boolean" ? (given ? "on" : "off") : String(given)));

const vdev = z.strictObject({
  /** `stripe`: each disk stands alone. `mirror`; `raidz1` to `raidz3`: that many disks may fail. */
  type: z.enum(["stripe", "mirror", "raidz1", "raidz2", "raidz3"]),
  /** /dev/disk/by-id/… paths of whole disks, or of partitions. Their order means nothing. */
  disks: z.array(disk),
});

const log = z.strictObject({
  /** `stripe`: each disk stands alone. `mirror`. */
  type: z.enum(["stripe", "mirror"]),
  /** /dev/disk/by-id/… paths. */
  disks: z.array(disk),
});

export const PoolSpec = z
  .strictObject({
    /** Name, as zpool allows it: zpool_name_valid in lib/libzfs/libzfs_pool.c. */
    name: z
      .string()
      .max(239, "must be at most 239 bytes")
      .regex(/^[A-Za-z][\w.:-]*$/, "must begin with a letter and consist of letters, digits and _ . : -")
      .regex(/^(?!mirror|raidz|draid|spare|log$)/, "must not be log, nor begin with mirror, raidz, draid or spare"),
    /**
     * The data vdevs. In place go: another vdev like those there are, another leg of a mirror (or of a single disk),
     * one disk of a vdev in place of another. Everything else is refused with the reason.
     */
    vdevs: z.array(vdev).min(1, "must have a vdev"),
    /** Vdevs for metadata and small blocks. Never removed by us: they hold what the pool cannot do without. */
    special: z.array(vdev).optional(),
    /** Vdevs for deduplication tables. Never removed by us. */
    dedup: z.array(vdev).optional(),
    /** Vdevs for the intent log (SLOG). Empty: there must be none. Default: those there are, are left alone. */
    log: z.array(log).optional(),
    /** Disks for the second-level cache (L2ARC). Empty: there must be none. Default: left alone. */
    cache: z.array(disk).optional(),
    /** Hot spares. Empty: there must be none. Default: left alone. */
    spare: z.array(disk).optional(),
    /**
     * Pool properties by zpool's own names (zpoolprops(7)): `autotrim`, `comment`, `feature@lz4_compress`, … What is
     * not declared is left alone; what no longer is goes back to its default. `ashift` must be what the vdevs have.
     */
    properties: z.record(z.string(), value).optional(),
    /**
     * Properties of the pool's root file system (zfsprops(7)), set on it and inherited by all datasets. What is not
     * declared is left alone; what no longer is, is inherited or has its default again.
     */
    rootProperties: z.record(z.string(), value).optional(),
    /**
     * Consent to erase these disks of the pool, whatever they carry, when they are taken into it. By disk, so that it
     * never covers one that is declared later. Disks in use, and labels of a pool of the same name, are refused all the
     * same. Default: none; a disk that carries anything is refused.
     */
    wipe: z.array(disk).optional(),
    /** Consent to destroy the pool. Default: false. */
    allowDestroy: z.boolean().default(false),
  })
  .superRefine((spec, context) => {
    for (const { path, message } of breaches(spec)) context.addIssue({ code: "custom", path, message });
  });
export type PoolSpec = z.infer<typeof PoolSpec>;
export type Vdev = PoolSpec["vdevs"][number];

/** What vdevs can be for, in the order of `zpool create`. */
export const VDEV_ROLES = ["vdevs", "special", "dedup", "log"] as const;
export const DISK_ROLES = ["cache", "spare"] as const;
export type VdevRole = (typeof VDEV_ROLES)[number];
export type DiskRole = (typeof DISK_ROLES)[number];
export type Role = VdevRole | DiskRole;

/** Every disk that is declared, in order. */
export function disksOf(spec: Pick<PoolSpec, Role>): string[] {
  return [
    ...VDEV_ROLES.flatMap((role) => (spec[role] ?? []).flatMap(({ disks }) => disks)),
    ...DISK_ROLES.flatMap((role) => spec[role] ?? []),
  ];
}

interface Breach {
  readonly path: (string | number)[];
  readonly message: string;
}

type Draft = Pick<PoolSpec, Role | "properties" | "rootProperties" | "wipe">;

function breaches(spec: Draft): Breach[] {
  return [...tooSmall(spec), ...namedTwice(spec), ...pointlessConsent(spec), ...badProperties(spec)];
}

function tooSmall(spec: Draft): Breach[] {
  return VDEV_ROLES.flatMap((role) =>
    (spec[role] ?? []).flatMap(({ type, disks }, i) =>
      disks.length >= LEAST[type]
        ? []
        : [{ path: [role, i, "disks"], message: `must have at least ${plural(LEAST[type], "disk")} for a ${type}` }],
    ),
  );
}

function namedTwice(spec: Draft): Breach[] {
  const seen = new Set<string>();
  return placesOf(spec).flatMap(({ disk, path }) => {
    if (!seen.has(disk)) {
      seen.add(disk);
      return [];
    }
    return [{ path, message: "must not be named twice in a pool" }];
  });
}

function placesOf(spec: Draft): { disk: string; path: (string | number)[] }[] {
  const inVdevs = VDEV_ROLES.flatMap((role) =>
    (spec[role] ?? []).flatMap(({ disks }, i) => disks.map((disk, j) => ({ disk, path: [role, i, "disks", j] }))),
  );
  const alone = DISK_ROLES.flatMap((role) => (spec[role] ?? []).map((disk, i) => ({ disk, path: [role, i] })));
  return [...inVdevs, ...alone];
}

function pointlessConsent(spec: Draft): Breach[] {
  const disks = new Set(disksOf(spec));
  return (spec.wipe ?? []).flatMap((disk, i) =>
    disks.has(disk) ? [] : [{ path: ["wipe", i], message: "must be a disk of this pool" }],
  );
}

function badProperties({ properties = {}, rootProperties = {} }: Draft): Breach[] {
  const judge = (key: string, given: Readonly<Record<string, string>>, breach: typeof poolPropertyBreach) =>
    Object.entries(given).flatMap(([name, text]) => {
      const message = breach(name, text);
      return message === undefined ? [] : [{ path: [key, name], message }];
    });
  return [
    ...judge("properties", properties, poolPropertyBreach),
    ...judge("rootProperties", rootProperties, (name, text) => misnamed(name, "filesystem") ?? misvalued(name, text)),
  ];
}

export function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? "" : "s"}`;
}
