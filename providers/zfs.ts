import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ArcSpec } from "./kinds/zfs/arc.ts";
import type { DatasetSpec } from "./kinds/zfs/dataset.ts";
import type { PoolSpec } from "./kinds/zfs/pool.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type PoolArgs = Args<z.input<typeof PoolSpec>>;

/**
 * A ZFS pool: its vdevs, pool properties, and the properties of its root file system. Holds data.
 *
 * A pool of that name and layout that exists is adopted. Its disks are compared by what they are, whatever path the pool
 * shows. It grows in place: another leg of a mirror, another vdev, a disk for a disk, cache, log and spare.
 * @example
 * storage:
 *   pools:
 *     tank:
 *       vdevs:
 *         - type: mirror
 *           disks: [/dev/disk/by-id/ata-WDC_A1, /dev/disk/by-id/ata-WDC_B2]
 *       cache: [/dev/disk/by-id/nvme-Samsung_C3]
 *       properties: { autotrim: "on" }
 *       rootProperties: { compression: lz4, atime: "off" }
 * @refused Another layout than the pool has, naming the difference. Disks that carry anything, are in use, or are not
 * there. Another `ashift` than the vdevs have, and root properties that are settled when a pool is made. Any change of a
 * pool that is suspended, faulted or imported read-only.
 * @consent `wipe` names the disks that may be erased. `allowDestroy: true`, applied before, lets the pool be destroyed,
 * and only once nothing undeclared is left in it; `protect` has to be lifted too.
 * @runs To look: `zpool get`, `zpool status`, `zpool import` (which lists only), `lsblk`, `wipefs -n`, `zdb -l`, `zfs get`.
 * To change: `zpool create`, `zpool add`, `zpool attach`, `zpool replace`, `zpool remove`, `zpool set`, `zfs set`, `zfs inherit`,
 * `zpool destroy`; `wipefs -a` and `zpool labelclear` on the disks of `wipe`. Never with `-f` on a pool.
 */
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

/**
 * A ZFS file system or volume. Holds data.
 *
 * Values are compared as ZFS compares them: `1.4T`, `128K`, `on`, `none`. What should be mounted and is not, is mounted.
 * @example
 * storage:
 *   datasets:
 *     tank/media:
 *       properties: { recordsize: 1M, compression: zstd, quota: 2T }
 *       owner: media
 *       mode: "0775"
 *     tank/vm-disk:
 *       type: volume
 *       volsize: 32G
 *     tank/private:
 *       encryption: { secret: private }
 * @refused A change of what is settled when a dataset is made. A quota below the space that is used. A smaller volume. A
 * parent that is not there, or is a volume. A mount point that would hide files. A key that does not open the dataset.
 * @consent A dataset is destroyed only while it holds no data, snapshots, children or clones. `allowDestroy: true`,
 * applied before, lets its data and its own snapshots go; children and clones never. `protect` has to be lifted too.
 * @runs To look: `zfs get`, `zpool list`, `stat`, and for encrypted datasets `zfs load-key -n`. To change: `zfs create`,
 * `zfs set`, `zfs inherit`, `zfs rename`, `zfs mount`, `zfs load-key`, `zfs change-key`, `chown`, `chmod`, `zfs destroy`,
 * all that one dataset needs in one command. Never with `-r`, `-R` or `-f`. Whether a file system is empty is seen by a
 * `mount` of its own beside, that nobody else sees.
 */
export class Dataset extends HostResource {
  /** Where the file system is mounted, as ZFS has it; `none` or `legacy` where it is not ZFS that mounts it. */
  declare readonly mountpoint: pulumi.Output<string>;

  /** @param name the resource's name in the program; `args.name` is the dataset's */
  constructor(name: string, args: DatasetArgs, opts?: pulumi.CustomResourceOptions) {
    super("zfs:Dataset", name, args, ["mountpoint"], opts);
  }
}

export type ArcArgs = Args<z.input<typeof ArcSpec>>;

/**
 * The limits of ZFS's memory cache, now and after a reboot. There is one per host.
 * @example
 * storage:
 *   arc:
 *     max: 16G
 *     min: 4G
 * @refused A `max` that is not less than the machine's memory, or not above the lower limit: ZFS would ignore it. A
 * setting elsewhere in /etc/modprobe.d, or on the kernel's command line, that would win after a reboot.
 * @consent None: no data is involved. When it ends, the limits are what they would have been without it.
 * @runs To look: `cat` of the module's parameters and of what modprobe would set. To change: a drop-in file in
 * /etc/modprobe.d, the parameters in /sys/module/zfs, and `update-initramfs` where the initramfs loads ZFS.
 */
export class Arc extends HostResource {
  constructor(name: string, args: ArcArgs, opts?: pulumi.CustomResourceOptions) {
    super("zfs:Arc", name, args, [], opts);
  }
}
