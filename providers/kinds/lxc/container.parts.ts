/** The parts of a container that it may have several of: interfaces, mounts, devices, id maps. */
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { bytes } from "../zfs/values.ts";

export const flag = z.boolean("must be true or false");

/** A record whose entries may be written without anything behind the colon. */
export function entries<Key extends z.ZodType<string, string>, Entry extends z.ZodObject>(key: Key, entry: Entry) {
  return z.record(
    key,
    entry.nullable().transform((value): z.infer<Entry> => value ?? ({} as z.infer<Entry>)),
  );
}

export const size = z.string("must be a size such as 8G").refine((text) => {
  const number = bytes(text);
  return number !== undefined && number > 0n && number % (1024n * 1024n) === 0n;
}, "must be a size in whole MiB, such as 8G or 512M");

/** The id of a container: what Proxmox VE calls VMID. */
export const containerId = z
  .union([z.int(), z.string().regex(/^[1-9]\d*$/)], "must be a number, such as 101")
  .transform(Number)
  .pipe(z.int().min(100, "must be at least 100").max(999_999_999, "must be at most 999999999"));

const cidr = (text: string, is: (address: string) => boolean, most: number) => {
  const [address = "", prefix = "", ...more] = text.split("/");
  return more.length === 0 && is(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= most;
};
const ip4 = z.string().refine((text) => ["dhcp", "manual"].includes(text) || cidr(text, isIPv4, 32), {
  error: "must be an address with its prefix, such as 10.0.0.5/24, or dhcp, or manual",
});
const ip6 = z.string().refine((text) => ["dhcp", "auto", "manual"].includes(text) || cidr(text, isIPv6, 128), {
  error: "must be an address with its prefix, such as fd00::5/64, or auto, dhcp or manual",
});

export const interfaceName = z
  .string()
  .regex(/^[A-Za-z_][\w.-]{0,14}$/, "must be a name of at most 15 letters, digits and `. _ -`, such as eth0");

export const Interface = z.strictObject({
  /** The host's bridge that it is attached to. */
  bridge: z.string().regex(/^[-_.\w]{1,15}$/, "must be the name of a bridge, such as vmbr0"),
  /** IPv4: an address with its prefix, `dhcp`, or `manual` (the container sees to it). Default: left alone. */
  ip: ip4.optional(),
  /** IPv4 gateway. Default: left alone. */
  gw: z.string().refine(isIPv4, "must be an IPv4 address").optional(),
  /** IPv6: an address with its prefix, `auto` (SLAAC), `dhcp` or `manual`. Default: left alone. */
  ip6: ip6.optional(),
  /** IPv6 gateway. Default: left alone. */
  gw6: z.string().refine(isIPv6, "must be an IPv6 address").optional(),
  /** MAC address. Default: drawn once, and kept through every change. */
  hwaddr: z
    .string()
    .regex(/^[0-9a-f]([02468ace])(:[0-9a-f]{2}){5}$/i, "must be a unicast MAC address, such as BC:24:11:00:00:01")
    .optional(),
  /** VLAN of the interface, 1 to 4094. Default: left alone. */
  tag: z.int().min(1).max(4094).optional(),
  /** VLANs that are passed through. Default: left alone. */
  trunks: z.array(z.int().min(1).max(4094)).min(1).optional(),
  /** Largest packet, in bytes; at most that of the bridge. Default: left alone. */
  mtu: z.int().min(64).max(65535).optional(),
  /** Most MB per second. Default: left alone. */
  rate: z.number().positive().optional(),
  /** Whether the container's firewall rules apply to it. Default: left alone. */
  firewall: flag.optional(),
  /** Whether it is disconnected, as if the plug was pulled. Default: left alone. */
  link_down: flag.optional(),
});
export type Interface = z.infer<typeof Interface>;

const mountOptions = z.array(z.enum(["discard", "lazytime", "noatime", "nodev", "noexec", "nosuid"])).min(1);

/** How a container of Proxmox VE has its root file system; each that is not named is left alone. */
export const Rootfs = z.strictObject({
  /** Whether it is read-only. */
  ro: flag.optional(),
  /** Whether POSIX ACLs are on. */
  acl: flag.optional(),
  /** Whether disk quotas are on; not for ZFS and unprivileged containers. */
  quota: flag.optional(),
  /** Whether it is part of a storage replication job. */
  replicate: flag.optional(),
  /** Whether all nodes of the cluster have it. */
  shared: flag.optional(),
  /** Mount options: discard, lazytime, noatime, nodev, noexec, nosuid. */
  mountoptions: mountOptions.optional(),
});

const path = /^\/(?!.*(?:\/\.{1,2}(?:\/|$)|\/\/))[^\s,;()]+[^\s,;()/]$|^\/[^\s,;()./]$/;

/** The path of a mount point in the container. */
export const mountPath = z
  .string()
  .regex(path, "must be a path in the container without blanks, commas, `//` and `..`, such as /data");

/** A number in the container; on the host it is what the container's id map makes of it. */
const inside = z.int("must be a number, as the container sees it").min(0).max(65535);

export const Mount = z.strictObject({
  /** Bind mount: the host's directory. It is made when it is not there; its parent must be. */
  source: z.string().regex(path, "must be an absolute path on the host without blanks and commas").optional(),
  /**
   * Volume: the storage that a new one is allocated in, by its ID on Proxmox VE; elsewhere the dataset below which it is
   * made, such as tank/guests. Settled when the mount is made.
   */
  storage: z.string().min(1).optional(),
  /** Volume: its size, such as `50G`. It grows in place; making it smaller is refused. */
  size: size.optional(),
  /** Volume: one that is there already, such as `tank:subvol-101-disk-1`. Default: a new one when the mount is made. */
  volume: z
    .string()
    .regex(/^[^\s,:]+(:[^\s,]+)?$/, "must be a volume, such as tank:subvol-101-disk-1")
    .optional(),
  /** Whether it is read-only. Default: left alone, and false when it is made; so are the other switches. */
  ro: flag.optional(),
  /** Volume: whether backups of the container have it too. */
  backup: flag.optional(),
  /** Volume: whether POSIX ACLs are on. */
  acl: flag.optional(),
  /** Volume: whether disk quotas are on; not for ZFS and unprivileged containers. */
  quota: flag.optional(),
  /** Volume: whether it is part of a storage replication job. */
  replicate: flag.optional(),
  /** Whether all nodes of the cluster have it. */
  shared: flag.optional(),
  /** Volume: mount options: discard, lazytime, noatime, nodev, noexec, nosuid. Default: left alone. */
  mountoptions: mountOptions.optional(),
  /**
   * `container`: owners are the same numbers on the host as in the container, not what its id map makes of them; what its
   * root makes there is the host's root's. Of an unprivileged container, without Proxmox VE. Default: left alone.
   */
  idmap: z.enum(["container"], "must be container").optional(),
  /** Bind mount: owner of the directory itself, as the container sees it; never of what is in it. Default: left alone. */
  uid: inside.optional(),
  /** Bind mount: group of the directory itself, as the container sees it. Default: left alone. */
  gid: inside.optional(),
  /** Bind mount: mode of the directory itself, octal, such as `"0770"`. Default: left alone. */
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, 'must be three or four octal digits, such as "0770"')
    .optional(),
});
export type Mount = z.infer<typeof Mount>;

