/** Which lines of a configuration are which member of the spec, and how a member is written. Pure. */
import { bytes } from "../zfs/values.ts";
import type { Held } from "./container.state.ts";
import { valueOf, type Entry } from "./debian.conf.ts";
import { features, groupOf, idmap, startup, type Group } from "./debian.groups.ts";

/** The file's keys of members that are one value each. */
const KEYS = {
  hostname: "lxc.uts.name",
  memory: "lxc.cgroup2.memory.max",
  swap: "lxc.cgroup2.memory.swap.max",
  cores: "lxc.cgroup2.cpuset.cpus",
  cpulimit: "lxc.cgroup2.cpu.max",
  cpuunits: "lxc.cgroup2.cpu.weight",
  apparmorProfile: "lxc.apparmor.profile",
  onboot: "lxc.start.auto",
  console: "lxc.console.path",
  tty: "lxc.tty.max",
  tags: "#tags",
  description: "#description",
  protection: "#protection",
  template: "#template",
  ostype: "#ostype",
} as const;
export type Simple = keyof typeof KEYS;
const MIB = 1024 * 1024;
/** What cpu.max counts in, in microseconds. */
const PERIOD = 100_000;

export const LXC_DEFAULT_PROFILE = "lxc-container-default-cgns";

/** The members that stand in lines of their own, but for interfaces, mounts and devices. */
export function simpleMembers(entries: readonly Entry[]): Partial<Held> {
  const get = (member: Simple) => valueOf(entries, KEYS[member]);
  const found = {
    hostname: get("hostname"),
    memory: mebibytes(get("memory")),
    swap: mebibytes(get("swap")),
    cores: countOf(get("cores")),
    cpulimit: limit(get("cpulimit")),
    cpuunits: number(get("cpuunits")),
    apparmorProfile: get("apparmorProfile") ?? LXC_DEFAULT_PROFILE,
    onboot: flag(get("onboot")),
    console: get("console") === "none" ? false : undefined,
    tty: number(get("tty")),
    tags: get("tags")?.split(";"),
    description: text(get("description")),
    protection: flag(get("protection")),
    ostype: get("ostype"),
    startup: startup(entries),
    features: features(entries),
    idmap: idmap(entries),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Cores that a container of that id may use, other ones for others: a list as cpuset(7) has it. */
function cpuset(cores: number, { cpus, id }: Machine): string {
  const first = (id * cores) % cpus.length;
  return Array.from({ length: Math.min(cores, cpus.length) }, (_, i) => cpus[(first + i) % cpus.length] ?? 0)
    .toSorted((a, b) => a - b)
    .join(",");
}

/** What of the host it takes to write a configuration. */
export interface Machine {
  readonly id: number;
  /** Numbers of the processors that are there. */
  readonly cpus: readonly number[];
}

/** What cgroup v2 takes for a member, by the name of its file. */
export function cgroupValue(
  member: Simple,
  held: Partial<Held>,
  machine: Machine,
): [file: string, value: string] | undefined {
  const file = /^lxc\.cgroup2\.(.*)$/.exec(KEYS[member])?.[1];
  if (file === undefined) return undefined;
  const none: Readonly<Record<string, string>> = {
    // The kernel lets nobody empty the list of what runs.
    "cpuset.cpus": machine.cpus.join(","),
    "cpu.weight": "100",
    "cpu.max": `max ${String(PERIOD)}`,
  };
  return [file, simpleEntries(member, held, machine)[0]?.value ?? none[file] ?? "max"];
}

/** The lines of a member that has its value in `held`; none where it has none. */
export function simpleEntries(member: Simple, held: Partial<Held>, machine: Machine): Entry[] {
  const value = written(member, held, machine);
  return value === undefined ? [] : [{ key: KEYS[member], value }];
}

function written(member: Simple, held: Partial<Held>, machine: Machine): string | undefined {
  const { memory, swap, cores, cpulimit, tags, description } = held;
  switch (member) {
    case "memory":
      return memory === undefined ? undefined : String(memory * MIB);
    case "swap":
      return swap === undefined ? undefined : String(swap * MIB);
    case "cores":
      return cores === undefined ? undefined : cpuset(cores, machine);
    case "cpulimit":
      return cpulimit === undefined || cpulimit === 0
        ? undefined
        : `${String(Math.round(cpulimit * PERIOD))} ${String(PERIOD)}`;
    case "console":
      return held.console === false ? "none" : undefined;
    case "tags":
      return tags === undefined || tags.length === 0 ? undefined : tags.join(";");
    case "description":
      return description === undefined || description === "" ? undefined : JSON.stringify(description);
    default: {
      const value = held[member];
      if (typeof value === "boolean") return value ? "1" : undefined;
      return value === undefined ? undefined : String(value);
    }
  }
}

/** The member that an entry is of, as far as this file and debian.groups.ts know. */
export function simpleMemberOf(entry: Entry): Simple | Group | undefined {
  const { key, value } = entry;
  const simple = (Object.keys(KEYS) as Simple[]).find((member) => KEYS[member] === key);
  if (simple !== undefined) return simple === "console" && value !== "none" ? undefined : simple;
  return groupOf(entry);
}

export function mebibytes(value: string | undefined): number | undefined {
  if (value === undefined || value === "max" || value === "-1") return undefined;
  const size = bytes(value);
  return size === undefined ? undefined : Number(size) / MIB;
}

/** `0-2,5` are four. */
export function countOf(list: string | undefined): number | undefined {
  if (list === undefined || list === "") return undefined;
  return list.split(",").reduce((sum, part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return sum + to - from + 1;
  }, 0);
}

export function limit(value: string | undefined): number | undefined {
  const [quota = "max", period = String(PERIOD)] = (value ?? "max").split(/\s+/);
  return quota === "max" ? undefined : Number(quota) / Number(period);
}

export function number(value: string | undefined): number | undefined {
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}

function flag(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === "1";
}

function text(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return String(JSON.parse(value));
  } catch {
    // Written by hand.
    return value;
  }
}
