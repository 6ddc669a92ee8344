import { z } from "zod";
import { badNames, badSets, GuestRule, LOG_LEVELS, NAMES, POLICIES, SECONDS } from "./rule.spec.ts";

const NUMBER = "must be a number, such as 101";

export const GuestSpec = z
  .strictObject({
    /** The number of the guest, a container or a virtual machine: 100 to 999999999. It need not be there yet. */
    vmid: z
      .union([z.int(NUMBER), z.string(NUMBER).regex(/^[1-9]\d*$/, NUMBER)], NUMBER)
      .transform(Number)
      .pipe(z.int().min(100, "must be at least 100").max(999_999_999, "must be at most 999999999")),
    /** False: the rules are there and checked, and do nothing. Default: true. */
    enable: z.boolean().default(true),
    /** What happens to packets to the guest that no rule matches. Default: `DROP`. */
    policy_in: z.enum(POLICIES).default("DROP"),
    /** What happens to packets from the guest that no rule matches. Default: `ACCEPT`. */
    policy_out: z.enum(POLICIES).default("ACCEPT"),
    /** Whether the guest gets an address by DHCP, whatever the rules say. Default: left alone, which is true. */
    dhcp: z.boolean().optional(),
    /** Whether neighbour discovery of IPv6 passes, whatever the rules say. Default: left alone, which is true. */
    ndp: z.boolean().optional(),
    /** Whether the guest may announce itself as a router of IPv6. Default: left alone, which is false. */
    radv: z.boolean().optional(),
    /**
     * Proxmox VE only: whether packets with another MAC address than that of the guest's interface are dropped. Default:
     * left alone, which is true there.
     */
    macfilter: z.boolean().optional(),
    /**
     * Proxmox VE only: whether packets with other addresses than those in the guest's own configuration are dropped. On
     * both platforms a set `ipfilter-net0` does this for the interface net0 and the addresses in it. Default: left alone,
     * which is false.
     */
    ipfilter: z.boolean().optional(),
    /** Level at which what `policy_in` stops is logged. Default: left alone, which is `nolog`. */
    log_level_in: z.enum(LOG_LEVELS).optional(),
    /** Level at which what `policy_out` stops is logged. Default: left alone, which is `nolog`. */
    log_level_out: z.enum(LOG_LEVELS).optional(),
    ...NAMES,
    /** The rules. For each packet the first that matches counts. Default: none. */
    rules: z.array(GuestRule).default([]),
    /**
     * Seconds after which the host takes a change back by itself, unless a new connection came through by then (it may
     * come through the guest): from 10 to 600. Default: 60.
     */
    rollback: SECONDS,
  })
  .check(({ value, issues }) => {
    for (const [path, message] of [...badSets(value), ...badNames(value.rules, value)])
      issues.push({ code: "custom", message, path, input: value });
  });
export type GuestSpec = z.infer<typeof GuestSpec>;

/** What Proxmox VE calls options. */
export const OPTIONS = [
  "enable",
  "policy_in",
  "policy_out",
  "dhcp",
  "ndp",
  "radv",
  "macfilter",
  "ipfilter",
  "log_level_in",
  "log_level_out",
] as const;

/** The options that are declared. */
export function optionsOf(spec: GuestSpec): Pick<GuestSpec, (typeof OPTIONS)[number]> {
  const said = OPTIONS.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]] as const]));
  return Object.fromEntries(said) as Pick<GuestSpec, (typeof OPTIONS)[number]>;
}
