/** Pools and datasets. */
import type { StackConfig } from "../config.ts";
import { mountpoint } from "../../providers/index.ts";
import { type Breach, type Rule, twins } from "./breach.ts";

export const STORAGE: readonly Rule[] = [diskOfTwoPools, renamedFromAnother, belowVolume, mountedOverAnother];

/** Hot spares are left out: one may serve several pools. */
function diskOfTwoPools({ storage }: StackConfig): Breach[] {
  const disks = storage.pools.flatMap(({ name, cache = [], ...pool }) => {
    const roles = { vdevs: pool.vdevs, special: pool.special, dedup: pool.dedup, log: pool.log };
    const at = (path: (string | number)[]) => (disk: string, i: number) => ({ disk, name, path: [...path, i] });
    return [
      ...Object.entries(roles).flatMap(([role, vdevs = []]) =>
        vdevs.flatMap((vdev, i) => vdev.disks.map(at(["storage", "pools", name, role, i, "disks"]))),
      ),
      ...cache.map(at(["storage", "pools", name, "cache"])),
    ];
  });
  return twins(disks, ({ disk }) => disk).flatMap(([first, { name, path }]) =>
    first.name === name ? [] : [{ path, message: `must not be a disk of pool ${first.name} too` }],
  );
}

function renamedFromAnother({ storage: { datasets } }: StackConfig): Breach[] {
  const declared = new Set(datasets.map(({ name }) => name));
  const renamed = datasets.filter(({ renamedFrom }) => renamedFrom !== undefined);
  const at = (name: string) => ["storage", "datasets", name, "renamedFrom"];
  return [
    ...renamed.flatMap(({ name, renamedFrom = "" }) =>
      declared.has(renamedFrom) ? [{ path: at(name), message: "must not be declared itself" }] : [],
    ),
    ...twins(renamed, ({ renamedFrom }) => renamedFrom).map(([first, { name }]) => ({
      path: at(name),
      message: `must not be what ${first.name} was renamed from too`,
    })),
  ];
}

function belowVolume({ storage: { datasets } }: StackConfig): Breach[] {
  const volumes = datasets.filter(({ type }) => type === "volume");
  return datasets.flatMap(({ name }) => {
    const above = volumes.find((volume) => name.startsWith(`${volume.name}/`));
    const message = `must not be below ${above?.name ?? ""}: a volume has no children`;
    return above === undefined ? [] : [{ path: ["storage", "datasets", name], message }];
  });
}

function mountedOverAnother({ storage }: StackConfig): Breach[] {
  const mounted = storage.datasets.flatMap(({ name, type, properties }) => {
    const path = type === "volume" || "canmount" in properties ? undefined : mountpoint(name, storage);
    return path === undefined ? [] : [{ name, path }];
  });
  return twins(mounted, ({ path }) => path).map(([first, { name, path }]) => ({
    path: ["storage", "datasets", name],
    message: `must not be mounted at ${path} as well as ${first.name}`,
  }));
}
