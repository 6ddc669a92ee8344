/** Ports as Proxmox VE writes them: `22`, `80,443`, `8000:8100`. */

export type Range = readonly [from: number, to: number];

/** Protocols that have ports. */
export const WITH_PORTS = ["tcp", "udp", "sctp", "dccp", "udplite"] as const;

/** The protocols that a rule can name, with their numbers. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ["tcp", 6],
  ["udp", 17],
  ["icmp", 1],
  ["icmpv6", 58],
  ["sctp", 132],
  ["dccp", 33],
  ["udplite", 136],
  ["igmp", 2],
  ["gre", 47],
  ["esp", 50],
  ["ah", 51],
  ["ospf", 89],
  ["pim", 103],
  ["vrrp", 112],
]);

/** Undefined when it is no list of ports. */
export function portRanges(text: string): Range[] | undefined {
  const ranges = text.split(",").map(range);
  return ranges.every((one) => one !== undefined) ? ranges : undefined;
}

function range(text: string): Range | undefined {
  const [, from = "", to = from] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [low, high] = [Number(from), Number(to)];
  return from !== "" && low <= high && high <= 65_535 && low > 0 ? [low, high] : undefined;
}

/** ICMP types by the names that iptables and Proxmox VE have for them. */
export const ICMP_TYPES: ReadonlyMap<string, number> = new Map([
  ["echo-reply", 0],
  ["destination-unreachable", 3],
  ["source-quench", 4],
  ["redirect", 5],
  ["echo-request", 8],
  ["router-advertisement", 9],
  ["router-solicitation", 10],
  ["time-exceeded", 11],
  ["parameter-problem", 12],
  ["timestamp-request", 13],
  ["timestamp-reply", 14],
]);

export const ICMPV6_TYPES: ReadonlyMap<string, number> = new Map([
  ["destination-unreachable", 1],
  ["packet-too-big", 2],
  ["time-exceeded", 3],
  ["parameter-problem", 4],
  ["echo-request", 128],
  ["echo-reply", 129],
  ["router-solicitation", 133],
  ["router-advertisement", 134],
  ["neighbor-solicitation", 135],
  ["neighbor-advertisement", 136],
]);
