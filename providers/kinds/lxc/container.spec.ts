/** What a stack declares of a container, in the words of pct(1) and lxc.container.conf(5). */
import { isIP } from "node:net";
import { z } from "zod";
import {
  containerId,
  Device,
  deviceName,
  entries,
  flag,
  IdMap,
  Interface,
  interfaceName,
  Mount,
  mountPath,
  Rootfs,
  size,
} from "./container.parts.ts";
import { Ready } from "./container.ready.ts";
import { complaints } from "./container.rules.ts";
import { snapshotName } from "./snapshot.spec.ts";

const label = "(?!-)[a-zA-Z0-9-]{1,63}(?<!-)";
const dnsName = z
  .string()
  .max(255)
  .regex(new RegExp(`^${label}(\\.${label})*$`), "must be a DNS name, such as web-1");

export const ContainerSpec = z
  .strictObject({
    /** Its number, unique on the host: 100 to 999999999. */
    vmid: containerId,
    /** Host name. Default: left alone, and `CT` with the number when it is made. */
    hostname: dnsName.optional(),
    /**
     * What a new container is made of: an archive of a root file system, as a volume (`local:vztmpl/debian.tar.zst`) on
     * Proxmox VE, or as a path on the host. Means nothing for one that is there.
     */
    ostemplate: z
      .string()
      .regex(
        /^(\/|[a-z][a-z0-9_.-]*:)\S+$/i,
        "must be an absolute path, or a volume such as local:vztmpl/debian.tar.zst",
      )
      .optional(),
    /** The container that a new one is a copy of, in place of `ostemplate`. Cannot be changed. */
    clone: z
      .strictObject({
        /** The number of the source. */
        from: containerId,
        /** The source's snapshot that is copied. Default: the source as it is. */
        snapname: snapshotName.optional(),
        /** Whether all data is copied. Default: of a template a linked clone is made, of others a full copy. */
        full: flag.optional(),
      })
      .optional(),
    /** What system is in it; `unmanaged` for none that its files are adapted to. Default: found out. Cannot be changed. */
    ostype: z
      .enum(
        "debian devuan ubuntu centos fedora opensuse archlinux alpine gentoo nixos unmanaged".split(" ") as [string],
        "must be debian, devuan, ubuntu, centos, fedora, opensuse, archlinux, alpine, gentoo, nixos or unmanaged",
      )
      .optional(),
    /** Where its root file system is: a storage's ID, or without Proxmox VE a dataset. Cannot be changed. */
    storage: z
      .string()
      .regex(/^[a-z][\w.:/-]*$/i, "must be a storage such as tank, or without Proxmox VE a dataset such as tank/guests")
      .optional(),
    /** Size of the root file system, such as `8G`. It grows in place; making it smaller is refused. */
    size: size.optional(),
    /** How its root file system is mounted, on Proxmox VE; elsewhere that is a matter of its dataset. Default: left alone. */
    rootfs: Rootfs.optional(),
    /** Memory in MiB, at least 16. Default: left alone, and 512 when it is made. */
    memory: z.int("must be a number of MiB").min(16).optional(),
    /** Swap in MiB. Default: left alone, and 512 when it is made. */
    swap: z.int("must be a number of MiB").min(0).optional(),
    /** How many of the host's cores it may use. Default: left alone, and all when it is made. */
    cores: z.int().min(1).max(8192).optional(),
    /** Most CPU time, in CPUs: 1.5 is one and a half; 0 is no limit. Default: left alone. */
    cpulimit: z.number().min(0).max(8192).optional(),
    /** Its share of CPU time among the others: 1 to 10000. Default: left alone (100). */
    cpuunits: z.int().min(1).max(10000).optional(),
    /** Network interfaces by their names in the container, such as eth0; others are left alone. */
    interfaces: entries(interfaceName, Interface).optional(),
    /** DNS servers. Default: left alone; as the host when there are none. */
    nameserver: z
      .array(z.string().refine((text) => isIP(text) !== 0, "must be an address"))
      .min(1)
      .optional(),
    /** DNS search domains. Default: left alone; as the host when there are none. */
    searchdomain: z.array(dnsName).min(1).optional(),
    /** Whether its root is nobody on the host. Default: left alone, and true when it is made. Cannot be changed. */
    unprivileged: flag.optional(),
    /** What it may do beyond the usual; each that is not named is left alone. */
    features: z
      .strictObject({
        /** Containers in it, and systemd's isolation of services. */
        nesting: flag.optional(),
        /** The keyctl system call, which Docker needs. */
        keyctl: flag.optional(),
        /** FUSE file systems. */
        fuse: flag.optional(),
        /** Making device nodes. */
        mknod: flag.optional(),
        /** A writable /sys. */
        force_rw_sys: flag.optional(),
        /** Types of file systems that it may mount, such as nfs and cifs. */
        mount: z.array(z.string().regex(/^\w+$/, "must be a type of file system, such as nfs")).min(1).optional(),
      })
      .optional(),
    /** How its users' and groups' numbers are the host's; the whole list. Default: left alone (100000 and on). */
    idmap: z.array(IdMap).min(1).optional(),
    /** AppArmor profile: `generated`, `unconfined` or a name. Default: left alone (generated). */
    apparmorProfile: z.string().regex(/^\S+$/, "must be a profile's name, unconfined or generated").optional(),
    /** Lines of lxc.container.conf(5), such as `lxc.cgroup2.devices.allow: c 10:200 rwm`. Others are left alone. */
    lxc: z
      .array(
        z
          .string()
          .regex(/^lxc\.[a-z0-9_.-]+\s*[:=]\s*\S[^\r\n]*$/, "must be a line such as `lxc.prlimit.nofile: 1024`")
          .transform((line) => line.replace(/^(lxc\.[a-z0-9_.-]+)\s*[:=]\s*(.*?)\s*$/, "$1: $2")),
      )
      .optional(),
    /** Mount points by their paths in the container; others are left alone. One that goes keeps its data. */
    mounts: entries(mountPath, Mount).optional(),
    /** Devices by path, and GPUs by index (`gpu:0`) or PCI address (`gpu:01:00.0`); others are left alone. */
    devices: entries(deviceName, Device).optional(),
    /** Tags, in any order. Default: left alone. */
    tags: z
      .array(z.string().regex(/^[a-zA-Z0-9_][a-zA-Z0-9_+.-]*$/, "must be letters, digits and `_ - + .`"))
      .transform((all) => [...new Set(all.map((tag) => tag.toLowerCase()))])
      .optional(),
    /** Notes about it. Default: left alone. */
    description: z
      .string()
      .max(8192)
      .transform((text) => text.replace(/\n+$/, ""))
      .optional(),
    /** Whether it and its volumes cannot be removed or changed. Default: left alone. */
    protection: flag.optional(),
    /** Whether it starts with the host. Default: left alone. */
    onboot: flag.optional(),
    /** When it starts with the host and stops, beside others; whole. Default: left alone. */
    startup: z
      .strictObject({
        /** Its place: small numbers start first and stop last. */
        order: z.int().min(0).optional(),
        /** Seconds until the next one starts. */
        up: z.int().min(0).optional(),
        /** Seconds that it has to stop. */
        down: z.int().min(0).optional(),
      })
      .refine((value) => Object.keys(value).length > 0, "must say something: order, up or down")
      .optional(),
    /** Time zone, such as Europe/Berlin, or `host`. Default: left alone. */
    timezone: z.string().regex(/^\S+$/, "must be a time zone, such as Europe/Berlin").optional(),
    /** A script that is run when it starts and stops, as a volume: `local:snippets/hook.pl`. Default: left alone. */
    hookscript: z
      .string()
      .regex(/^[^\s:]+:\S+$/, "must be a volume, such as local:snippets/hook.pl")
      .optional(),
    /** Whether it has a console device. Default: left alone. */
    console: flag.optional(),
    /** How many terminals it has. Default: left alone. */
    tty: z.int().min(0).max(6).optional(),
    /** What a console shows: a terminal, the console device, or a shell. Default: left alone. */
    cmode: z.enum(["tty", "console", "shell"], "must be tty, console or shell").optional(),
    /** Whether it runs. Default: left alone, and not started when it is made. */
    running: flag.optional(),
    /** Whether it is a template, which clones are made of and which never runs. There is no way back. Default: false. */
    template: flag.optional(),
    /** Name of the stack's secret with root's password, which a new container gets. Later changes mean nothing. */
    password: z.string("must be the name of one of the stack's secrets").min(1).optional(),
    /** Lines of root's authorized_keys, which a new container gets. Later changes mean nothing. */
    sshKeys: z.array(z.string().regex(/^[^\r\n]+$/, "must be one line")).optional(),
    /**
     * What happens where a change counts from the next start on: `never`: it waits, and each run says so; `whenNeeded`:
     * the container is restarted; `onNextBoot`: it waits, and nobody is told. Default: `never`.
     */
    restart: z.enum(["never", "whenNeeded", "onNextBoot"], "must be never, whenNeeded or onNextBoot").default("never"),
    /**
     * When it is ready after a start. The run waits for that, and starts the containers that come after this one only
     * then. Default: as soon as it runs.
     */
    ready: Ready.optional(),
    /** How it is stopped. */
    shutdown: z
      .strictObject({
        /** Seconds that it has to stop by itself. Default: 60. */
        timeout: z.int().min(1).max(3600).default(60),
        /** Whether it is stopped hard after that; otherwise the run fails. Default: false. */
        forceStop: flag.default(false),
      })
      .prefault({}),
    /**
     * Consent to destroy it with its root file system; the volumes and directories of its mounts are kept. Must be
     * applied before it is taken out of the program. Default: false.
     */
    allowDestroy: flag.default(false),
    /**
     * Consent to make it anew where `unprivileged`, `ostype`, `storage` or `clone` changes, of `ostemplate` or `clone`: its
     * root file system is destroyed then. Its settings, and the volumes and directories of its mounts, go along; owners of
     * files in them are the same numbers of the host as before. Default: false.
     */
    allowReplace: flag.default(false),
  })
  .superRefine((spec, context) => {
    for (const [path, message] of complaints(spec)) context.addIssue({ code: "custom", path: [...path], message });
  });
export type ContainerSpec = z.infer<typeof ContainerSpec>;
