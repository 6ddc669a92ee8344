/** What `pct set` and `pct create` are told, so that a container's file says what is declared. */
import type { Change } from "../../kind.ts";
import { USUAL_MAP } from "./container.bind.ts";
import { entryNames, isRepeated, lineKey, membersOf } from "./container.compare.ts";
import type { IdMap } from "./container.parts.ts";
import type { State } from "./container.state.ts";
import { devices } from "./pve.devices.ts";
import { assign, parseProperties, printProperties } from "./pve.conf.ts";
import { indexed } from "./pve.found.ts";
import { gib, grown, mounts } from "./pve.mounts.ts";

export interface Settings {
  /** Words for pct: `--memory`, `512`, … */
  readonly options: readonly string[];
  readonly deleted: readonly string[];
  /** Disks that grow, each with its new size. */
  readonly resized: readonly (readonly [disk: string, size: string])[];
  /** Lines of LXC in the file: `-line` goes, `+line` is added. */
  readonly lines: readonly string[];
}

/** What there is to set against. */
export interface Base {
  /** Values that will count after a restart. */
  readonly values: ReadonlyMap<string, string>;
  /** Keys such as `mp0` that are taken. */
  readonly taken: ReadonlySet<string>;
  readonly lxc: readonly string[];
}

export type Value = string | undefined;
export type Assigned = readonly (readonly [key: string, value: Value])[];

export function settings(
  base: Base,
  live: State | undefined,
  want: State,
  changes: readonly Change[],
  nodes: Nodes,
): Settings {
  const free = allocator(base.taken);
  const roots = new Set(changes.map(({ prop }) => prop.replace(/\..*/, "")));
  const of = (kind: string) => changes.filter(({ prop }) => prop.startsWith(`${kind}.`));
  const all: Assigned = [
    ...[...roots].flatMap((key) => (key in PLAIN ? [[key, PLAIN[key as keyof typeof PLAIN](want)] as const] : [])),
    ...features(base, of("features")),
    ...rootfs(base, of("rootfs")),
    ...interfaces(base, want, of("interfaces"), free),
    ...mounts(base, want, of("mounts"), free),
    ...devices(base, live, want, of("devices"), free, nodes),
  ];
  return {
    options: all.flatMap(([key, value]) => (value === undefined ? [] : [`--${key}`, value])),
    deleted: all.flatMap(([key, value]) => (value === undefined && base.values.has(key) ? [key] : [])),
    resized: [
      ...(roots.has("size") && want.size !== undefined ? [["rootfs", gib(want.size)] as const] : []),
      ...grown(base, of("mounts")),
    ],
    lines: lines(base.lxc, live, want, roots),
  };
}

/** Device nodes by the names in `devices`. */
export type Nodes = (name: string) => readonly string[];
export type Allocate = (kind: "net" | "mp" | "dev") => string;

const flag = (value: boolean | undefined) => (value === undefined ? undefined : value ? "1" : "0");
const number = (value: number | undefined) => (value === undefined ? undefined : String(value));
const list = (values: readonly string[] | undefined, by: string) =>
  values === undefined || values.length === 0 ? undefined : values.join(by);

/** Keys of the file that hold one member each. */
const PLAIN = {
  hostname: (want: State) => want.hostname,
  memory: (want: State) => number(want.memory),
  swap: (want: State) => number(want.swap),
  cores: (want: State) => number(want.cores),
  cpulimit: (want: State) => number(want.cpulimit),
  cpuunits: (want: State) => number(want.cpuunits),
  nameserver: (want: State) => list(want.nameserver, " "),
  searchdomain: (want: State) => list(want.searchdomain, " "),
  tags: (want: State) => list(want.tags, ";"),
  description: (want: State) => (want.description === "" ? undefined : want.description),
  protection: (want: State) => flag(want.protection),
  onboot: (want: State) => flag(want.onboot),
  startup: ({ startup }: State) =>
    startup === undefined
      ? undefined
      : list(
          (["order", "up", "down"] as const).flatMap((key) =>
            startup[key] === undefined ? [] : [`${key}=${String(startup[key])}`],
          ),
          ",",
        ),
  timezone: (want: State) => want.timezone,
  hookscript: (want: State) => want.hookscript,
  console: (want: State) => flag(want.console),
  tty: (want: State) => number(want.tty),
  cmode: (want: State) => want.cmode,
} as const;

