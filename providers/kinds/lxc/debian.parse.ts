/** What the one look at a plain Debian host printed. Pure. */
import { UserError } from "../../host/host.ts";
import type { sections } from "../../host/sections.ts";
import type { Dataset, DebianFacts, Limits, Link, Range, Route, Running, Vlans } from "./debian.facts.ts";
import type { Node } from "./debian.mounts.ts";

type Parts = ReturnType<typeof sections>;

/** Throws a UserError where there is no LXC. */
export function parseDebian(section: Parts): DebianFacts {
  if (section("lxc").length === 0)
    throw new UserError("the host has no LXC; install it with: apt-get install lxc lxcfs uidmap");
  const [machine = "", online = "", enabled = ""] = section("machine");
  const [addresses = "[]", vlans = "[]"] = section("links");
  const links = json(addresses) as readonly Link[];
  return {
    machine,
    cpus: numbers(online),
    autostart: enabled === "UnitFileState=enabled",
    configs: texts(section("configs")),
    datasets: new Map(
      section("zfs")
        .map(dataset)
        .map((one) => [one.name, one]),
    ),
    ...inside(section("inside")),
    nodes: new Map(section("nodes").flatMap(node)),
    running: running(section("running"), groups(section("groups"))),
    links,
    limits: limits(section("limits"), links),
    vlans: new Map((json(vlans) as readonly VlanLine[]).map((one) => [one.ifname, vlansOf(one)])),
    ranges: ranges(section("subids")),
  };
}

/** Lines of `grep -n`: `path:number:text`, by the container that the path is of. */
export function texts(lines: readonly string[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", text = ""] = /^\/var\/lib\/lxc\/([^/]+)\/config:\d+:(.*)$/.exec(line) ?? [];
    all.set(name, `${all.get(name) ?? ""}${text}\n`);
  }
  return all;
}

function dataset(line: string): Dataset {
  const [name = "", mounted, mountpoint = "", refquota = "", origin = "-", madeFor = "-"] = line.split("\t");
  return {
    name,
    mountpoint: mounted === "yes" && mountpoint.startsWith("/") ? mountpoint : undefined,
    refquota: /^\d+$/.test(refquota) ? BigInt(refquota) : 0n,
    origin: origin === "-" ? undefined : origin,
    madeFor: madeFor === "-" ? undefined : madeFor,
  };
}

const INSIDE =
  /^(.*?)\/(etc\/resolv\.conf|usr\/lib\/os-release|etc\/os-release|etc\/network\/interfaces|etc\/systemd\/network\/[^:]*):(.*)$/;

function inside(lines: readonly string[]): Pick<DebianFacts, "inside" | "snapshots" | "guests"> {
  const [texts_, snapshots] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const add = (to: Map<string, string[]>, key: string, value: string) => to.set(key, [...(to.get(key) ?? []), value]);
  const guests = new Map<string, { tools: Set<string>; files: Map<string, string[]> }>();
  const guest = (root: string) => {
    const one = guests.get(root) ?? { tools: new Set<string>(), files: new Map<string, string[]>() };
    guests.set(root, one);
    return one;
  };
  for (const line of lines) {
    const [, by, tool] = /^tool (\S+) (\w+)$/.exec(line) ?? [];
    if (by !== undefined && tool !== undefined) guest(by).tools.add(tool);
    const [, root, name] = /^snapshot (\S+) (.*)$/.exec(line) ?? [];
    if (root !== undefined && name !== undefined) add(snapshots, root, name);
    const [, of, file, text] = INSIDE.exec(line) ?? [];
    if (of === undefined || file === undefined || text === undefined) continue;
    if (file.includes("/network/")) add(guest(of).files, file, text);
    else add(texts_, of, text);
  }
  return { inside: texts_, snapshots, guests };
}

function node(line: string): [string, Node][] {
  const [type = "", uid, gid, mode = "", number = "", path] = line.split("|");
  if (path === undefined) return [];
  return [[path, { number: `${type.slice(0, 1)} ${number}`, uid: Number(uid), gid: Number(gid), mode }]];
}

/** By the cgroup's name, then the file's. */
function groups(lines: readonly string[]): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  for (const line of lines) {
    const [, group = "", file = "", value = ""] = /^\/sys\/fs\/cgroup\/([^/]+)\/([^:]+):(.*)$/.exec(line) ?? [];
    all.set(group, (all.get(group) ?? new Map<string, string>()).set(file, value));
  }
  return all;
}

