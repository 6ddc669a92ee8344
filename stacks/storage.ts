import { z } from "zod";
import { Arc, ArcSpec, Dataset, DatasetSpec, mountpoint, Pool, PoolSpec } from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";

export const StorageConfig = z.strictObject({
  /** ZFS pools (zfs:Pool) by name. */
  pools: named(PoolSpec, "name"),
  /** ZFS file systems and volumes (zfs:Dataset) by name. */
  datasets: named(DatasetSpec, "name"),
  /** Limits of ZFS's memory cache (zfs:Arc). Default: left alone. */
  arc: ArcSpec.optional(),
});
type StorageConfig = z.infer<typeof StorageConfig>;

/** Storage: the pools, the datasets in them, and how much memory their cache may take. */
export class Storage extends Area {
  /** By name. */
  readonly pools: ReadonlyMap<string, Pool>;

  constructor(config: StorageConfig, whole: Whole) {
    super("Storage", whole);
    this.pools = new Map(
      config.pools.map((spec) => {
        const provides = [`dataset ${spec.name}`, ...path(mountpoint(spec.name, config))] as const;
        return [
          spec.name,
          this.add(Pool, spec.name, spec, { ...this.guard, provides, needs: ["package zfsutils-linux"] }),
        ];
      }),
    );
    for (const spec of config.datasets) {
      const at = spec.type === "volume" ? undefined : mountpoint(spec.name, config);
      this.add(Dataset, spec.name, spec, {
        ...this.guard,
        provides: [`dataset ${spec.name}`, ...path(at)],
        needs: [`dataset ${above(spec.name)}`, ...path(at && above(at)), ...accounts(spec)],
        ...(spec.renamedFrom === undefined ? {} : { aliases: [{ name: spec.renamedFrom }] }),
      });
    }
    if (config.arc !== undefined) this.add(Arc, "arc", config.arc);
  }
}

function path(directory: string | undefined): Thing[] {
  return directory === undefined ? [] : [`path ${directory}`];
}

function above(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Whom a directory is to belong to; accounts that are numbers need not be there. */
export function accounts({ owner, group }: { owner?: unknown; group?: unknown }): Thing[] {
  return [
    ...(typeof owner === "string" ? [`user ${owner}` as const] : []),
    ...(typeof group === "string" ? [`group ${group}` as const] : []),
  ];
}
