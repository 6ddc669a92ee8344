import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ArcSpec } from "./kinds/zfs/arc.ts";
import type { DatasetSpec } from "./kinds/zfs/dataset.ts";
import type { PoolSpec } from "./kinds/zfs/pool.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type PoolArgs = Args<z.input<typeof PoolSpec>>;

/** A ZFS pool: its vdevs, pool properties, and the properties of its root file system. Holds data. */
export class Pool extends HostResource {
  /** `ONLINE`, `DEGRADED`, `FAULTED`, `SUSPENDED` …, as `zpool list` says. */
  declare readonly health: pulumi.Output<string>;
  /** Size as `zpool list` prints it. */
  declare readonly size: pulumi.Output<string>;
  /** Space in use at the last look, to a hundredth of the size: it would change with every write. */
  declare readonly allocated: pulumi.Output<string>;
  /** What is wrong with the pool, or `none`. */
  declare readonly errors: pulumi.Output<string>;
  /** ZFS's own number for the pool. */
  declare readonly guid: pulumi.Output<string>;

  /** @param name the resource's name in the program; `args.name` is the pool's */
  constructor(name: string, args: PoolArgs, opts?: pulumi.CustomResourceOptions) {
    super("zfs:Pool", name, args, ["health", "size", "allocated", "errors", "guid"], opts);
  }
}

export type DatasetArgs = Args<z.input<typeof DatasetSpec>>;

/** A ZFS file system or volume. Holds data. */
export class Dataset extends HostResource {
  /** Where the file system is mounted, as ZFS has it; `none` or `legacy` where it is not ZFS that mounts it. */
  declare readonly mountpoint: pulumi.Output<string>;

  /** @param name the resource's name in the program; `args.name` is the dataset's */
  constructor(name: string, args: DatasetArgs, opts?: pulumi.CustomResourceOptions) {
    super("zfs:Dataset", name, args, ["mountpoint"], opts);
  }
}

export type ArcArgs = Args<z.input<typeof ArcSpec>>;

/** The limits of ZFS's memory cache, now and after a reboot. There is one per host. */
export class Arc extends HostResource {
  constructor(name: string, args: ArcArgs, opts?: pulumi.CustomResourceOptions) {
    super("zfs:Arc", name, args, [], opts);
  }
}