function running(lines: readonly string[], cgroups: ReadonlyMap<string, Map<string, string>>): Map<string, Running> {
  const all = new Map<string, Running>();
  const heads = lines.flatMap((line, i) => (/^container \S+ lxc\.payload\./.test(line) ? [i] : []));
  for (const [n, at] of heads.entries()) {
    const [, id = "", group = ""] = (lines[at] ?? "").split(" ");
    const [hostname, addresses = "[]", routes = "[]", ...text] = lines.slice(at + 1, heads[n + 1]);
    all.set(id, {
      cgroup: cgroups.get(group) ?? new Map<string, string>(),
      hostname,
      links: json(addresses) as readonly Link[],
      routes: json(routes) as readonly Route[],
      ...since(text),
    });
  }
  return all;
}

/** Lines of `grep -Hn`: of the configuration of its start, and of its mounts. */
function since(lines: readonly string[]): Pick<Running, "started" | "mounted"> {
  const of = (path: RegExp) =>
    lines.flatMap((line) => {
      const [, file = "", text = ""] = /^([^:]*):\d+:(.*)$/.exec(line) ?? [];
      return path.test(file) ? [text] : [];
    });
  const [started, mounts] = [of(/^\/run\//), of(/mountinfo$/)];
  if (started.length === 0) return { started: undefined, mounted: undefined };
  return { started: started.map((line) => `${line}\n`).join(""), mounted: new Set(mounts.map(mountPoint)) };
}

/** The fifth word of a line of /proc/PID/mountinfo, in which blanks stand as numbers. */
function mountPoint(line: string): string {
  const [, , , , path = ""] = line.split(" ");
  return path.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

interface VlanLine {
  readonly ifname: string;
  readonly vlans?: readonly { readonly vlan: number; readonly vlanEnd?: number; readonly flags?: readonly string[] }[];
}

function vlansOf({ vlans = [] }: VlanLine): Vlans {
  const is = (flag: string) => (one: { readonly flags?: readonly string[] }) => one.flags?.includes(flag) === true;
  return {
    pvid: vlans.find(is("PVID"))?.vlan,
    tagged: vlans
      .filter((one) => !is("Egress Untagged")(one))
      .flatMap(({ vlan, vlanEnd = vlan }) => Array.from({ length: vlanEnd - vlan + 1 }, (_, i) => vlan + i)),
  };
}

/** What `tc -iec` prints of queues, and of the police that our limits have: by name, and by the number of the interface. */
export function limits(lines: readonly string[], links: readonly Link[]): Map<string, Limits> {
  const all = new Map<string, Limits>();
  for (const line of lines) {
    const [, to, sent = ""] = /^qdisc tbf \S+ dev (\S+) root .*\brate (\S+)/.exec(line) ?? [];
    const [, index, received = ""] = /\bpolice 0x5([0-9a-f]{7}) rate (\S+)/.exec(line) ?? [];
    const from = index === undefined ? undefined : links.find(({ ifindex }) => ifindex === parseInt(index, 16))?.ifname;
    if (to !== undefined) all.set(to, { ...all.get(to), to: mebibytesOf(sent) });
    if (from !== undefined) all.set(from, { ...all.get(from), from: mebibytesOf(received) });
  }
  return all;
}

/** `20Mibit` are 2.5. */
function mebibytesOf(rate: string): number {
  const [, number = "", unit = ""] = /^(\d+)([KMGT]?)i?bit$/.exec(rate) ?? [];
  return (Number(number) * 1024 ** " KMGT".indexOf(unit || " ")) / 8 / 2 ** 20;
}

/** What `ip -json` prints; some versions print nothing where there is nothing. */
function json(text: string): readonly unknown[] {
  return text.startsWith("[") ? (JSON.parse(text) as unknown[]) : [];
}

/** Without newuidmap root may use any; with it those that are given to root, none where none are. */
function ranges(lines: readonly string[]): DebianFacts["ranges"] {
  const of = (type: "u" | "g"): Range[] | undefined =>
    lines.length === 0
      ? undefined
      : lines.flatMap((line) => {
          const [file, , from, size] = line.split(":");
          return file === `/etc/sub${type}id` ? [{ from: Number(from), size: Number(size) }] : [];
        });
  return { u: of("u"), g: of("g") };
}

/** `0-2,5` are 0, 1, 2 and 5. */
function numbers(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
