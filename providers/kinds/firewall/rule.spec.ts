/** A rule, and the names it may use: what the firewalls of hosts and of guests have in common. */
import { z } from "zod";
import { suggest } from "../../suggest.ts";
import { familyOf } from "./addresses.ts";
import { MACROS } from "./macros.ts";
import { ICMP_TYPES, ICMPV6_TYPES, portRanges, PROTOCOLS, WITH_PORTS } from "./ports.ts";

export const POLICIES = ["ACCEPT", "DROP", "REJECT"] as const;
export const LOG_LEVELS = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"] as const;

const PORTS = 'must be ports from 1 to 65535, such as 22, "80,443" or "8000:8100"';
const ports = z.union([
  z.int(PORTS).min(1, PORTS).max(65_535, PORTS),
  z.string(PORTS).refine((text) => portRanges(text) !== undefined, PORTS),
]);

const NETWORK = "must be an address, or a network such as 10.0.0.0/24 or fd00::/8";
const network = z.string().refine((text) => !text.includes("-") && familyOf(text) !== undefined, NETWORK);

const NAME = /^[a-z][a-z\d_-]{1,62}$/;
const NAMED = "must be 2 to 63 lower-case letters, digits, - and _, a letter first";
const name = z.string().regex(NAME, NAMED);

const endpoint = z.string().check(({ value, issues }) => {
  const message = badEndpoint(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: value });
});

