import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ContainerSpec } from "./kinds/lxc/container.ts";
import type { SnapshotSpec } from "./kinds/lxc/snapshot.ts";
import type { TemplateSpec } from "./kinds/lxc/template.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type ContainerArgs = Args<z.input<typeof ContainerSpec>>;
export type SnapshotArgs = Args<z.input<typeof SnapshotSpec>>;
export type TemplateArgs = Args<z.input<typeof TemplateSpec>>;

/**
 * A Linux container, on Proxmox VE, or with LXC's own tools on plain Debian, its root file system then a dataset of ZFS.
 * One that exists is adopted, and what is not declared is left alone. What a running container takes at once is changed
 * at once; a preview says of every other change that it waits for a restart, and `restart` says whether it has to wait.
 *
 * On plain Debian `storage` is a dataset, such as `tank/guests`, and `ostemplate` the path of an archive. What LXC cannot
 * do, such as a `timezone`, is refused by name. An address is set from outside. With `ip: dhcp` or `ip6: dhcp` the system in
 * the container is told to ask for it, in the files of ifupdown (Debian, Devuan, Ubuntu, Alpine), or without that of
 * systemd-networkd (Debian, Ubuntu, Arch Linux; give it `features.nesting`, and udev or a read-only /sys); any other has to
 * do it by itself. Limits of an interface, and a plug that is pulled, are set by lines that LXC runs at each start
 * (`lxc.hook.start-host`). A mount that goes is unmounted at once; where something uses it, it waits for a restart.
 *
 * `ready` says when a container that was started can be relied on: containers that come after it, in a stack those that
 * name it in `after`, are made and started only then. Where it is not ready in time, the run fails, and the next one waits
 * again. When containers end, those that come after others end first.
 * @example
 * containers:
 *   101:
 *     hostname: web
 *     ostemplate: local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst
 *     storage: guests
 *     size: 8G
 *     memory: 1024
 *     cores: 2
 *     interfaces:
 *       eth0: { bridge: vmbr0, ip: 10.0.0.101/24, gw: 10.0.0.1 }
 *     mounts:
 *       /srv/www: { storage: guests, size: 20G, backup: true }
 *       /media: { source: /tank/media, uid: 33, ro: true }
 *     features: { nesting: true }
 *     onboot: true
 *     running: true
 *     ready: { port: 80 }
 *     restart: whenNeeded
 * @refused Another `storage`, `ostype`, `unprivileged` or `clone` than it was made with; smaller volumes; a bridge or a
 * GPU that the host does not have; changes while a backup or a migration holds it.
 * @consent `allowDestroy: true`, applied before it is taken out of the program. Its root file system is destroyed then;
 * volumes and directories of its mounts, and volumes that it no longer uses, are kept. A mount that is declared no more
 * keeps its data too. `allowReplace: true`, in the same run, for another `storage`, `ostype`, `unprivileged` or `clone`: it
 * is made anew, its root file system destroyed, its settings, addresses and mounts kept, and not while it has snapshots. On
 * Proxmox VE permissions on it end; on plain Debian what was there is put back where the new one cannot be made.
 * @runs On plain Debian, to look: /var/lib/lxc, /sys/fs/cgroup, `zfs list`, `ip`, `bridge`, `tc`, all containers at once. To
 * change: one script that writes /var/lib/lxc/ID/config and cgroups and calls `zfs`, `ip`, `bridge`, `tc`, `lxc-usernsexec tar`,
 * `lxc-start` and `lxc-stop`, as far as it takes; `perl` mounts what is new into one that runs, and unmounts what goes.
 * On Proxmox VE, to look: /etc/pve/lxc, /proc/net/unix and /sys, and no pct. To change: one command of as many `pct` calls as it
 * takes, all changed settings in one `pct set`; lines of LXC are written into the container's file under its lock.
 * On both, `nsenter` and `lxc-attach` to see whether it is ready.
 */
export class Container extends HostResource {
  /** `running`, `stopped`, or `template`. */
  declare readonly status: pulumi.Output<string>;
  /** What changes wait for a restart: `features`, `mounts./data`. */
  declare readonly restartPending: pulumi.Output<string[]>;
  /** MAC addresses by the names of the interfaces. */
  declare readonly macs: pulumi.Output<Record<string, string>>;

  /** @param name the resource's name in the program; `args.vmid` is the container's number */
  constructor(name: string, args: ContainerArgs, opts?: pulumi.CustomResourceOptions) {
    super("lxc:Container", name, args, ["status", "restartPending", "macs"], opts);
  }
}

