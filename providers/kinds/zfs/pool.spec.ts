import { z } from "zod";
import { misnamed, misvalued } from "./dataset.properties.ts";

const disk = z
  .string()
  .regex(
    /^\/dev\/disk\/by-id\/[\w.:+@=-]+$/,
    "must be a /dev/disk/by-id/ path: names like /dev/sda change between boots",
  );
const text = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => (typeof value === "boolean" ? (value ? "on" : "off") : String(value)));

/** The fewest disks of a vdev: vdev_raidz and vdev_mirror refuse less. */
const LEAST = { stripe: 1, mirror: 2, raidz1: 2, raidz2: 3, raidz3: 4 } as const;

const vdev = <Type extends keyof typeof LEAST>(types: readonly Type[]) =>
  z.strictObject({
    /** How the disks hold the data together. */
    type: z.enum(types),
    /** /dev/disk/by-id/ paths. */
    disks: z.array(disk).min(1, "must name a disk"),
  });

/** Properties of a pool that can be set, of OpenZFS 2.1 to 2.3 (module/zcommon/zpool_prop.c). */
const POOL_PROPERTIES: Readonly<Record<string, RegExp>> = {
  ashift: /^(9|1[0-6])$/,
  autoexpand: /^(on|off)$/,
  autoreplace: /^(on|off)$/,
  autotrim: /^(on|off)$/,
  bootfs: /^[\w.:/-]+$/,
  comment: /^[\x20-\x7e]{0,32}$/,
  delegation: /^(on|off)$/,
  failmode: /^(wait|continue|panic)$/,
  listsnapshots: /^(on|off)$/,
  multihost: /^(on|off)$/,
};

export const PoolSpec = z
  .strictObject({
    /** The pool's name. */
    name: z
      .string()
      .max(255, "must be at most 255 bytes")
      .regex(
        /^(?!(mirror|raidz|draid|spare|log|c\d))[A-Za-z][\w.:-]*$/,
        "must be a name zpool allows: a letter, then letters, digits and _ . : -, and no vdev word",
      ),
    /** The data vdevs. A vdev can be added later, a disk attached to a stripe or mirror; nothing is taken away. */
    vdevs: z.array(vdev(["stripe", "mirror", "raidz1", "raidz2", "raidz3"])).min(1, "must have a vdev"),
    /** Vdevs for metadata and small blocks. Can be added, not removed. Default: none. */
    special: z.array(vdev(["stripe", "mirror"])).default([]),
    /** Vdevs for the intent log (SLOG). Default: none. */
    log: z.array(vdev(["stripe", "mirror"])).default([]),
    /** Disks for the second-level cache (L2ARC). Default: none. */
    cache: z.array(disk).default([]),
    /** Hot spares. Default: none. */
    spare: z.array(disk).default([]),
    /** Pool properties by zpool's own names; `ashift` is settled when the pool is made. Default: left alone. */
    properties: z.record(z.string(), text).default({}),
    /** Properties of the pool's root file system. What is not declared is left alone. */
    rootProperties: z.record(z.string(), text).default({}),
    /** The disks that may be wiped when the pool is made or grown, although they carry something. Default: none. */
    wipe: z.array(disk).default([]),
    /** Consent to destroy the pool. Default: false. */
    allowDestroy: z.boolean().default(false),
  })
  .superRefine((spec, context) => {
    const complain = (path: (string | number)[], message: string) => {
      context.addIssue({ code: "custom", path, message });
    };
    for (const group of ["vdevs", "special", "log"] as const)
      spec[group].forEach(({ type, disks }, i) => {
        if (disks.length < LEAST[type])
          complain([group, i, "disks"], `must name at least ${String(LEAST[type])} disks for a ${type}`);
      });
    const all = [
      ...[...spec.vdevs, ...spec.special, ...spec.log].flatMap(({ disks }) => disks),
      ...spec.cache,
      ...spec.spare,
    ];
    const twice = all.find((one, i) => all.indexOf(one) !== i);
    if (twice !== undefined) complain(["vdevs"], `must not name a disk twice: ${twice}`);
    for (const one of spec.wipe)
      if (!all.includes(one)) complain(["wipe"], `must name disks of this pool only: ${one}`);
    for (const [property, value] of Object.entries(spec.properties)) {
      const rule = POOL_PROPERTIES[property];
      if (rule === undefined)
        complain(["properties", property], `must be one of ${Object.keys(POOL_PROPERTIES).join(", ")}`);
      else if (!rule.test(value)) complain(["properties", property], `must match ${rule.source}`);
    }
    for (const [property, value] of Object.entries(spec.rootProperties)) {
      const breach = misnamed(property, "filesystem") ?? misvalued(property, value);
      if (breach !== undefined) complain(["rootProperties", property], breach);
    }
  });
export type PoolSpec = z.infer<typeof PoolSpec>;

/** The groups of vdevs, in the order that `zpool status` prints them. */
export const GROUPS = ["vdevs", "special", "log"] as const;
