import { z } from "zod";
import { misnamed, misvalued } from "./dataset.properties.ts";
import { bytes } from "./values.ts";

/** `pool/child…`, as zfs(8) allows names: zfs_component_namecheck in module/zcommon/zfs_namecheck.c. */
const name = z
  .string()
  .max(255, "must be at most 255 bytes")
  .regex(/^[A-Za-z][\w.:-]*(\/[A-Za-z0-9_][\w.:-]*)+$/, "must be pool/child[/…] of letters, digits and _ . : -");
const account = z.union([z.string().regex(/^[A-Za-z_][\w.-]*$/, "must be a user or group name"), z.int().min(0)]);

const Encryption = z.strictObject({
  /** Cipher, settled when the dataset is made. Default: aes-256-gcm. */
  algorithm: z
    .enum(["aes-128-ccm", "aes-192-ccm", "aes-256-ccm", "aes-128-gcm", "aes-192-gcm", "aes-256-gcm"])
    .default("aes-256-gcm"),
  /** Name of the passphrase among the stack's secrets: 8 to 512 characters. Another secret rotates the key in place. */
  secret: z.string().min(1),
});

export const DatasetSpec = z
  .strictObject({
    /** Name with its path: `tank/media`. */
    name,
    /** `filesystem` (default) or `volume`, a block device. */
    type: z.enum(["filesystem", "volume"]).default("filesystem"),
    /** Size of a volume, such as `32G`. It can grow, never shrink. */
    volsize: z
      .string()
      .refine((size) => (bytes(size) ?? 0n) > 0n, "must be a size such as 32G")
      .optional(),
    /** Volumes: reserve no space at creation. Default: false. */
    sparse: z.boolean().optional(),
    /** Properties by ZFS's own names, user properties (`module:name`) too. What is not declared is left alone. */
    properties: z
      .record(
        z.string(),
        z
          .union([z.string(), z.number(), z.boolean()])
          .transform((value) => (typeof value === "boolean" ? (value ? "on" : "off") : String(value))),
      )
      .default({}),
    /** Encrypts the dataset. What is below it inherits that and declares none. Default: as the parent. */
    encryption: Encryption.optional(),
    /** Owner of the mount point's directory, name or number; never recursive. Default: left alone. */
    owner: account.optional(),
    /** Group of the mount point's directory, name or number. Default: left alone. */
    group: account.optional(),
    /** Mode of the mount point's directory, octal: `"0775"`. Default: left alone. */
    mode: z
      .string()
      .regex(/^0?[0-7]{3,4}$/, 'must be an octal mode such as "0775"')
      .optional(),
    /** The name it had before: it is renamed in place. Default: none. */
    renamedFrom: name.optional(),
    /** Consent to destroy it with what it holds. Children and clones are never destroyed. Default: false. */
    allowDestroy: z.boolean().default(false),
  })
  .superRefine((spec, context) => {
    const complain = (path: (string | number)[], message: string) => {
      context.addIssue({ code: "custom", path, message });
    };
    for (const [property, value] of Object.entries(spec.properties)) {
      const breach = misnamed(property, spec.type) ?? misvalued(property, value);
      if (breach !== undefined) complain(["properties", property], breach);
    }
    const volume = spec.type === "volume";
    if (volume && spec.volsize === undefined) complain(["volsize"], "must be declared for a volume");
    for (const key of ["volsize", "sparse"] as const)
      if (!volume && spec[key] !== undefined) complain([key], "is for volumes only");
    for (const key of ["owner", "group", "mode"] as const)
      if (volume && spec[key] !== undefined) complain([key], "is for file systems only");
    if (spec.renamedFrom !== undefined && spec.renamedFrom.split("/")[0] !== spec.name.split("/")[0])
      complain(["renamedFrom"], "must be in the same pool");
  });
export type DatasetSpec = z.infer<typeof DatasetSpec>;

/** A spec as it is found on the host: with what should be and is not. */
export interface DatasetState extends DatasetSpec {
  /** Present where the file system should be mounted and is not. */
  readonly mounted?: false;
  /** Present where the declared secret could open the dataset and the key is not loaded. */
  readonly keystatus?: "unavailable";
}
