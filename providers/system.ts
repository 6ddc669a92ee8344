import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ClaimSpec } from "./kinds/system/claim.ts";
import type { DirectorySpec } from "./kinds/system/directory.ts";
import type { FileSpec } from "./kinds/system/file.ts";
import type { GroupSpec } from "./kinds/system/group.ts";
import type { HostnameSpec } from "./kinds/system/hostname.ts";
import type { KernelModuleSpec } from "./kinds/system/module.ts";
import type { PackageSpec } from "./kinds/system/package.ts";
import type { ServiceSpec } from "./kinds/system/service.ts";
import type { SysctlSpec } from "./kinds/system/sysctl.ts";
import type { TimeZoneSpec } from "./kinds/system/timezone.ts";
import type { UserSpec } from "./kinds/system/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type UserArgs = Args<z.input<typeof UserSpec>>;

/**
 * A Unix account: its groups, password, authorized keys and sudo rules. Deleting it keeps the home folder unless told;
 * an account that was there before it was declared stays.
 * @example
 * access:
 *   users:
 *     admin:
 *       shell: /bin/bash
 *       groups: [adm]
 *       authorizedKeys:
 *         - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILZv0x2mIFQocc1FWycFKMP12SV5dehZ70fHc9uk93BA admin@laptop
 *       sudo: ["ALL=(ALL:ALL) NOPASSWD: ALL"]
 * @refused Of the account we are logged in with: to be locked, removed, or to lose its shell, its number, its sudo rules or
 * groups. The key in use is never dropped. Removing root. Sudo rules that `visudo` does not take.
 * @consent `removeHome: true` lets the home folder go with the account. An account that was there before it was declared
 * stays.
 * @runs To look: `getent`, the keys' file, our file in /etc/sudoers.d. To change: `useradd`, `usermod`, `chpasswd -e` with the hash
 * on its standard input, `userdel`, the keys' file, and a drop-in of sudo that `visudo` has checked.
 */
export class User extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the login name */
  constructor(name: string, args: UserArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:User", name, args, [], opts);
  }
}

export type GroupArgs = Args<z.input<typeof GroupSpec>>;

/**
 * A Unix group and its members. A group that was there before it was declared stays, without the members that we put in.
 * @example
 * access:
 *   groups:
 *     media: { gid: 2000, members: [nobody] }
 * @refused To take the account we are logged in with out of a group that may use sudo. To delete a group that is the
 * primary one of an account.
 * @consent `exclusiveMembers: true` lets all other members leave. A group that was there before it was declared stays.
 * @runs To look: `getent`. To change: `groupadd`, `groupmod`, `gpasswd`, `groupdel`.
 */
export class Group extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the group's */
  constructor(name: string, args: GroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Group", name, args, [], opts);
  }
}

export type PackageArgs = Args<z.input<typeof PackageSpec>>;

/**
 * A Debian package. Those that change at the same time are changed by one apt transaction.
 * @example
 * system:
 *   packages:
 *     nfs-kernel-server:
 *     smartmontools: { state: latest }
 *     exim4-base: { state: absent }
 * @refused To change a package that is on hold. To remove what the system or we cannot do without: essential packages, the
 * running kernel, openssh-server, sudo where it is what we use.
 * @consent `state: absent` is the word that removes a package. One that was there before it was declared stays when it no
 * longer is.
 * @runs To look: `dpkg-query`. To change: one `apt-get` transaction for all packages that change at the same time, waiting
 * up to ten minutes for another one; `apt-mark hold`.
 */
export class Package extends HostResource {
  /** The version that is installed. */
  declare readonly installed: pulumi.Output<string | undefined>;

  /** @param name the resource's name in the program; `args.name` is the package's */
  constructor(name: string, args: PackageArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Package", name, args, ["installed"], opts);
  }
}

export type FileArgs = Args<z.input<typeof FileSpec>>;

/**
 * A text file with all its content. What was there before is kept on the host, and put back at the end.
 * @example
 * system:
 *   files:
 *     /etc/motd:
 *       content: |
 *         This host is declared as code.
 *       mode: "0644"
 * @refused A path where something is that is no regular file, such as a folder or a symbolic link. Content that the declared
 * `check` does not take.
 * @consent None: what was there before is kept on the host, and put back when the file is no longer declared.
 * @runs To look: `stat`, `cmp`. To change: the file, written whole beside, taken by the `check` that is declared, and put in
 * place; then one `systemctl reload` or `try-restart` of the unit that is declared.
 */
export class File extends HostResource {
  /** @param name the resource's name in the program; `args.path` is where the file is */
  constructor(name: string, args: FileArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:File", name, args, [], opts);
  }
}

export type DirectoryArgs = Args<z.input<typeof DirectorySpec>>;

