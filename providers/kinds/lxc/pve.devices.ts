/** Devices of a container in its file: of those that several names share, one entry. */
import type { Change } from "../../kind.ts";
import { entryNames, membersOf } from "./container.compare.ts";
import type { Device } from "./container.parts.ts";
import type { State } from "./container.state.ts";
import { assign, printProperties } from "./pve.conf.ts";
import { indexed } from "./pve.found.ts";
import type { Allocate, Assigned, Base, Nodes } from "./pve.set.ts";

export function devices(
  base: Base,
  live: State | undefined,
  want: State,
  changes: readonly Change[],
  free: Allocate,
  nodes: Nodes,
): Assigned {
  const there = new Map(indexed(base.values, "dev", "path").map((one) => [one.properties.get("path") ?? "", one]));
  const named = (devices: Readonly<Record<string, Device>> | undefined) =>
    new Set(Object.keys(devices ?? {}).flatMap((name) => nodes(name)));
  const [before, after] = [named(live?.devices), named(want.devices)];
  const gone = [...before].flatMap((path) => (after.has(path) ? [] : (there.get(path)?.key ?? [])));
  const done = new Set<string>();
  const changed = entryNames("devices", changes, want.devices).flatMap((name): Assigned => {
    const wanted = want.devices?.[name];
    if (wanted === undefined) return [];
    return nodes(name).flatMap((path): Assigned => {
      if (done.has(path)) return [];
      done.add(path);
      const found = there.get(path);
      const all = new Map([["path", path], ...(found?.properties ?? [])]);
      const members = found === undefined ? Object.entries(wanted) : membersOf(`devices.${name}`, changes, wanted);
      for (const [member, value] of members) assign(all, member, value);
      const text = printProperties(all, "path");
      return text === base.values.get(found?.key ?? "") ? [] : [[found?.key ?? free("dev"), text]];
    });
  });
  return [...gone.map((key) => [key, undefined] as const), ...changed];
}
