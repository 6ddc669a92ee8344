/** The nftables table that a ruleset comes to. Pure. */
import type { Family } from "./addresses.ts";
import type { Part } from "./macros.ts";
import { matches, members, type Endpoint, type Match } from "./match.ts";
import { ICMP_TYPES, ICMPV6_TYPES, PROTOCOLS, WITH_PORTS } from "./ports.ts";
import type { Rule, RulesetSpec } from "./spec.ts";

export const TABLE = "inet phoenix";

const CHAINS = [
  ["in", "input", "iifname"],
  ["out", "output", "oifname"],
  ["forward", "forward", "iifname"],
] as const;
export type Direction = (typeof CHAINS)[number][0];

/** One rule of nft's, and what of the spec it comes from: `rules[3]`, `policy_in`, or the chain for what we add. */
export interface Line {
  readonly text: string;
  readonly from: string;
}

/**
 * What each chain starts with. Neighbour discovery, listener reports and DHCP leases: without them the host is gone
 * after a while, whatever the rules say. Invalid packets must not be answered by a REJECT: that ends live connections.
 */
const ALIVE: Readonly<Record<Direction, readonly string[]>> = {
  in: [
    "ct state established,related accept",
    "ct state invalid drop",
    'iifname "lo" accept',
    "icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 143 } accept",
    "meta nfproto ipv4 udp sport 67 udp dport 68 accept",
    "meta nfproto ipv6 udp sport 547 udp dport 546 accept",
  ],
  out: [
    "ct state established,related accept",
    'oifname "lo" accept',
    "icmpv6 type { 130, 131, 132, 133, 135, 136, 143 } accept",
    "meta nfproto ipv4 udp sport 68 udp dport 67 accept",
    "meta nfproto ipv6 udp sport 546 udp dport 547 accept",
  ],
  forward: ["ct state established,related accept", "ct state invalid drop"],
};

/**
 * The file for `nft -f`: one transaction that puts this table in the place of the one of the same name, if any, and
 * leaves all others alone.
 */
export function render(spec: RulesetSpec): string {
  const chains = CHAINS.map(([direction, hook]) => {
    const policy = policyOf(spec, direction) === "ACCEPT" ? "accept" : "drop";
    const lines = [
      `type filter hook ${hook} priority filter; policy ${policy};`,
      ...chainText(spec, direction).map((text) => text.replaceAll("\n", "\n\t\t")),
    ];
    return block(`chain ${direction}`, lines);
  });
  return [
    "#!/usr/sbin/nft -f",
    "# Managed by phoenix-hypervisor: what is changed here by hand is changed back.",
    `table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    ...(spec.enable ? [] : ["\tflags dormant;"]),
    ...sets(spec),
    ...chains,
    "}\n",
  ].join("\n");
}

/** The rules of a chain, in order. */
export function chainLines(spec: RulesetSpec, direction: Direction): Line[] {
  const rules = spec.rules.flatMap((rule, i) =>
    rule.type === direction && rule.enable !== false ? lines(rule, spec, `rules[${String(i)}]`) : [],
  );
  const reject = policyOf(spec, direction) === "REJECT" ? [{ text: "reject", from: `policy_${direction}` }] : [];
  return [...ALIVE[direction].map((text) => ({ text, from: direction })), ...rules, ...reject];
}

/** The chain's text: its rules, and as comments those that are switched off, in their places. */
function chainText(spec: RulesetSpec, direction: Direction): string[] {
  const own = chainLines({ ...spec, rules: [] }, direction).map(({ text }) => text);
  const end = policyOf(spec, direction) === "REJECT" ? 1 : 0;
  const rules = spec.rules.flatMap((rule) => {
    if (rule.type !== direction) return [];
    const texts = lines(rule, spec, "").map(({ text }) => text);
    return rule.enable === false ? texts.map((text) => `# off: ${text}`) : texts;
  });
  return [...own.slice(0, own.length - end), ...rules, ...own.slice(own.length - end)];
}

function sets(spec: RulesetSpec): string[] {
  return Object.keys(spec.ipset).flatMap((set) =>
    ([4, 6] as const).flatMap((family) => {
      const entries = members({ set }, family, spec);
      if (entries.length === 0) return [];
      const elements = `elements = { ${entries.join(", ")} }`;
      return block(`set ${setName(set, family)}`, [
        `type ipv${String(family)}_addr`,
        "flags interval",
        "auto-merge",
        elements,
      ]);
    }),
  );
}

/** No word of nft's can be taken for it. */
function setName(set: string, family: Family): string {
  return `ipset-${set}-v${String(family)}`;
}

function block(head: string, body: readonly string[]): string {
  return `\t${head} {\n${body.map((line) => `\t\t${line}\n`).join("")}\t}`;
}

function lines(rule: Rule, spec: RulesetSpec, from: string): Line[] {
  return matches(rule, spec).flatMap((match) => {
    const what = words(rule, match, spec);
    const comment = rule.comment === undefined ? [] : [`comment "${rule.comment}"`];
    const level = rule.log === "warning" ? "warn" : rule.log;
    // Once in a second, as Proxmox VE does: a flood of packets must not become a flood of the disk.
    const log =
      level === undefined || level === "nolog"
        ? []
        : [`limit rate 1/second burst 5 packets log prefix "phoenix ${rule.type} ${rule.action}: " level ${level}`];
    const verdict = rule.action === "REJECT" ? reject(match.part) : rule.action.toLowerCase();
    return [...log.map((text) => [...what, text]), [...what, verdict, ...comment]].map((text) => ({
      text: text.join(" "),
      from,
    }));
  });
}

function words(rule: Rule, { family, part, source, dest }: Match, spec: RulesetSpec): string[] {
  const key = CHAINS.find(([direction]) => direction === rule.type)?.[2] ?? "iifname";
  return [
    ...(rule.iface === undefined ? [] : [`${key} "${rule.iface}"`]),
    ...side("saddr", source, family, spec),
    ...side("daddr", dest, family, spec),
    ...(family === 6 && part.family === 6 && source === undefined && dest === undefined ? ["meta nfproto ipv6"] : []),
    ...protocol(part),
  ];
}

function side(which: string, end: Endpoint, family: Family | undefined, spec: RulesetSpec): string[] {
  if (end === undefined || family === undefined) return [];
  const to = "set" in end ? `@${setName(end.set, family)}` : list(members(end, family, spec));
  return [`${family === 4 ? "ip" : "ip6"} ${which} ${to}`];
}

function protocol({ proto, dport, sport, icmp }: Partial<Part>): string[] {
  if (proto === undefined) return [];
  if (icmp !== undefined) return [`${proto} type ${icmpType(proto, icmp)}`];
  const ports = Object.entries({ sport, dport }).flatMap(([key, text]) =>
    text === undefined ? [] : [`${proto} ${key} ${list(text.replaceAll(":", "-").split(","))}`],
  );
  return ports.length > 0 && WITH_PORTS.some((one) => one === proto)
    ? ports
    : [`meta l4proto ${String(PROTOCOLS.get(proto))}`];
}

function icmpType(proto: string, type: string): string {
  return String((proto === "icmp" ? ICMP_TYPES : ICMPV6_TYPES).get(type) ?? Number(type));
}

function list(items: readonly string[]): string {
  return items.length === 1 ? (items[0] ?? "") : `{ ${items.join(", ")} }`;
}

function reject({ proto }: Partial<Part>): string {
  return proto === "tcp" ? "reject with tcp reset" : "reject";
}

function policyOf(spec: RulesetSpec, direction: Direction): string {
  return spec[`policy_${direction}`];
}