/**
 * A directory with its owner, group and mode. What is in it is never touched. Where a dataset is mounted, that declares
 * them.
 * @example
 * system:
 *   directories:
 *     /srv/media: { owner: nobody, group: nogroup, mode: "2775" }
 * @refused A path where something is that is no directory, such as a symbolic link. To make one whose parent is not there:
 * below a dataset that is not mounted it would be in the way.
 * @consent None: when it is no longer declared, it is removed only where we made it and nothing is in it.
 * @runs To look: `stat`, `find`. To change: `mkdir`, `chown`, `chmod`, `rmdir`.
 */
export class Directory extends HostResource {
  /** @param name the resource's name in the program; `args.path` is where the directory is */
  constructor(name: string, args: DirectoryArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Directory", name, args, [], opts);
  }
}

export type ServiceArgs = Args<z.input<typeof ServiceSpec>>;

/**
 * A unit of systemd: whether it starts at boot, runs, or is masked. It is never restarted.
 * @example
 * system:
 *   services:
 *     smartmontools.service: { enabled: true, running: true }
 * @refused To stop, disable or mask what lets us in. To start a unit that is masked. To enable or disable one that
 * cannot be, such as a static unit.
 * @consent None: no data is involved.
 * @runs To look: `systemctl show`. To change: `systemctl`, with all that one unit needs in one command. It is never restarted.
 */
export class Service extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the unit's */
  constructor(name: string, args: ServiceArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Service", name, args, [], opts);
  }
}

export type SysctlArgs = Args<z.input<typeof SysctlSpec>>;

/**
 * A kernel parameter, now and at boot.
 * @example
 * system:
 *   sysctl:
 *     vm.swappiness: { value: 10 }
 * @refused A parameter that the kernel does not have. Another value in a file of /etc/sysctl.d that comes later at boot.
 * @consent None: no data is involved. When it ends, the parameter is what it would have been without it.
 * @runs To look and to change: the parameter in /proc/sys, and a drop-in file in /etc/sysctl.d.
 */
export class Sysctl extends HostResource {
  /** @param name the resource's name in the program; `args.key` is the parameter's */
  constructor(name: string, args: SysctlArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Sysctl", name, args, [], opts);
  }
}

export type KernelModuleArgs = Args<z.input<typeof KernelModuleSpec>>;

/**
 * A kernel module: whether it is loaded, its options, and whether it is blacklisted.
 * @example
 * system:
 *   modules:
 *     vfio_pci: { loaded: true, options: { disable_vga: 1 } }
 *     nouveau: { blacklist: true }
 * @refused A module that the running kernel does not have. To leave out one that is built in. To take back what another file
 * of /etc/modules-load.d or /etc/modprobe.d says.
 * @consent None: no data is involved.
 * @runs To look: /proc/modules, /etc/modules-load.d, /etc/modprobe.d. To change: drop-in files in both, `modprobe`.
 */
export class KernelModule extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the module's */
  constructor(name: string, args: KernelModuleArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:KernelModule", name, args, [], opts);
  }
}

export type HostnameArgs = Args<z.input<typeof HostnameSpec>>;

/**
 * The host's name. There is one per host.
 * @example
 * system:
 *   hostname: hv1
 * @refused A Proxmox VE node: its certificates and the paths of its guests go by its name.
 * @consent None: no data is involved. When it is no longer declared, the name stays.
 * @runs To look: `uname -n`, /etc/hostname, /etc/hosts. To change: `hostname`, and those files.
 */
export class Hostname extends HostResource {
  constructor(name: string, args: HostnameArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Hostname", name, args, [], opts);
  }
}

export type TimeZoneArgs = Args<z.input<typeof TimeZoneSpec>>;

/**
 * The host's time zone. There is one per host.
 * @example
 * system:
 *   timezone: Europe/Berlin
 * @refused A zone that the host has no data on.
 * @consent None: no data is involved. When it is no longer declared, the zone stays.
 * @runs To look and to change: /etc/localtime, and /etc/timezone where there is one.
 */
export class TimeZone extends HostResource {
  constructor(name: string, args: TimeZoneArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:TimeZone", name, args, [], opts);
  }
}

export type ClaimArgs = Args<z.input<typeof ClaimSpec>>;

/**
 * Which stack manages the host. Every stack that declares anything has one by itself, and it comes before all else.
 * @example
 * takeOver: organization/phoenix/old
 * @refused A host that another stack manages, naming it.
 * @consent `takeOver` names the stack that managed the host before; only that one is taken over from.
 * @runs To look and to change: /var/lib/phoenix-hypervisor/stack.
 */
export class Claim extends HostResource {
  constructor(name: string, args: ClaimArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Claim", name, args, [], opts);
  }
}
