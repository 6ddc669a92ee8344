import { z } from "zod";
import { Arc, ArcSpec, Dataset, DatasetSpec, Pool, PoolSpec } from "../providers/index.ts";
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
  readonly pools: readonly Pool[];

  constructor({ pools, datasets, arc }: StorageConfig, whole: Whole) {
    super("Storage", whole);
    this.pools = pools.map((spec) =>
      this.add(Pool, spec.name, spec, { ...this.guard, provides: [`dataset ${spec.name}`, `path /${spec.name}`] }),
    );
    for (const spec of datasets)
      this.add(Dataset, spec.name, spec, {
        ...this.guard,
        provides: [`dataset ${spec.name}`, ...mounted(spec)],
        needs: [`dataset ${spec.name.slice(0, spec.name.lastIndexOf("/"))}`],
        ...(spec.renamedFrom === undefined ? {} : { aliases: [{ name: spec.renamedFrom }] }),
      });
    if (arc !== undefined) this.add(Arc, "arc", arc);
  }
}

/** Where a dataset is mounted. */
function mounted({ name, properties }: DatasetSpec): Thing[] {
  return [`path ${properties["mountpoint"] ?? `/${name}`}`];
}
