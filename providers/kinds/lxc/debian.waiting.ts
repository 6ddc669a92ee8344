/** What a running container has otherwise than its file says: what waits for a restart, and what drifted. Pure. */
import type { Interface } from "./container.parts.ts";
import type { Held } from "./container.state.ts";
import { entriesOf, type Entry } from "./debian.conf.ts";
import type { DebianFacts, Limits, Running } from "./debian.facts.ts";
import { countOf, limit, mebibytes, number, simpleMemberOf, simpleMembers } from "./debian.members.ts";
import { mounted, MOUNT_ENTRY } from "./debian.mounts.ts";
import { isNetEntry, nets, type Net } from "./debian.net.ts";

/** Members that have another value in the container as it runs. */
export function waiting(on: DebianFacts, entries: readonly Entry[], id: number, rootfs: string): string[] {
  const { started, mounted: shown } = on.running.get(String(id)) ?? {};
  if (started === undefined) return [];
  const before = entriesOf(started);
  const lack = (some: readonly Entry[], of: readonly Entry[]) =>
    some.filter(({ key, value }) => !of.some((one) => one.key === key && one.value === value));
  const gone = lack(before, entries).filter(({ key, value }) => {
    const one = key === MOUNT_ENTRY ? mounted(value, rootfs) : undefined;
    return one?.is !== "mount" || shown?.has(one.path) !== false;
  });
  const odd = [...gone, ...lack(entries, before)];
  return [...new Set(odd.flatMap((entry) => memberOf(entry, rootfs) ?? []))].toSorted();
}

/** Members that count at once. */
const AT_ONCE = new Set(
  "memory swap cores cpulimit cpuunits hostname onboot startup tags description protection".split(" "),
);

function memberOf(entry: Entry, rootfs: string): string | undefined {
  const { key, value } = entry;
  if (isNetEntry(entry)) return undefined;
  const simple = simpleMemberOf(entry);
  if (simple !== undefined) return AT_ONCE.has(simple) ? undefined : simple;
  const one = key === MOUNT_ENTRY ? mounted(value, rootfs) : undefined;
  if (one === undefined) return "lxc";
  return one.is === "fuse" ? "features" : `${one.is}s.${one.path}`;
}

type Values = Readonly<Record<string, unknown>>;

/** Members whose value at present is another than the file's although it could be the same at once: drift. */
export function now(on: DebianFacts, entries: readonly Entry[], id: number): Partial<Held> {
  const running = on.running.get(String(id));
  if (running === undefined) return {};
  const file = simpleMembers(entries);
  const { cgroup, hostname } = running;
  const [memory, swap, cores] = ["memory.max", "memory.swap.max", "cpuset.cpus"].map((name) => cgroup.get(name));
  const present: Values = {
    memory: mebibytes(memory) ?? memory,
    swap: mebibytes(swap) ?? swap,
    cores: cores === "" ? on.cpus.length : countOf(cores),
    cpulimit: limit(cgroup.get("cpu.max")) ?? 0,
    cpuunits: number(cgroup.get("cpu.weight")),
    hostname,
  };
  // Without a limit there is, in the kernel's word, `max`.
  const usual: Values = { memory: "max", swap: "max", cores: on.cpus.length, cpulimit: 0, cpuunits: 100 };
  const odd = Object.entries(present).filter(
    ([key, value]) => value !== undefined && value !== (file[key as keyof Held] ?? usual[key]),
  );
  const interfaces = nets(entries, id).flatMap((net): [string, Interface][] => {
    const is = interfaceNow(on, running, net);
    return Object.keys(is).length === 0 ? [] : [[net.name, is as Interface]];
  });
  return {
    ...Object.fromEntries(odd),
    ...(interfaces.length === 0 ? {} : { interfaces: Object.fromEntries(interfaces) }),
  };
}

/** What of an interface is otherwise than the file says. */
function interfaceNow(on: DebianFacts, running: Running, { name, veth, interface: file }: Net): Partial<Interface> {
  const [outer, inner] = [
    on.links.find(({ ifname }) => ifname === veth),
    running.links.find(({ ifname }) => ifname === name),
  ];
  if (outer === undefined || inner === undefined) return { bridge: "" };
  const addresses = (inner.addr_info ?? [])
    .filter(({ scope, dynamic }) => scope === "global" && dynamic !== true)
    .map(({ local, prefixlen }) => `${local}/${String(prefixlen)}`);
  const gateways = running.routes
    .filter(({ dst, dev, protocol }) => dst === "default" && dev === name && protocol !== "ra")
    .flatMap(({ gateway }) => gateway ?? []);
  const vlans = on.vlans.get(veth);
  const odd: Partial<Interface> = {};
  const note = <Key extends keyof Interface>(key: Key, is: Interface[Key] | undefined, want: unknown) => {
    if (is !== undefined && String(is).toLowerCase() !== String(want).toLowerCase()) odd[key] = is;
  };
  note("bridge", outer.master ?? "", file.bridge);
  if (file.hwaddr !== undefined) note("hwaddr", inner.address, file.hwaddr);
  if (file.mtu !== undefined) note("mtu", inner.mtu, file.mtu);
  for (const [member, gateway] of [
    ["ip", "gw"],
    ["ip6", "gw6"],
  ] as const) {
    const [address, via] = [file[member], file[gateway]];
    if (address?.includes("/") !== true) continue;
    const of = (all: readonly string[]) => all.filter((one) => one.includes(":") === (member === "ip6"));
    const there = of(addresses);
    if (there.length !== 1 || there[0] !== address) note(member, there.join(" ") || "manual", address);
    const routes = of(gateways);
    if (routes.join(" ") !== (via ?? "")) note(gateway, routes.join(" "), via ?? "");
  }
  const down = outer.flags?.includes("UP") !== true;
  note("link_down", down, file.link_down ?? false);
  if (file.rate !== undefined) {
    const is = otherLimit(on.limits.get(veth), file.rate);
    if (is !== undefined) odd.rate = is;
  }
  if (file.tag !== undefined) note("tag", vlans?.pvid ?? 0, file.tag);
  if (file.trunks !== undefined)
    note(
      "trunks",
      [...(vlans?.tagged ?? [])],
      file.trunks.toSorted((a, b) => a - b),
    );
  return odd;
}

/** A limit of the two ways that is another one, 0 where there is none. tc prints three digits for certain. */
function otherLimit({ to = 0, from = 0 }: Limits = {}, want: number): number | undefined {
  return [to, from].find((is) => Math.abs(is - want) > want / 1000);
}
