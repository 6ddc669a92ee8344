/** Mount points of a container, as `pct set` and `pct create` are told them. */
import type { Change } from "../../kind.ts";
import { bytes } from "../zfs/values.ts";
import { entryNames, membersOf } from "./container.compare.ts";
import type { Mount } from "./container.parts.ts";
import type { State } from "./container.state.ts";
import { assign, printProperties } from "./pve.conf.ts";
import { indexed, mountPath } from "./pve.found.ts";
import type { Allocate, Assigned, Base, Value } from "./pve.set.ts";

/** By their paths in the container. */
function mountsIn(values: Base["values"]) {
  return new Map(indexed(values, "mp", "volume").map((one) => [mountPath(one.properties.get("mp") ?? ""), one]));
}

export function mounts({ values }: Base, want: State, changes: readonly Change[], free: Allocate): Assigned {
  const there = mountsIn(values);
  return entryNames("mounts", changes, want.mounts).flatMap((path): Assigned => {
    const found = there.get(path);
    const wanted = want.mounts?.[path];
    if (wanted === undefined) return found === undefined ? [] : [[found.key, undefined]];
    const members = membersOf(`mounts.${path}`, changes, wanted).filter(([member]) => !OF_DIRECTORY.has(member));
    const what = shown(wanted, found?.properties.get("volume"));
    const isNew = what !== found?.properties.get("volume");
    // A size that its file lost comes back when it is set: Proxmox VE looks at the volume.
    const unsized = wanted.size !== undefined && found?.properties.has("size") === false;
    if (found !== undefined && !isNew && !unsized && members.every(([member]) => MADE_BY.has(member))) return [];
    const kept = [...(found?.properties ?? [])].filter(([key]) => !isNew || !OF_VOLUME.has(key));
    const all = new Map([["volume", what], ["mp", path], ...kept.filter(([key]) => key !== "volume" && key !== "mp")]);
    for (const [member, value] of isNew ? Object.entries(wanted) : members)
      if (!OF_DIRECTORY.has(member) && !MADE_BY.has(member)) assign(all, member, value);
    return [[found?.key ?? free("mp"), printProperties(all, "volume")]];
  });
}

const OF_DIRECTORY = new Set(["uid", "gid", "mode"]);
const MADE_BY = new Set(["source", "volume", "storage", "size"]);
const OF_VOLUME = new Set(["size", "backup", "acl", "quota", "replicate", "mountoptions"]);

/** The first word of a mount point: a directory, a volume that there is, or how a new one is to be made. */
function shown({ source, volume, storage = "", size = "" }: Mount, is: Value): string {
  if (source !== undefined) return source;
  if (volume !== undefined) return volume;
  return is === undefined || is.startsWith("/") ? `${storage}:${inGib(size)}` : is;
}

/** Of a new volume, the size is a number of GiB. */
export function inGib(size: string): string {
  return String(Number(bytes(size) ?? 0n) / 2 ** 30);
}

export function grown({ values }: Base, changes: readonly Change[]): (readonly [string, string])[] {
  const there = mountsIn(values);
  return changes.flatMap(({ prop, from, to }) => {
    const [, path] = /^mounts\.(.*)\.size$/.exec(prop) ?? [];
    const found = path === undefined ? undefined : there.get(path);
    return found === undefined || from === undefined || typeof to !== "string" ? [] : [[found.key, gib(to)] as const];
  });
}

/** A size as pct takes it: it knows K, M, G and T. */
export function gib(size: string): string {
  const mib = (bytes(size) ?? 0n) / 2n ** 20n;
  return mib % 1024n === 0n ? `${String(mib / 1024n)}G` : `${String(mib)}M`;
}