/** nft has no way to write a quote in a comment, Proxmox VE none to keep blanks at its ends; nft takes 128 bytes. */
const comment = z
  .string()
  .regex(
    /^(?![\s#])[^"\p{C}\u2028\u2029]*(?<!\s)$/u,
    "must have no double quotes and no control characters, and start and end with no blank or #",
  )
  .refine((text) => Buffer.byteLength(text) <= 128, "must have at most 128 bytes");

const AnyRule = z.strictObject({
  /** `in`: to the host itself; `out`: from it; `forward`: through it, to a container, say. */
  type: z.enum(["in", "out", "forward"]),
  /** What happens to a packet that the rule matches: `REJECT` tells the sender, `DROP` does not. */
  action: z.enum(POLICIES),
  /** False: the rule stays in its place and does nothing. Default: true. */
  enable: z.boolean().optional(),
  /** A service by name: `SSH`, `HTTPS`, `SMB`, `NFS`, `Ping` … Then there is no `proto`, `dport`, `sport`. */
  macro: z.string().optional(),
  /** `tcp`, `udp`, `icmp`, `icmpv6` and so on. Default: all. */
  proto: z.string().optional(),
  /** Where it comes from: addresses, networks, ranges, split by commas; an alias; `+NAME`, a set. Default: all. */
  source: endpoint.optional(),
  /** Where it goes to, written like `source`. Default: all. */
  dest: endpoint.optional(),
  /** Destination ports: `22`, `"80,443"`, `"8000:8100"`. Default: all. */
  dport: ports.optional(),
  /** Source ports, written like `dport`. Default: all. */
  sport: ports.optional(),
  /** The type of an ICMP packet: `echo-request`, or a number. Default: all. */
  "icmp-type": z.string().optional(),
  /** The network interface that the packet comes in by (`in`) or goes out by (`out`). Default: all. */
  iface: z
    .string()
    .regex(/^[A-Za-z\d][\w.-]{0,14}$/, "must be the name of a network interface, such as vmbr0")
    .optional(),
  /** Level at which matches are logged, at most one in a second. Default: `nolog`. */
  log: z.enum(LOG_LEVELS).optional(),
  /** A remark; it stands beside the rule on the host. Default: none. */
  comment: comment.optional(),
});
export type Rule = z.infer<typeof AnyRule>;

/** A rule of a host. */
export const HostRule = AnyRule.check(ruleChecked);

/** A rule of a guest. */
export const GuestRule = AnyRule.extend({
  /** `in`: to the guest; `out`: from it. */
  type: z.enum(["in", "out"], "must be in or out: through a guest nothing is forwarded"),
  /** The network interface of the guest, such as `net0`. Default: all. */
  iface: z
    .string()
    .regex(/^net\d{1,2}$/, "must be a network interface of the guest, such as net0")
    .optional(),
}).check(ruleChecked);

function ruleChecked({ value, issues }: z.core.ParsePayload<Rule>): void {
  for (const [key, message] of badRule(value)) issues.push({ code: "custom", message, path: [key], input: value });
}

/** The names that rules may use. */
export const NAMES = {
  /** Names for addresses and networks, to be used as `source` and `dest`. Default: none. */
  aliases: z.record(name, network).default({}),
  /** Sets of addresses, networks and aliases, to be used as `source: +NAME`. Default: none. */
  ipset: z.record(name, z.array(z.string())).default({}),
};

export interface Names {
  readonly aliases: Readonly<Record<string, string>>;
  readonly ipset: Readonly<Record<string, readonly string[]>>;
}

/** Seconds that a change has to be confirmed in. */
export const SECONDS = z
  .int("must be seconds")
  .min(10, "must be 10 at least")
  .max(600, "must be 600 at most")
  .default(60);

function badEndpoint(text: string): string | undefined {
  const word = text.replace(/^\+/, "");
  if (NAME.test(word)) return undefined;
  if (text.startsWith("+")) return `the name of a set ${NAMED}`;
  const families = text.split(",").map(familyOf);
  if (families.includes(undefined))
    return "must be addresses, networks (10.0.0.0/24) or ranges (10.0.0.1-10.0.0.9) split by commas, an alias, or +NAME";
  return new Set(families).size === 1 ? undefined : "cannot mix IPv4 and IPv6; use a set, or a rule for each";
}

function badRule(rule: Rule): [string, string][] {
  const { macro, proto, dport, sport, iface, type } = rule;
  const bad: [string, string][] = [];
  if (macro !== undefined && !MACROS.has(macro))
    bad.push(["macro", `is no service that is known${suggest(macro, [...MACROS.keys()])}`]);
  if (proto !== undefined && !PROTOCOLS.has(proto))
    bad.push(["proto", `must be one of ${[...PROTOCOLS.keys()].join(", ")}${suggest(proto, [...PROTOCOLS.keys()])}`]);
  for (const key of ["proto", "dport", "sport", "icmp-type"] as const)
    if (macro !== undefined && rule[key] !== undefined)
      bad.push([key, "cannot stand beside a macro, which has protocol and ports of its own"]);
  const portless = macro === undefined && !WITH_PORTS.some((one) => one === proto);
  for (const [key, value] of Object.entries({ dport, sport }))
    if (portless && value !== undefined) bad.push([key, `needs a proto that has ports: ${WITH_PORTS.join(", ")}`]);
  if (iface !== undefined && type === "forward") bad.push(["iface", "cannot be given for a forward rule"]);
  return [...bad, ...badIcmp(rule), ...badFamily(rule)];
}

function badIcmp({ proto, "icmp-type": type }: Rule): [string, string][] {
  if (type === undefined) return [];
  const names = proto === "icmp" ? ICMP_TYPES : proto === "icmpv6" ? ICMPV6_TYPES : undefined;
  if (names === undefined) return [["icmp-type", "needs proto icmp or icmpv6"]];
  if (names.has(type) || (/^\d{1,3}$/.test(type) && Number(type) < 256)) return [];
  return [
    ["icmp-type", `must be a number or one of ${[...names.keys()].join(", ")}${suggest(type, [...names.keys()])}`],
  ];
}

function badFamily({ proto, source, dest }: Rule): [string, string][] {
  const of = (text: string | undefined) => (text === undefined ? undefined : familyOf(text.split(",")[0] ?? ""));
  const [from, to] = [of(source), of(dest)];
  if (from !== undefined && to !== undefined && from !== to) return [["dest", "must be of the same family as source"]];
  const needs = proto === "icmp" ? 4 : proto === "icmpv6" ? 6 : undefined;
  const other = needs !== undefined && [from, to].some((one) => one !== undefined && one !== needs);
  return other ? [["proto", `${proto ?? ""} is for IPv${String(needs)} only, and the addresses are not`]] : [];
}

/** Complaints about the members of sets. */
export function badSets({ aliases, ipset }: Names): [PropertyKey[], string][] {
  const known = Object.keys(aliases);
  return Object.entries(ipset).flatMap(([set, list]) =>
    list.flatMap((entry, i): [PropertyKey[], string][] => {
      const message = badEntry(entry, known);
      return message === undefined ? [] : [[["ipset", set, i], message]];
    }),
  );
}

/** Complaints about names in rules that stand for nothing. */
export function badNames(rules: readonly Rule[], { aliases, ipset }: Names): [PropertyKey[], string][] {
  const [known, sets] = [Object.keys(aliases), Object.keys(ipset)];
  return rules.flatMap((rule, i) =>
    (["source", "dest"] as const).flatMap((key): [PropertyKey[], string][] => {
      const word = rule[key] ?? "";
      const isSet = word.startsWith("+");
      const [what, names] = isSet ? (["set", sets] as const) : (["alias", known] as const);
      const bare = word.replace(/^\+/, "");
      if (!NAME.test(bare) || names.includes(bare) || (!isSet && familyOf(bare) !== undefined)) return [];
      return [[["rules", i, key], `there is no ${what} ${JSON.stringify(bare)}${suggest(bare, names)}`]];
    }),
  );
}

function badEntry(entry: string, aliases: readonly string[]): string | undefined {
  if (aliases.includes(entry)) return undefined;
  if (NAME.test(entry) && familyOf(entry) === undefined)
    return `there is no alias ${JSON.stringify(entry)}${suggest(entry, aliases)}`;
  if (entry.includes("-") || familyOf(entry) === undefined) return NETWORK;
  return entry.endsWith("/0") ? "cannot be all addresses: leave the source out of the rule" : undefined;
}
