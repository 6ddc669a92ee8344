/** The table that the ruleset of a host comes to. Pure. */
import { ruleLines, type Chain, type Ground, type Table } from "./nft.ts";
import type { RulesetSpec } from "./spec.ts";

export const TABLE = "inet phoenix";

const CHAINS = [
  ["in", "input", "iifname"],
  ["out", "output", "oifname"],
  ["forward", "forward", "iifname"],
] as const;
type Direction = (typeof CHAINS)[number][0];

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

const ROUTED: Ground = {
  title: "",
  six: "meta nfproto ipv6",
  iface: (direction, name) => `${CHAINS.find(([one]) => one === direction)?.[2] ?? "iifname"} "${name}"`,
};

export function hostTable(spec: RulesetSpec): Table {
  return {
    name: TABLE,
    enable: spec.enable,
    names: spec,
    chains: CHAINS.map(([name, hook]) => chain(spec, name, hook)),
  };
}

function chain(spec: RulesetSpec, name: Direction, hook: string): Chain {
  const member = `policy_${name}` as const;
  const policy = spec[member];
  return {
    name,
    hook: `type filter hook ${hook} priority filter; policy ${policy === "ACCEPT" ? "accept" : "drop"};`,
    member,
    lines: [
      ...ALIVE[name].map((text) => ({ text, from: name })),
      ...spec.rules.flatMap((rule, i) =>
        rule.type === name ? ruleLines(rule, spec, ROUTED, `rules[${String(i)}]`) : [],
      ),
      ...(policy === "REJECT" ? [{ text: "reject", from: member }] : []),
    ],
  };
}
