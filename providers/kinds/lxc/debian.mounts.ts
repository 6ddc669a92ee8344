/** What stands in `lxc.mount.entry`: mount points, devices, and FUSE. Pure. */
import type { Device, Mount } from "./container.parts.ts";

export const MOUNT_ENTRY = "lxc.mount.entry";

/** The line of `features.fuse`. */
export const FUSE = "/dev/fuse dev/fuse none bind,create=file,optional 0 0";

const IDMAP = "idmap=container";
const OPTIONS = ["lazytime", "noatime", "nodev", "noexec", "nosuid"] as const;
type Option = (typeof OPTIONS)[number];

/** What is mounted where, as far as it is a folder or a device of the host. */
export type Mounted =
  | { readonly is: "mount"; readonly path: string; readonly mount: Mount & { readonly source: string } }
  | { readonly is: "device"; readonly path: string; readonly source: string }
  | { readonly is: "fuse" };

/** Reads a line of fstab(5)'s form; undefined: of something else. */
export function mounted(value: string, rootfs: string): Mounted | undefined {
  if (value === FUSE) return { is: "fuse" };
  const [source = "", target = "", type = "", options = ""] = value.split(/\s+/);
  const set = options.split(",");
  if (!source.startsWith("/") || type !== "none" || !(set.includes("bind") || set.includes("rbind"))) return undefined;
  const path = inContainer(target, rootfs);
  if (path.startsWith("/dev/")) return { is: "device", path, source };
  if (set.includes("create=file")) return undefined;
  const mountoptions = OPTIONS.filter((option) => set.includes(option));
  return {
    is: "mount",
    path,
    mount: {
      source,
      ...(set.includes("ro") ? { ro: true } : {}),
      ...(mountoptions.length === 0 ? {} : { mountoptions }),
      ...(set.includes(IDMAP) ? { idmap: "container" as const } : {}),
    },
  };
}

function inContainer(target: string, rootfs: string): string {
  const below = target.startsWith(`${rootfs}/`) ? target.slice(rootfs.length) : target;
  return `/${below.replace(/^\/+|\/+$/g, "")}`;
}

/** `source`: the folder on the host, of a volume too. */
export function mountEntry(path: string, source: string, { ro, mountoptions = [], idmap }: Mount): string {
  const mapped = idmap === undefined ? [] : [IDMAP];
  const options = ["bind", "create=dir", ...(ro === true ? ["ro"] : []), ...mountoptions, ...mapped];
  return `${source} ${path.slice(1)} none ${options.join(",")} 0 0`;
}

export function deviceEntry(path: string, id: number): string {
  return `${nodeOf(path, id)} ${path.slice(1)} none bind,create=file 0 0`;
}

/** The container's own node of a device, which has an owner and a mode of its own. */
export function nodeOf(path: string, id: number): string {
  return `/var/lib/lxc/${String(id)}/devices${path}`;
}

export function canMount(options: readonly string[]): options is Option[] {
  return options.every((option) => (OPTIONS as readonly string[]).includes(option));
}

/** A device node as `stat -c '%F|%u|%g|%a|%Hr:%Lr|%n'` tells of it. */
export interface Node {
  /** `c 10:229` */
  readonly number: string;
  readonly uid: number;
  readonly gid: number;
  /** Octal. */
  readonly mode: string;
}

/** A device as the container has it: its own node, where that is of the same device as the host's. */
export function device(node: Node | undefined, root: { readonly uid: number; readonly gid: number }): Device {
  if (node === undefined) return {};
  return { uid: node.uid - root.uid, gid: node.gid - root.gid, mode: node.mode.padStart(4, "0") };
}
