/** Tables of nftables, and rules in their words. Pure. */
import type { Family } from "./addresses.ts";
import type { Part } from "./macros.ts";
import { matches, members, type Endpoint, type Match } from "./match.ts";
import { ICMP_TYPES, ICMPV6_TYPES, PROTOCOLS, WITH_PORTS } from "./ports.ts";
import type { Names, Rule } from "./rule.spec.ts";

/** One rule of nft's, and what of the spec it comes from: `rules[3]`, `policy_in`, or the chain for what we add. */
export interface Line {
  readonly text: string;
  readonly from: string;
  /** True for a rule that is switched off: a comment in its place. */
  readonly off?: true;
}

export interface Chain {
  readonly name: string;
  /** What makes it a chain that packets come to; undefined: others jump to it. */
  readonly hook?: string;
  /** The member of the spec that its head comes from. */
  readonly member: string;
  readonly lines: readonly Line[];
}

export interface Table {
  /** With its family: `inet phoenix`. */
  readonly name: string;
  readonly enable: boolean;
  readonly names: Names;
  readonly chains: readonly Chain[];
}

/** What differs between tables where packets are routed and those where they are bridged. */
export interface Ground {
  /** What the log says first. */
  readonly title: string;
  /** Matches IPv6. */
  readonly six: string;
  /** Matches an interface that a rule names. */
  iface(direction: Rule["type"], name: string): string;
}

/**
 * The file for `nft -f`: one transaction that puts this table in the place of the one of the same name, if any, and
 * leaves all others alone.
 */
export function render({ name, enable, names, chains }: Table): string {
  const blocks = chains.map((chain) => {
    const lines = chain.lines.map(({ text, off }) => (off === true ? `# off: ${text}` : text));
    return block(`chain ${chain.name}`, [...(chain.hook === undefined ? [] : [chain.hook]), ...lines]);
  });
  return [
    "#!/usr/sbin/nft -f",
    "# Managed by phoenix-hypervisor: what is changed here by hand is changed back.",
    `table ${name}`,
    `delete table ${name}`,
    `table ${name} {`,
    ...(enable ? [] : ["\tflags dormant;"]),
    ...sets(names),
    ...blocks,
    "}\n",
  ].join("\n");
}

function sets(names: Names): string[] {
  return Object.keys(names.ipset).flatMap((set) =>
    ([4, 6] as const).flatMap((family) => {
      const entries = members({ set }, family, names);
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
export function setName(set: string, family: Family): string {
  return `ipset-${set}-v${String(family)}`;
}

function block(head: string, body: readonly string[]): string {
  return `\t${head} {\n${body.map((line) => `\t\t${line}\n`).join("")}\t}`;
}

/** A rule's lines; `from` says where the spec has it. */
export function ruleLines(rule: Rule, names: Names, ground: Ground, from: string): Line[] {
  return matches(rule, names).flatMap((match) => {
    const what = words(rule, match, names, ground);
    const comment = rule.comment === undefined ? [] : [`comment "${rule.comment}"`];
    const log = logged(rule.log, `${ground.title}${rule.type} ${rule.action}`);
    const verdict = rule.action === "REJECT" ? reject(match.part) : rule.action.toLowerCase();
    return [...log.map((text) => [...what, text]), [...what, verdict, ...comment]].map((text) => ({
      text: text.join(" "),
      from,
      ...(rule.enable === false ? { off: true as const } : {}),
    }));
  });
}

/** Once in a second, as Proxmox VE does: a flood of packets must not become a flood of the disk. */
export function logged(level: string | undefined, title: string): string[] {
  if (level === undefined || level === "nolog") return [];
  const name = level === "warning" ? "warn" : level;
  return [`limit rate 1/second burst 5 packets log prefix "phoenix ${title}: " level ${name}`];
}

function words(rule: Rule, { family, part, source, dest }: Match, names: Names, ground: Ground): string[] {
  return [
    ...(rule.iface === undefined ? [] : [ground.iface(rule.type, rule.iface)]),
    ...side("saddr", source, family, names),
    ...side("daddr", dest, family, names),
    ...(family === 6 && part.family === 6 && source === undefined && dest === undefined ? [ground.six] : []),
    ...protocol(part),
  ];
}

function side(which: string, end: Endpoint, family: Family | undefined, names: Names): string[] {
  if (end === undefined || family === undefined) return [];
  const to = "set" in end ? `@${setName(end.set, family)}` : list(members(end, family, names));
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