/**
 * A named snapshot of a container, which copies can be made of (`clone.snapname`). It is taken once: no later run deletes
 * it or takes it anew, whatever became of the container, but for one that declares other `content`. One that is there by
 * that name is adopted as it is.
 *
 * On Proxmox VE it is of the container's settings and all its volumes. On plain Debian it is of the root file system alone,
 * as copies are; the volumes of its mounts are datasets of their own. Neither stops the container for it.
 * @example
 * containers:
 *   900:
 *     ostemplate: local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst
 *     storage: guests
 *     snapshots:
 *       golden:
 *         description: What all copies are made of
 *         content: 2026-11
 *         allowReplace: true
 *   101:
 *     clone: { from: 900, snapname: golden }
 * @refused Another `content`, and its end, while datasets are clones of it; a new one of a template, on Proxmox VE of a
 * container that has bind mounts, and on plain Debian of one whose root file system is no dataset; on Proxmox VE one that
 * somebody else left half done.
 * @consent `allowReplace: true`, for other `content`. `allowDestroy: true`, applied before it is taken out of the program, for
 * its end.
 * @runs On plain Debian, to look: the containers' files and `zfs list`; to change: `zfs snapshot`, `zfs set`, `zfs destroy`.
 * On Proxmox VE, to look: /etc/pve/lxc, storage.cfg and `zfs list`; to change: `pct snapshot` and `pct delsnapshot`; a
 * description is written into the container's file under its lock. What a run is at is written down below
 * /var/lib/phoenix-hypervisor/snapshots; where it was killed, the next one ends it: `pct unlock`, `pct delsnapshot --force`. All snapshots are looked at at once.
 */
export class Snapshot extends HostResource {
  /** When it was taken, in seconds since 1970. */
  declare readonly snaptime: pulumi.Output<number>;

  /** @param name the resource's name in the program; `args.vmid` and `args.snapname` say which snapshot it is */
  constructor(name: string, args: SnapshotArgs, opts?: pulumi.CustomResourceOptions) {
    super("lxc:Snapshot", name, args, ["snaptime"], opts);
  }
}

/**
 * An archive that containers are made of (`ostemplate`), by its SHA-256: in a storage of Proxmox VE, or a file on plain
 * Debian. The host downloads it, or it is sent from the machine that pulumi runs on; it only gets its name when all of it
 * is there and its SHA-256 is right. Another `sha256` replaces one that we put there.
 *
 * Or the host builds it (`build`) with mmdebstrap, whose package the stack has to declare. It is built once, and anew where
 * `build` is declared otherwise or the file is no longer what was built; containers that were made of it stay as they are.
 * No run builds it because there are newer packages: declare another `ostemplate` for that. It gets its name when it is
 * whole, and has no host name and no name servers. What else it is to hold, put into a container, and make a template of
 * that (`template`), which can be copied.
 *
 * A file that is there already with that SHA-256 is adopted, and stays when it is declared no more; one that we put there
 * goes. A run reads a file only where its size or times are others than when its SHA-256 was last taken; that takes
 * about three seconds for each GB.
 * @example
 * templates:
 *   local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst:
 *     url: http://download.proxmox.com/images/system/debian-13-standard_13.1-2_amd64.tar.zst
 *     sha256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
 *   /srv/templates/mine.tar.gz:
 *     source: images/mine.tar.gz
 *     sha256: ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
 *   local:vztmpl/trixie-1.tar.zst:
 *     build: { suite: trixie, include: [openssh-server] }
 * system:
 *   packages:
 *     mmdebstrap:
 * @refused A file of that name with another SHA-256 that we did not put there; a storage that is not there, not mounted, or
 * not for templates; on plain Debian a volume; to build one without mmdebstrap.
 * @consent `overwrite: true`, to replace a file that we did not put there.
 * @runs To look: storage.cfg, `stat`, and `sha256sum` of files that are not known. To change: one script with `curl` or
 * `wget`, the file on its standard input, or `mmdebstrap` in namespaces of its own (`unshare`), which needs room for what it
 * unpacks below /var/lib/phoenix-hypervisor/builds. What was put there is written down below
 * /var/lib/phoenix-hypervisor/templates, sums of other files in /var/cache/phoenix-hypervisor, which may be deleted.
 */
export class Template extends HostResource {
  /** Where the archive is on the host. */
  declare readonly path: pulumi.Output<string>;
  /** Its SHA-256, in hex. */
  declare readonly checksum: pulumi.Output<string>;

  /** @param name the resource's name in the program; `args.ostemplate` says which archive it is */
  constructor(name: string, args: TemplateArgs, opts?: pulumi.CustomResourceOptions) {
    super("lxc:Template", name, args, ["path", "checksum"], opts);
  }
}