/** A device by its path, or a GPU by index (`gpu:0`) or PCI address (`gpu:01:00.0`). */
export const deviceName = z
  .string()
  .regex(
    /^\/dev\/(?!.*(?:\/\.{1,2}(?:\/|$)|\/\/))[^\s,]+$|^gpu:(\d{1,2}|([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i,
    "must be a path below /dev, or gpu:0, or gpu:01:00.0",
  );

export const Device = z.strictObject({
  /** Owner of the device in the container. Default: left alone, and root when it is added. */
  uid: inside.optional(),
  /** Group of the device in the container. Default: left alone, and root when it is added. */
  gid: inside.optional(),
  /** Mode of the device in the container, octal, such as `"0660"`. Default: left alone. */
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, 'must be four octal digits that start with 0, such as "0660"')
    .optional(),
  /** Whether the container cannot write to it. Default: left alone, and false when it is added. */
  "deny-write": flag.optional(),
});
export type Device = z.infer<typeof Device>;

export const IdMap = z.strictObject({
  /** Whose numbers: users' (`u`) or groups' (`g`). */
  type: z.enum(["u", "g"], "must be u (users) or g (groups)"),
  /** The first number in the container. */
  container_id: z.int().min(0).max(4_294_967_294),
  /** The number on the host that it is there. */
  host_id: z.int().min(0).max(4_294_967_294),
  /** How many numbers from there on. */
  size: z.int().min(1).max(4_294_967_295),
});
export type IdMap = z.infer<typeof IdMap>;
