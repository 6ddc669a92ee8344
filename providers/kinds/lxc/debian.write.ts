/** The text of a configuration as it is to be: the old one, in which only what changes is written anew. Pure. */
import type { Change } from "../../kind.ts";
import { entryNames, membersOf } from "./container.compare.ts";
import { nodesOf } from "./container.gpu.ts";
import type { Device, Interface, Mount } from "./container.parts.ts";
import type { Facts, Found, Held, State } from "./container.state.ts";
import { entriesOf, replaced, type Entry } from "./debian.conf.ts";
import { featureEntries, startupEntries } from "./debian.groups.ts";
import { simpleEntries, simpleMemberOf, type Machine, type Simple } from "./debian.members.ts";
import { rawLines, rootfsOf } from "./debian.found.ts";
import { deviceEntry, FUSE, mounted, mountEntry, MOUNT_ENTRY } from "./debian.mounts.ts";
import { isOfNet, netEntries, nets, vethOf, type Net } from "./debian.net.ts";

/** What it takes to write beside the text. */
export interface Pen extends Machine {
  readonly gpus: Facts["gpus"];
  readonly live: State | undefined;
  readonly want: State;
  readonly changes: readonly Change[];
  readonly found: Pick<Found, "interfaces" | "mounts" | "devices" | "features">;
  /** The folder on the host that a mount shows. */
  source(path: string, mount: Mount): string;
  /** A MAC address for an interface that has none. */
  draw(name: string): string;
}

export function rewritten(text: string, pen: Pen): string {
  const touched = new Set(pen.changes.map(({ prop }) => prop.replace(/\..*/, "")));
  const steps: readonly ((before: string) => string)[] = [
    ...[...touched].flatMap((key) => (isSimple(key) ? [(before: string) => simple(before, key, pen)] : [])),
    ...(touched.has("startup")
      ? [(before: string) => replaced(before, isOf("startup"), startupEntries(pen.want))]
      : []),
    ...(touched.has("features") ? [(before: string) => features(before, pen)] : []),
    ...(touched.has("interfaces") ? [(before: string) => interfaces(before, pen)] : []),
    ...(touched.has("mounts") ? [(before: string) => mounts(before, pen)] : []),
    ...(touched.has("devices") ? [(before: string) => devices(before, pen)] : []),
    ...(touched.has("lxc") ? [(before: string) => raw(before, pen)] : []),
  ];
  return steps.reduce((before, next) => next(before), text);
}

const SIMPLE =
  "hostname memory swap cores cpulimit cpuunits apparmorProfile onboot console tty tags description protection template ostype";

function isSimple(key: string): key is Simple {
  return SIMPLE.split(" ").includes(key);
}

function isOf(member: string): (entry: Entry) => boolean {
  return (entry) => simpleMemberOf(entry) === member;
}

function simple(text: string, key: Simple, { want, ...machine }: Pen): string {
  return replaced(text, isOf(key), simpleEntries(key, want, machine));
}

function ofKind(kind: string, changes: readonly Change[]): Change[] {
  return changes.filter(({ prop }) => prop.startsWith(`${kind}.`));
}

function features(text: string, { found, changes }: Pen): string {
  const all: Record<string, unknown> = { ...found.features };
  for (const { prop, to } of ofKind("features", changes)) all[prop.slice("features.".length)] = to;
  const held = { features: all } as Partial<Held>;
  const written = replaced(text, isOf("features"), featureEntries(held));
  const fuse = all["fuse"] === true ? [{ key: MOUNT_ENTRY, value: FUSE }] : [];
  return replaced(written, ({ key, value }) => key === MOUNT_ENTRY && value === FUSE, fuse);
}

