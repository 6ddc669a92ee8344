/** What a stack declares of a dataset, in ZFS's own words. */
import { z } from "zod";
import { misnamed, misvalued } from "./dataset.properties.ts";
import { bytes } from "./values.ts";

/** zfs_component_namecheck and dataset_namecheck in module/zcommon/zfs_namecheck.c. */
const name = z.string().superRefine((value, context) => {
  const rule = misnamedDataset(value);
  if (rule !== undefined) context.addIssue({ code: "custom", message: rule });
});

const account = z.union([
  z.string().regex(/^[A-Za-z_][\w.-]{0,31}$/, "must be a user or group name, or its number"),
  z.int().min(0).max(4294967294),
]);

const Encryption = z
  .strictObject({
    /** Cipher, settled when the dataset is made. Default: `aes-256-gcm`. */
    algorithm: z
      .enum(["aes-128-ccm", "aes-192-ccm", "aes-256-ccm", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"])
      .default("aes-256-gcm"),
    /**
     * Name of the key among the stack's secrets: a passphrase of 8 to 512 characters, or 64 hexadecimal digits; of
     * several lines the first counts. When the secret changes, the key is changed in place (zfs-change-key(8)).
     */
    secret: z.string().min(1, "must name a secret of the stack's configuration"),
    /** What the secret is. Can be changed in place. Default: `passphrase`. */
    keyformat: z.enum(["passphrase", "hex"]).default("passphrase"),
    /** Rounds of PBKDF2 that turn a passphrase into a key. Can be changed in place. Default: left alone (350000). */
    pbkdf2iters: z.int().min(100000, "must be at least 100000").optional(),
  })
  .refine(({ keyformat, pbkdf2iters }) => keyformat === "passphrase" || pbkdf2iters === undefined, {
    path: ["pbkdf2iters"],
    message: "must not be declared for keyformat hex: no passphrase is involved",
  });

export const DatasetSpec = z
  .strictObject({
    /**
     * Name with its path: `tank/media`. At most 255 bytes; each part consists of letters, digits, blanks and `_ - . :`.
     * The parent must exist. A pool's own root file system is part of zfs:Pool.
     */
    name,
    /** `filesystem` (default) or `volume`, a block device at /dev/zvol. Settled when the dataset is made. */
    type: z.enum(["filesystem", "volume"]).default("filesystem"),
    /**
     * Size of a volume, such as `32G`; ZFS rounds it up to whole blocks. It grows in place; making it smaller is
     * refused, for that cuts off what the volume holds.
     */
    volsize: z
      .string()
      .refine((size) => (bytes(size) ?? 0n) > 0n, "must be a size such as 32G")
      .optional(),
    /** Volumes: reserve no space when the volume is made; later that is `refreservation`. Default: false. */
    sparse: z.boolean().optional(),
    /**
     * Properties by ZFS's own names and in its own notations (zfsprops(7)), user properties (`module:name`) and quotas
     * of one user, group or project (`userquota@alice`) too. What is declared is set on this dataset itself, even
     * where it would inherit the same value. What is not declared is left alone; what no longer is goes back to what
     * it would be had it never been set.
     */
    properties: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .transform((all) => Object.fromEntries(Object.entries(all).map(([key, value]) => [key, plain(key, value)])))
      .default({}),
    /**
     * Encrypts the dataset with a key of its own, which is loaded when it is not. What is below it inherits that and
     * declares none. Default: as the parent.
     */
    encryption: Encryption.optional(),
    /** Owner of the mount point's root directory, name or number; never of what is in it. Default: left alone. */
    owner: account.optional(),
    /** Group of the mount point's root directory, name or number. Default: left alone. */
    group: account.optional(),
    /** Mode of the mount point's root directory, octal: `"0775"`. Default: left alone. */
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/, 'must be three or four octal digits, such as "0775"')
      .optional(),
    /** The name it had before, in the same pool: it is renamed in place, with all that is below it. Default: none. */
    renamedFrom: name.optional(),
    /**
     * Consent to destroy it with what it holds and its snapshots. Children and clones are never destroyed with it.
     * Must be applied before the dataset is taken out of the program. Default: false.
     */
    allowDestroy: z.boolean().default(false),
  })
  .superRefine((spec, context) => {
    for (const [path, message] of breaches(spec)) context.addIssue({ code: "custom", path, message });
  });
export type DatasetSpec = z.infer<typeof DatasetSpec>;

type Breach = readonly [path: string[], rule: string];

/** Rules that concern more than one value. */
function breaches(spec: z.infer<z.ZodObject<typeof DatasetSpec.shape>>): Breach[] {
  const found: Breach[] = [];
  for (const [property, value] of Object.entries(spec.properties)) {
    const rule = misnamed(property, spec.type) ?? misvalued(property, value);
    if (rule !== undefined) found.push([["properties", property], rule]);
  }
  const volume = spec.type === "volume";
  if (volume && spec.volsize === undefined) found.push([["volsize"], "must be declared for a volume"]);
  if (!volume && spec.volsize !== undefined) found.push([["volsize"], "must be declared for volumes only"]);
  if (!volume && spec.sparse !== undefined) found.push([["sparse"], "must be declared for volumes only"]);
  const homeless = volume ? "a volume has none" : unmounted(spec.properties);
  for (const key of ["owner", "group", "mode"] as const)
    if (homeless !== undefined && spec[key] !== undefined)
      found.push([[key], `must not be declared: it is that of the mount point, and ${homeless}`]);
  return [...found, ...misrenamed(spec.name, spec.renamedFrom)];
}

function unmounted({ mountpoint, canmount }: Readonly<Record<string, string>>): string | undefined {
  if (mountpoint === "none" || mountpoint === "legacy") return `with mountpoint=${mountpoint} ZFS mounts nothing`;
  return canmount === "off" || canmount === "noauto" ? `with canmount=${canmount} ZFS mounts nothing` : undefined;
}

function misrenamed(now: string, before: string | undefined): Breach[] {
  if (before === undefined) return [];
  const breach = (rule: string): Breach[] => [[["renamedFrom"], rule]];
  if (before === now) return breach("must be another name than `name`");
  if (before.split("/")[0] !== now.split("/")[0])
    return breach("must be in the same pool: zfs send and receive bring a dataset to another one");
  const nested = now.startsWith(`${before}/`) || before.startsWith(`${now}/`);
  return nested ? breach("must be neither above nor below `name`") : [];
}

function misnamedDataset(value: string): string | undefined {
  const parts = value.split("/");
  if (value.includes("@")) return "must not hold @: that names a snapshot";
  if (value.includes("#")) return "must not hold #: that names a bookmark";
  if (parts.length < 2) return "must be pool/child: a pool's root file system is part of zfs:Pool";
  if (!/^[A-Za-z]/.test(value)) return "must begin with a letter, as every pool's name does";
  if (parts.some((part) => !/^[\w.: -]+$/.test(part) || part === "." || part === ".."))
    return "must be pool/child[/…], each part of letters, digits, blanks and _ - . : only";
  if (parts.length > 50) return "must not be nested deeper than 50";
  return value.length > 255 ? "must be at most 255 bytes long" : undefined;
}

/** `true` and `false` are how YAML reads on and off. */
function plain(property: string, value: string | number | boolean): string {
  if (typeof value !== "boolean" || property.includes(":")) return String(value);
  return value ? "on" : "off";
}