function allocator(taken: ReadonlySet<string>): Allocate {
  const used = new Set(taken);
  return (kind) => {
    let at = 0;
    while (used.has(`${kind}${String(at)}`)) at += 1;
    used.add(`${kind}${String(at)}`);
    return `${kind}${String(at)}`;
  };
}

function features({ values }: Base, changes: readonly Change[]): Assigned {
  if (changes.length === 0) return [];
  const all = parseProperties((values.get("features") ?? "").trim(), "");
  for (const { prop, to } of changes) assign(all, prop.slice("features.".length), to);
  return [["features", all.size === 0 ? undefined : printProperties(all, "")]];
}

/** Of a container that is there: of a new one they stand beside the size. */
function rootfs({ values }: Base, changes: readonly Change[]): Assigned {
  const is = values.get("rootfs");
  if (changes.length === 0 || is === undefined) return [];
  const all = parseProperties(is, "volume");
  for (const { prop, to } of changes) assign(all, prop.slice("rootfs.".length), to);
  return [["rootfs", printProperties(all, "volume")]];
}

/** Without `hwaddr` Proxmox VE would draw a new one: it is always among what is passed along. */
function interfaces({ values }: Base, want: State, changes: readonly Change[], free: Allocate): Assigned {
  const there = new Map(indexed(values, "net", "").map((one) => [one.properties.get("name") ?? "", one]));
  return entryNames("interfaces", changes, want.interfaces).map((name) => {
    const found = there.get(name);
    const wanted = want.interfaces?.[name];
    const key = found?.key ?? free("net");
    if (wanted === undefined) return [key, undefined];
    const all = new Map([["name", name], ...(found?.properties ?? [])]);
    for (const [member, value] of membersOf(`interfaces.${name}`, changes, wanted)) assign(all, member, value);
    return [key, printProperties(all, "")];
  });
}

function lines(lxc: readonly string[], live: State | undefined, want: State, roots: ReadonlySet<string>): string[] {
  const replace = (key: string, wanted: readonly string[]) => {
    const old = lxc.filter((line) => lineKey(line) === key);
    return [...old.map((line) => `-${line}`), ...wanted.map((line) => `+${line}`)];
  };
  const profile = want.apparmorProfile;
  return [
    ...(roots.has("idmap") ? replace("lxc.idmap", mapLines(want.idmap)) : []),
    ...(roots.has("apparmorProfile")
      ? replace("lxc.apparmor.profile", profile === undefined ? [] : [`lxc.apparmor.profile: ${profile}`])
      : []),
    ...(roots.has("lxc") ? others(lxc, live?.lxc ?? [], want.lxc ?? []) : []),
  ];
}

function mapLines(idmap: readonly IdMap[] | undefined): string[] {
  const usual = idmap === undefined || idmap === USUAL_MAP;
  return usual ? [] : idmap.map((one) => ["lxc.idmap: " + one.type, one.container_id, one.host_id, one.size].join(" "));
}

function others(lxc: readonly string[], live: readonly string[], want: readonly string[]): string[] {
  const single = new Set(want.map(lineKey).filter((key) => !isRepeated(key)));
  const gone = lxc.filter((line) => !want.includes(line) && (live.includes(line) || single.has(lineKey(line))));
  return [...gone.map((line) => `-${line}`), ...want.filter((line) => !lxc.includes(line)).map((line) => `+${line}`)];
}
