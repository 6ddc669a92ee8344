/**
 * The table that the rules of a guest on a plain Debian host come to: of the family bridge, since what containers on one
 * bridge send to each other is never routed. All interfaces of the guest count: `veth101i0`, `veth101i1` … Pure.
 */
import type { GuestSpec } from "./guest.spec.ts";
import { members } from "./match.ts";
import { logged, ruleLines, setName, type Chain, type Ground, type Line, type Table } from "./nft.ts";

/** The table's name without its family. */
export function guestName(vmid: number | string): string {
  return `phoenix-${String(vmid)}`;
}

export function guestTable(spec: GuestSpec): Table {
  const all = `veth${String(spec.vmid)}i*`;
  // What comes from the guest is judged before anything else is done with it: only there can nft answer by a REJECT.
  return {
    name: `bridge ${guestName(spec.vmid)}`,
    enable: spec.enable,
    names: spec,
    chains: [
      entrance("from", "prerouting priority -100", `iifname "${all}" jump out`),
      entrance("through", "forward priority filter", `oifname "${all}" jump in`),
      entrance("to", "output priority filter", ...answers(all), `oifname "${all}" jump in`),
      { name: "out", member: "out", lines: [...outFirst(spec), ...ours(spec, "out")] },
      { name: "in", member: "in", lines: [...inFirst(spec), ...ours(spec, "in")] },
    ],
  };
}

function entrance(name: string, hook: string, ...texts: readonly string[]): Chain {
  return { name, member: name, hook: `type filter hook ${hook}; policy accept;`, lines: from(name, ...texts) };
}

/** What a REJECT answers is sent from here, and belongs to no connection. */
function answers(interfaces: string): string[] {
  return ["tcp flags & rst == rst", "icmp type 3", "icmpv6 type 1"].map(
    (what) => `oifname "${interfaces}" ct state invalid ${what} accept`,
  );
}

/** What is not IP has no connections; invalid packets must not be answered: that would end live connections. */
const CONNECTED = [
  "ether type arp accept",
  "ct state established,related accept",
  "meta protocol { ip, ip6 } ct state invalid drop",
];

function outFirst(spec: GuestSpec): Line[] {
  const { dhcp = true, ndp = true, radv = false } = spec;
  return [
    ...(radv ? [] : from("radv", "icmpv6 type 134 drop")),
    ...(dhcp
      ? from(
          "dhcp",
          "meta protocol ip udp sport 68 udp dport 67 accept",
          "meta protocol ip6 udp sport 546 udp dport 547 accept",
        )
      : []),
    ...ownAddresses(spec),
    ...from("out", ...CONNECTED),
    ...(ndp ? from("ndp", "icmpv6 type { 130, 131, 132, 133, 135, 136, 143 } accept") : []),
  ];
}

function inFirst({ dhcp = true, ndp = true }: GuestSpec): Line[] {
  return [
    ...from("in", ...CONNECTED),
    ...(dhcp
      ? from(
          "dhcp",
          "meta protocol ip udp sport 67 udp dport 68 accept",
          "meta protocol ip6 udp sport 547 udp dport 546 accept",
        )
      : []),
    ...(ndp ? from("ndp", "icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 143 } accept") : []),
  ];
}

function from(member: string, ...texts: readonly string[]): Line[] {
  return texts.map((text) => ({ text, from: member }));
}

/** The sets that say which addresses an interface may send from. What holds for the link alone may always be. */
function ownAddresses(spec: GuestSpec): Line[] {
  return Object.keys(spec.ipset).flatMap((set) => {
    const [, net] = /^ipfilter-net(\d+)$/.exec(set) ?? [];
    if (net === undefined) return [];
    const at = `iifname "veth${String(spec.vmid)}i${net}"`;
    const not = (family: 4 | 6, key: string) =>
      members({ set }, family, spec).length === 0 ? "" : ` ${key} != @${setName(set, family)}`;
    return from(
      `ipset.${set}`,
      `${at} meta protocol ip${not(4, "ip saddr")} drop`,
      `${at} meta protocol arp${not(4, "arp saddr ip")} drop`,
      `${at} ip6 saddr != { ::, fe80::/10 }${not(6, "ip6 saddr")} drop`,
    );
  });
}

function ours(spec: GuestSpec, direction: "in" | "out"): Line[] {
  const ground = bridged(spec.vmid);
  const [policy, level] = [spec[`policy_${direction}`], spec[`log_level_${direction}`]];
  const log = policy === "ACCEPT" ? [] : logged(level, `${ground.title}policy_${direction} ${policy}`);
  return [
    ...spec.rules.flatMap((rule, i) =>
      rule.type === direction ? ruleLines(rule, spec, ground, `rules[${String(i)}]`) : [],
    ),
    ...from(`log_level_${direction}`, ...log),
    ...from(`policy_${direction}`, policy.toLowerCase()),
  ];
}

function bridged(vmid: number): Ground {
  return {
    title: `${String(vmid)} `,
    six: "meta protocol ip6",
    iface: (direction, name) =>
      `${direction === "in" ? "oifname" : "iifname"} "veth${String(vmid)}i${name.replace("net", "")}"`,
  };
}
