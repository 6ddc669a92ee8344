/** Network interfaces in a configuration: `lxc.net.N.…`. Pure. */
import { valueOf, valuesOf, type Entry } from "./debian.conf.ts";
import type { Interface } from "./container.parts.ts";
import { hooked, hookEntries, hookOf } from "./debian.hooks.ts";

/** Members of `lxc.net.N.` that are the spec's; others, such as a script, are left alone. */
const OURS = new Set(
  "type link name veth.pair flags hwaddr mtu ipv4.address ipv4.gateway ipv6.address ipv6.gateway veth.vlan.id veth.vlan.tagged.id".split(
    " ",
  ),
);

/** How an address comes about that the host does not set, kept in a comment: `#interfaces.eth0.ip = dhcp`. */
const MODE = /^#interfaces\.([^=]+)\.(ip6?)$/;

/** An interface and the number it has in the file. */
export interface Net {
  readonly index: number;
  readonly name: string;
  readonly interface: Interface;
  /** Its end on the host. */
  readonly veth: string;
}

/** The interfaces of a file: those that are a veth pair, by the number they have there. */
export function nets(entries: readonly Entry[], id: number): Net[] {
  const indices = new Set(entries.flatMap(({ key }) => /^lxc\.net\.(\d+)\.type$/.exec(key)?.[1] ?? []));
  return [...indices].map(Number).flatMap((index): Net[] => {
    const get = (member: string) => valueOf(entries, `lxc.net.${String(index)}.${member}`);
    if (get("type") !== "veth") return [];
    const name = get("name") ?? `eth${String(index)}`;
    const ip = get("ipv4.address") ?? valueOf(entries, `#interfaces.${name}.ip`);
    const ip6 = get("ipv6.address") ?? valueOf(entries, `#interfaces.${name}.ip6`);
    const [gw, gw6, hwaddr] = [get("ipv4.gateway"), get("ipv6.gateway"), get("hwaddr")];
    const [tag, mtu] = [Number(get("veth.vlan.id")), Number(get("mtu"))];
    const trunks = valuesOf(entries, `lxc.net.${String(index)}.veth.vlan.tagged.id`).map(Number);
    const veth = get("veth.pair") ?? vethOf(id, index);
    return [
      {
        index,
        name,
        veth,
        interface: {
          bridge: get("link") ?? "",
          ...(ip === undefined ? {} : { ip }),
          ...(gw === undefined ? {} : { gw }),
          ...(ip6 === undefined ? {} : { ip6 }),
          ...(gw6 === undefined ? {} : { gw6 }),
          ...(hwaddr === undefined ? {} : { hwaddr }),
          ...(tag > 0 ? { tag } : {}),
          ...(trunks.length === 0 ? {} : { trunks }),
          ...(mtu > 0 ? { mtu } : {}),
          ...hooked(entries, veth),
        },
      },
    ];
  });
}

export function vethOf(id: number, index: number): string {
  return `veth${String(id)}i${String(index)}`;
}

/** Whether an entry is one of those that {@link netEntries} makes for that interface. */
export function isOfNet({ index, name, veth }: Omit<Net, "interface">): (entry: Entry) => boolean {
  const prefix = `lxc.net.${String(index)}.`;
  return (entry) =>
    (entry.key.startsWith(prefix) && OURS.has(entry.key.slice(prefix.length))) ||
    MODE.exec(entry.key)?.[1] === name ||
    hookOf(entry)?.veth === veth;
}

export function isNetEntry(entry: Entry): boolean {
  const [, member] = /^lxc\.net\.\d+\.(.+)$/.exec(entry.key) ?? [];
  return (member !== undefined && OURS.has(member)) || MODE.test(entry.key) || hookOf(entry) !== undefined;
}

/** The interface as lines; `type` has to come first. */
export function netEntries({ index, name, veth, interface: one }: Net): Entry[] {
  const { bridge, ip, gw, ip6, gw6, hwaddr, tag, trunks = [], mtu } = one;
  const entry = (member: string, value: string | number | undefined): Entry[] =>
    value === undefined ? [] : [{ key: `lxc.net.${String(index)}.${member}`, value: String(value) }];
  const address = (family: "ipv4" | "ipv6", member: "ip" | "ip6", value: string | undefined): Entry[] => {
    if (value === undefined) return [];
    return value.includes("/") ? entry(`${family}.address`, value) : [{ key: `#interfaces.${name}.${member}`, value }];
  };
  return [
    ...entry("type", "veth"),
    ...entry("link", bridge),
    ...entry("name", name),
    ...entry("veth.pair", veth),
    ...entry("flags", "up"),
    ...entry("hwaddr", hwaddr),
    ...entry("mtu", mtu),
    ...address("ipv4", "ip", ip),
    ...entry("ipv4.gateway", isAddress(ip) ? gw : undefined),
    ...address("ipv6", "ip6", ip6),
    ...entry("ipv6.gateway", isAddress(ip6) ? gw6 : undefined),
    ...entry("veth.vlan.id", tag),
    ...trunks.flatMap((vlan) => entry("veth.vlan.tagged.id", vlan)),
    ...hookEntries(veth, one),
  ];
}

/** Whether the host sets the address; otherwise the container sees to it. */
export function isAddress(value: string | undefined): value is string {
  return value?.includes("/") === true;
}
