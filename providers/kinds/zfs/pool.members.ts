/** The disks of a live pool by identity: which of them are the declared ones, whatever path the pool shows. */
import { byIdPath, resolve, type Device, type Devices } from "./pool.disks.ts";
import { DISK_ROLES, disksOf, VDEV_ROLES, type PoolSpec, type Role } from "./pool.spec.ts";
import { disksOfVdev, leaves, vdevType, type Node, type Status } from "./pool.status.ts";

/** One place of a vdev and the disk that has it. */
export interface Place {
  readonly node: Node;
  /** The declared path where it is a declared disk; else the best name it has. */
  readonly disk: string;
  readonly device?: Device;
}

export interface LiveVdev {
  readonly role: Role;
  readonly node: Node;
  /** `disk`, `mirror`, `raidz1`, … */
  readonly type: string;
  readonly places: readonly Place[];
}

/** A vdev as it is declared, each disk of a stripe for itself. */
export interface Top {
  readonly type: string;
  readonly disks: readonly string[];
}

const CLASS_OF = {
  vdevs: "data",
  special: "special",
  dedup: "dedup",
  log: "log",
  cache: "cache",
  spare: "spare",
} as const;
export const ROLES = [...VDEV_ROLES, ...DISK_ROLES] as const;

/** The declared vdevs of a role. */
export function tops(spec: Pick<PoolSpec, Role>, role: Role): Top[] {
  if (role === "cache" || role === "spare") return (spec[role] ?? []).map((disk) => ({ type: "disk", disks: [disk] }));
  return (spec[role] ?? []).flatMap(({ type, disks }) =>
    type === "stripe" ? disks.map((disk) => ({ type: "disk", disks: [disk] })) : [{ type, disks }],
  );
}

/**
 * The vdevs of a live pool with their disks named as `want` declares them. A disk that is gone is known by the path
 * that the pool recorded, else by elimination: it is the declared disk of the same vdev that is gone too.
 */
export function liveVdevs(
  devices: Devices,
  { classes, ...status }: Status,
  guid: string,
  want: PoolSpec,
  was?: PoolSpec,
): LiveVdev[] {
  const known = declaredNames(devices, [want, ...(was === undefined ? [] : [was])].flatMap(disksOf));
  const found = ROLES.flatMap((role) =>
    classes[CLASS_OF[role]].map((node) => ({
      role,
      node,
      type: vdevType(node),
      places: disksOfVdev(node).map((one) => {
        const device = deviceOf(devices, one, guid || status.id);
        return { node: one, device, declared: known(one, device) };
      }),
    })),
  );
  const taken = new Set(found.flatMap(({ places }) => places.map(({ declared }) => declared)));
  const before = was === undefined ? undefined : new Set(disksOf(was));
  // A disk that is declared only now is meant to be another one, and not the one that is gone.
  const gone = (disk: string) =>
    !taken.has(disk) && resolve(devices, disk) === undefined && before?.has(disk) !== false;
  return found.map((vdev) => {
    const free = standIns(vdev, tops(want, vdev.role)).filter(gone);
    const places = vdev.places.map(({ node, device, declared }): Place => {
      const disk =
        declared ?? (device === undefined ? claim(free, taken) : undefined) ?? bestName(devices, node, device);
      return { node, disk, ...(device && { device }) };
    });
    return { ...vdev, places };
  });
}

/** The path that a member has, or had before it was gone. Undefined where only its GUID is known. */
export function pathOf({ name, remark }: Node): string | undefined {
  return / ?was (\/\S+)/.exec(remark)?.[1] ?? (name.startsWith("/") ? name : undefined);
}

/** Every device that pools use, by kernel name, with the pool's name. */
export function devicesInUse(devices: Devices, pools: Iterable<{ readonly name: string; readonly status: Status }>) {
  const used = new Map<string, string>();
  for (const { name, status } of pools)
    for (const node of Object.values(status.classes).flat().flatMap(leaves)) {
      const path = pathOf(node);
      const raw = path === undefined ? undefined : rawDevice(devices, path);
      if (path !== undefined && raw !== undefined && !isMissing(node)) {
        used.set(raw.kname, name);
        used.set(resolve(devices, path)?.kname ?? raw.kname, name);
      }
    }
  return used;
}

/** Whether ZFS cannot reach the disk. */
export function isMissing({ state }: Node): boolean {
  return state === "UNAVAIL" || state === "REMOVED";
}

/** The device a path leads to, a partition where it is one. */
export function rawDevice({ byKname, links }: Devices, path: string): Device | undefined {
  return byKname.get(links.get(path) ?? path.replace(/^\/dev\//, ""));
}

function declaredNames(devices: Devices, declared: readonly string[]) {
  const byDevice = new Map<string, string>();
  for (const disk of declared) {
    const device = resolve(devices, disk);
    if (device !== undefined && !byDevice.has(device.kname)) byDevice.set(device.kname, disk);
  }
  const paths = new Set(declared);
  return (node: Node, device: Device | undefined): string | undefined => {
    if (device !== undefined) return byDevice.get(device.kname);
    const path = pathOf(node) ?? "";
    return [path, wholeDiskPath(path)].find((one) => paths.has(one));
  };
}

/**
 * The device of a member. Names like /dev/sdb may be another disk's by now when ZFS does not have the disk open: then
 * the device must carry the pool's label.
 */
function deviceOf(devices: Devices, node: Node, guid: string): Device | undefined {
  const path = pathOf(node);
  if (path === undefined) return undefined;
  const open = !isMissing(node) && node.state !== "FAULTED" && node.state !== "OFFLINE";
  const lasting = open || path.startsWith("/dev/disk/by-id/");
  return lasting || rawDevice(devices, path)?.uuid === guid ? resolve(devices, path) : undefined;
}

/** The disks that a missing one of this vdev could be. */
function standIns(
  vdev: Omit<LiveVdev, "places"> & { places: readonly { declared: string | undefined }[] },
  declared: readonly Top[],
): string[] {
  const known = new Set(vdev.places.map((place) => place.declared));
  const alone = vdev.places.length === 1;
  return declared
    .filter(({ disks }) => (alone ? disks.length === 1 : disks.some((disk) => known.has(disk))))
    .flatMap(({ disks }) => disks);
}

function claim(free: readonly string[], taken: Set<string | undefined>): string | undefined {
  const disk = free.find((one) => !taken.has(one));
  if (disk !== undefined) taken.add(disk);
  return disk;
}

function bestName(devices: Devices, node: Node, device: Device | undefined): string {
  const path = pathOf(node) ?? node.name;
  if (device === undefined) return wholeDiskPath(path);
  const shown = [path, wholeDiskPath(path)].find((one) => devices.links.get(one) === device.kname);
  return (shown?.startsWith("/dev/disk/by-id/") === true ? shown : byIdPath(devices, device)) ?? path;
}

/** Without the partition that ZFS puts behind the path of a whole disk. */
function wholeDiskPath(path: string): string {
  return path.startsWith("/dev/disk/") ? path.replace(/-part1$/, "") : path;
}