/** An entry as it is to be: as it is, with what changes of it. */
function aimed(
  kind: "interfaces" | "mounts" | "devices",
  name: string,
  { changes, want, found }: Pen,
  is: object | undefined = found[kind][name],
): object | undefined {
  const wanted = want[kind]?.[name];
  if (wanted === undefined) return undefined;
  const value: Record<string, unknown> = { ...is };
  for (const [member, to] of membersOf(`${kind}.${name}`, ofKind(kind, changes), wanted)) value[member] = to;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

/** An interface as it is to be, or one that is to go. */
export interface NetAfter {
  readonly net: Net;
  readonly gone: boolean;
}

/** An interface of the file, or a new one with the next number. */
export function netsAfter(text: string, pen: Pen): NetAfter[] {
  const there = nets(entriesOf(text), pen.id);
  const taken = new Set(there.map(({ index }) => index));
  return entryNames("interfaces", ofKind("interfaces", pen.changes), pen.want.interfaces).flatMap(
    (name): NetAfter[] => {
      const old = there.find((net) => net.name === name);
      const value = aimed("interfaces", name, pen) as Interface | undefined;
      if (value === undefined) return old === undefined ? [] : [{ net: old, gone: true }];
      let index = old?.index ?? 0;
      if (old === undefined) while (taken.has(index)) index += 1;
      taken.add(index);
      const hwaddr = value.hwaddr ?? pen.draw(name);
      return [
        {
          net: { index, name, veth: old?.veth ?? vethOf(pen.id, index), interface: { ...value, hwaddr } },
          gone: false,
        },
      ];
    },
  );
}

function interfaces(text: string, pen: Pen): string {
  return netsAfter(text, pen).reduce((before, { net, gone }) => {
    const all = `lxc.net.${String(net.index)}.`;
    // What goes, goes with all that somebody added to it.
    return gone
      ? replaced(before, (entry) => entry.key.startsWith(all) || isOfNet(net)(entry), [])
      : replaced(before, isOfNet(net), netEntries(net));
  }, text);
}

function mounts(text: string, pen: Pen): string {
  const rootfs = rootfsOf(entriesOf(text));
  return entryNames("mounts", ofKind("mounts", pen.changes), pen.want.mounts).reduce((before, path) => {
    const value = aimed("mounts", path, pen) as Mount | undefined;
    const entries =
      value === undefined ? [] : [{ key: MOUNT_ENTRY, value: mountEntry(path, pen.source(path, value), value) }];
    return replaced(before, isAt("mount", path, rootfs), entries);
  }, text);
}

function isAt(is: "mount" | "device", path: string, rootfs: string): (entry: Entry) => boolean {
  return ({ key, value }) => {
    if (key !== MOUNT_ENTRY) return false;
    const one = mounted(value, rootfs);
    return one !== undefined && one.is === is && one.path === path;
  };
}

/** The devices that change, by their paths, each as it is to be; undefined: it goes. */
export function devicesAfter(pen: Pen): Map<string, Device | undefined> {
  const { gpus, want } = pen;
  const kept = new Set(Object.keys(want.devices ?? {}).flatMap((name) => nodesOf(gpus, name) ?? []));
  const names = entryNames("devices", ofKind("devices", pen.changes), want.devices);
  return new Map(
    names.flatMap((name) => {
      const nodes = nodesOf(gpus, name) ?? [];
      // What several GPUs share stays while one of them does.
      return nodes.flatMap((node): [string, Device | undefined][] => {
        const value = aimed("devices", name, pen, pen.found.devices[node]) as Device | undefined;
        return value !== undefined || !kept.has(node) ? [[node, value]] : [];
      });
    }),
  );
}

function devices(text: string, pen: Pen): string {
  const rootfs = rootfsOf(entriesOf(text));
  return [...devicesAfter(pen)].reduce((before, [path, value]) => {
    const entries = value === undefined ? [] : [{ key: MOUNT_ENTRY, value: deviceEntry(path, pen.id) }];
    return replaced(before, isAt("device", path, rootfs), entries);
  }, text);
}

/** Lines that were declared and no longer are go; those that are declared and not there are added. */
function raw(text: string, { live, want }: Pen): string {
  const all = entriesOf(text);
  const mine = rawLines(all, rootfsOf(all));
  const lineOf = ({ key, value }: Entry) => `${key}: ${value}`;
  const wanted = want.lxc ?? [];
  const gone = new Set((live?.lxc ?? []).filter((line) => !wanted.includes(line)));
  const kept = mine.filter((entry) => !gone.has(lineOf(entry)));
  const there = new Set(kept.map(lineOf));
  const added = wanted
    .filter((line) => !there.has(line))
    .map((line) => ({ key: line.slice(0, line.indexOf(":")), value: line.slice(line.indexOf(":") + 1).trim() }));
  return replaced(text, (entry) => mine.some((one) => one.key === entry.key && one.value === entry.value), [
    ...kept,
    ...added,
  ]);
}
