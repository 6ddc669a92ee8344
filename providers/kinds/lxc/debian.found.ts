/** A container of a plain Debian host, in the words of the spec. Pure. */
import { nice } from "../zfs/values.ts";
import { idsIn, idsOf, seenInside } from "./container.bind.ts";
import type { Device, Mount } from "./container.parts.ts";
import type { Facts, Found } from "./container.state.ts";
import { entriesOf, valueOf, valuesOf, type Entry } from "./debian.conf.ts";
import type { Dataset, DebianFacts } from "./debian.facts.ts";
import { asIs } from "./debian.guest.ts";
import { rootOf } from "./debian.groups.ts";
import { simpleMemberOf, simpleMembers } from "./debian.members.ts";
import { device, mounted, MOUNT_ENTRY, nodeOf, type Mounted } from "./debian.mounts.ts";
import { isNetEntry, nets } from "./debian.net.ts";
import { now, waiting } from "./debian.waiting.ts";

export function found(on: DebianFacts, id: number, { directories }: Pick<Facts, "directories">): Found | undefined {
  const text = on.configs.get(String(id));
  if (text === undefined) return undefined;
  const entries = entriesOf(text);
  const simple = simpleMembers(entries);
  const root = rootOf(entries);
  const rootfs = rootfsOf(entries);
  const dataset = datasetAt(on, rootfs);
  const all = mountsOf(entries);
  const ids = idsOf({ unprivileged: root.unprivileged, idmap: simple.idmap });
  const inside = insideOf(on, rootfs);
  const restartPending = waiting(on, entries, id, rootfs);
  const shown = new Set(all.flatMap((one) => (one.is === "mount" ? [`mounts.${one.path}`] : [])));
  return {
    ...simple,
    ...root,
    ...inside,
    ...(simple.ostype === undefined ? {} : { ostype: simple.ostype }),
    ...(dataset === undefined ? {} : { storage: above(dataset.name) }),
    ...(dataset === undefined || dataset.refquota === 0n ? {} : { size: nice(dataset.refquota) }),
    running: on.running.has(String(id)),
    template: valueOf(entries, "#template") === "1",
    features: { ...simple.features, fuse: all.some(({ is }) => is === "fuse") },
    interfaces: Object.fromEntries(
      nets(entries, id).map(({ name, interface: one }) => [
        name,
        asIs(name, one, on.guests.get(rootfs), simple.ostype ?? inside.ostype),
      ]),
    ),
    mounts: Object.fromEntries(
      all.flatMap((one) => {
        if (one.is !== "mount") return [];
        const volume = volumeOf(on, one.mount.source);
        if (volume !== undefined) return [[one.path, volumeMount(one.mount, volume)] as const];
        return [
          [
            one.path,
            { ...one.mount, ...seenInside(directories.get(one.mount.source), idsIn(one.mount, ids)) },
          ] as const,
        ];
      }),
    ),
    devices: devicesOf(on, all, id, root),
    lxc: rawLines(entries, rootfs).map(({ key, value }) => `${key}: ${value}`),
    now: now(on, entries, id),
    restartPending,
    used: restartPending.filter((name) => name.startsWith("mounts.") && !shown.has(name)),
    ...cloned(on, dataset),
    snapshots: [...(on.snapshots.get(rootfs) ?? [])],
  };
}

/** The path of the root file system. */
export function rootfsOf(entries: readonly Entry[]): string {
  return (valueOf(entries, "lxc.rootfs.path") ?? "").replace(/^dir:/, "").replace(/\/+$/, "");
}

export function datasetAt(on: DebianFacts, path: string): Dataset | undefined {
  return [...on.datasets.values()].find(({ mountpoint }) => mountpoint === path);
}

/** The dataset that a mount's source is, where that is a volume: one of the names that volumes get. */
export function volumeOf(on: DebianFacts, source: string): Dataset | undefined {
  const dataset = datasetAt(on, source);
  return dataset !== undefined && /\/subvol-\d+-disk-\d+$/.test(dataset.name) ? dataset : undefined;
}

function volumeMount(mount: Mount, { name, refquota }: Dataset): Mount {
  const options = Object.fromEntries(Object.entries(mount).filter(([key]) => key !== "source"));
  return { ...options, volume: name, storage: above(name), ...(refquota === 0n ? {} : { size: nice(refquota) }) };
}

export function mountsOf(entries: readonly Entry[]): Mounted[] {
  const rootfs = rootfsOf(entries);
  return valuesOf(entries, MOUNT_ENTRY).flatMap((value) => mounted(value, rootfs) ?? []);
}

function devicesOf(
  { nodes }: DebianFacts,
  all: readonly Mounted[],
  id: number,
  root: Pick<Found, "rootUid" | "rootGid">,
): Record<string, Device> {
  return Object.fromEntries(
    all.flatMap((one) => {
      if (one.is !== "device") return [];
      if (one.source !== nodeOf(one.path, id)) return [[one.path, {}] as const];
      const [own, hosts] = [nodes.get(one.source), nodes.get(one.path)];
      // Numbers are given anew at a boot: then it is another device, or none.
      if (own === undefined || (hosts !== undefined && own.number !== hosts.number)) return [];
      return [[one.path, device(own, { uid: root.rootUid, gid: root.rootGid })] as const];
    }),
  );
}

/** Lines that are of no other member. */
export function rawLines(entries: readonly Entry[], rootfs: string): Entry[] {
  return entries.filter(
    (entry) =>
      !entry.key.startsWith("#") &&
      entry.key !== "lxc.rootfs.path" &&
      !isNetEntry(entry) &&
      simpleMemberOf(entry) === undefined &&
      !(entry.key === MOUNT_ENTRY && mounted(entry.value, rootfs) !== undefined),
  );
}

function cloned({ configs }: DebianFacts, dataset: Dataset | undefined): Pick<Found, "clonedFrom"> {
  const source = /\/subvol-(\d+)-disk-\d+@/.exec(dataset?.origin ?? "")?.[1];
  return source !== undefined && configs.has(source) ? { clonedFrom: Number(source) } : {};
}

function insideOf({ inside }: DebianFacts, rootfs: string): Pick<Found, "nameserver" | "searchdomain" | "ostype"> {
  const lines = inside.get(rootfs) ?? [];
  const words = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? line.trim().split(/\s+/).slice(1) : []));
  const [nameserver, searchdomain] = [words("nameserver"), words("search")];
  const ostype = lines
    .find((line) => line.startsWith("ID="))
    ?.slice(3)
    .replaceAll('"', "");
  return {
    ...(nameserver.length === 0 ? {} : { nameserver }),
    ...(searchdomain.length === 0 ? {} : { searchdomain }),
    ...(ostype === undefined ? {} : { ostype: OSTYPES.has(ostype) ? ostype : "unmanaged" }),
  };
}

const OSTYPES = new Set("debian devuan ubuntu centos fedora opensuse archlinux alpine gentoo nixos".split(" "));

export function above(dataset: string): string {
  return dataset.slice(0, dataset.lastIndexOf("/"));
}
