/** The block devices of a host: what a path leads to, what a device carries, and whether it is in use. */
import { z } from "zod";

/** A block device as lsblk shows it, with what is made of it below. */
export interface Device {
  /** The kernel's name: `vda1`. */
  readonly kname: string;
  /** `disk`, `part`, `crypt`, `lvm`, `raid1`, … */
  readonly type: string;
  readonly fstype: string;
  readonly parttype: string;
  /** Of a ZFS member the pool's GUID. */
  readonly uuid: string;
  /** Of a ZFS member the pool's name. */
  readonly label: string;
  readonly mountpoints: readonly string[];
  readonly children: readonly Device[];
  /** The device that a partition is on. */
  readonly parent?: string;
}

export interface Devices {
  readonly byKname: ReadonlyMap<string, Device>;
  /** From a link below /dev/disk or /dev/mapper to a kernel name. */
  readonly links: ReadonlyMap<string, string>;
}

/** What ZFS's own label says (`zdb -l`). */
export interface Label {
  readonly pool: string;
  readonly poolGuid: string;
  /** 0 active, 1 exported, 2 destroyed, 3 spare, 4 cache (pool_state_t in sys/fs/zfs.h). */
  readonly state: string;
  /** 0 on a disk that ZFS has released, or whose pool was never finished. */
  readonly txg: string;
  readonly hostname: string;
}

// The two partitions that ZFS makes on a whole disk (zpool_label_disk in lib/libzfs/os/linux/libzfs_pool_os.c).
const ZFS_DATA = "6a898cc3-1dd2-11b2-99a6-080020736631";
const ZFS_RESERVED = "6a945a3b-1dd2-11b2-99a6-080020736631";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const Row: z.ZodType<Omit<Device, "parent">> = z.object({
  kname: z.string(),
  type: text,
  fstype: text,
  parttype: text,
  uuid: text,
  label: text,
  mountpoints: z.array(z.string().nullable()).transform((all) => all.filter((one) => one !== null)),
  children: z.lazy(() => z.array(Row)).default([]),
});
const Lsblk = z.object({ blockdevices: z.array(Row) });

/** From `lsblk -J` and lines of `link TAB target`. */
export function parseDevices(lsblk: string, links: string): Devices {
  const byKname = new Map<string, Device>();
  const add = (device: Device, parent?: Device) => {
    const on = parent !== undefined && device.type === "part" ? { parent: parent.kname } : {};
    byKname.set(device.kname, { ...device, ...on });
    for (const child of device.children) add(child, device);
  };
  if (lsblk.trim() !== "") for (const device of Lsblk.parse(JSON.parse(lsblk)).blockdevices) add(device);
  const pairs = links.split("\n").map((line) => line.split("\t"));
  return { byKname, links: new Map(pairs.map(([link = "", target = ""]) => [link, target.replace(/^.*\//, "")])) };
}

/** The device behind a path, the whole disk where ZFS has the whole disk. */
export function resolve({ byKname, links }: Devices, path: string): Device | undefined {
  const device = byKname.get(links.get(path) ?? path.replace(/^\/dev\//, ""));
  const disk = device?.parent === undefined ? undefined : byKname.get(device.parent);
  return disk !== undefined && device?.parttype === ZFS_DATA && isZfsDisk(disk) ? disk : device;
}

/** Whether the disk's partitions are those that ZFS makes on a whole disk, and no others. */
export function isZfsDisk(disk: Device): boolean {
  const types = disk.children.filter(({ type }) => type === "part").map(({ parttype }) => parttype);
  return types.length === 2 && types.includes(ZFS_DATA) && types.includes(ZFS_RESERVED);
}

/** Paths below /dev/disk/by-id that lead to whole disks or partitions. */
export function byIdPaths({ links }: Devices): string[] {
  return [...links.keys()].filter((link) => link.startsWith("/dev/disk/by-id/")).sort();
}

/** A by-id path of the device, if it has one. */
export function byIdPath(devices: Devices, device: Device): string | undefined {
  return byIdPaths(devices).find((link) => devices.links.get(link) === device.kname);
}

/** The device and everything on it. */
export function family(device: Device): readonly Device[] {
  return [device, ...device.children.flatMap(family)];
}

/** How a device is in use, in words, as far as the kernel's device tree tells. */
export function uses(device: Device): string[] {
  return family(device).flatMap((one) => [
    ...one.mountpoints.map((at) =>
      at === "[SWAP]" ? `/dev/${one.kname} is used as swap` : `/dev/${one.kname} is mounted at ${at}`,
    ),
    ...one.children.filter(({ type }) => type !== "part").map((on) => `/dev/${one.kname} is part of ${named(on)}`),
  ]);
}

function named({ type, kname }: Device): string {
  return `/dev/${kname} (${type})`;
}

/** The device behind a path as an erasing script takes it: the whole disk where ZFS had the whole disk. */
export function erasable(devices: Devices, path: string | undefined): string[] {
  const device = path === undefined ? undefined : resolve(devices, path);
  return device === undefined ? [] : [`/dev/${device.kname}`];
}
