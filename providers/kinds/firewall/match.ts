/** What a rule comes to when its names are looked up: the same for nft and for the question whom it concerns. */
import { familyOf, type Family } from "./addresses.ts";
import { MACROS, type Part } from "./macros.ts";
import type { Names, Rule } from "./rule.spec.ts";

/** Addresses, or the name of a set. Undefined: all. */
export type Endpoint = { readonly set: string } | { readonly list: readonly string[] } | undefined;

/** One combination of family, protocol and ports that a rule matches. */
export interface Match {
  /** Undefined: both. */
  readonly family: Family | undefined;
  readonly part: Partial<Part>;
  readonly source: Endpoint;
  readonly dest: Endpoint;
}

/** What the rule matches; nothing when it names a set that is empty. */
export function matches(rule: Rule, names: Names): Match[] {
  const parts = rule.macro === undefined ? [partOf(rule)] : (MACROS.get(rule.macro) ?? []);
  const [source, dest] = [endpoint(rule.source, names), endpoint(rule.dest, names)];
  const ends = [families(source, names), families(dest, names)].filter((one) => one !== undefined);
  return parts.flatMap((part) => {
    const sides = [...ends, ...familiesOfPart(part)];
    const candidates: (Family | undefined)[] = sides.length === 0 ? [undefined] : [4, 6];
    const fitting = candidates.filter((family) => sides.every((side) => family === undefined || side.includes(family)));
    return fitting.map((family): Match => ({ family, part, source, dest }));
  });
}

/** The members of a set or list that are of a family, aliases looked up. */
export function members(end: Exclude<Endpoint, undefined>, family: Family, { aliases, ipset }: Names): string[] {
  const entries = "set" in end ? (ipset[end.set] ?? []) : end.list;
  return entries.map((entry) => aliases[entry] ?? entry).filter((entry) => familyOf(entry) === family);
}

function partOf({ proto, dport, sport, "icmp-type": icmp }: Rule): Partial<Part> {
  return {
    ...(proto === undefined ? {} : { proto }),
    ...(dport === undefined ? {} : { dport: String(dport) }),
    ...(sport === undefined ? {} : { sport: String(sport) }),
    ...(icmp === undefined ? {} : { icmp }),
  };
}

function endpoint(text: string | undefined, { aliases }: Names): Endpoint {
  if (text === undefined) return undefined;
  if (text.startsWith("+")) return { set: text.slice(1) };
  return { list: [aliases[text] ?? text.split(",")].flat() };
}

function families(end: Endpoint, names: Names): Family[] | undefined {
  return end === undefined ? undefined : ([4, 6] as const).filter((family) => members(end, family, names).length > 0);
}

function familiesOfPart({ proto, family }: Partial<Part>): Family[][] {
  if (proto === "icmp") return [[4]];
  return proto === "icmpv6" || family === 6 ? [[6]] : [];
}
