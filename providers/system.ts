import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { FileSpec } from "./kinds/system/file.ts";
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
 */
export class User extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the login name */
  constructor(name: string, args: UserArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:User", name, args, [], opts);
  }
}

export type PackageArgs = Args<z.input<typeof PackageSpec>>;

/** A Debian package. Those that change at the same time are changed by one apt transaction. */
export class Package extends HostResource {
  /** The version that is installed. */
  declare readonly installed: pulumi.Output<string | undefined>;

  /** @param name the resource's name in the program; `args.name` is the package's */
  constructor(name: string, args: PackageArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Package", name, args, ["installed"], opts);
  }
}

export type FileArgs = Args<z.input<typeof FileSpec>>;

/** A text file with all its content. What was there before is kept on the host, and put back at the end. */
export class File extends HostResource {
  /** @param name the resource's name in the program; `args.path` is where the file is */
  constructor(name: string, args: FileArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:File", name, args, [], opts);
  }
}

export type ServiceArgs = Args<z.input<typeof ServiceSpec>>;

/** A unit of systemd: whether it starts at boot, runs, or is masked. It is never restarted. */
export class Service extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the unit's */
  constructor(name: string, args: ServiceArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Service", name, args, [], opts);
  }
}

export type SysctlArgs = Args<z.input<typeof SysctlSpec>>;

/** A kernel parameter, now and at boot. */
export class Sysctl extends HostResource {
  /** @param name the resource's name in the program; `args.key` is the parameter's */
  constructor(name: string, args: SysctlArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Sysctl", name, args, [], opts);
  }
}

export type KernelModuleArgs = Args<z.input<typeof KernelModuleSpec>>;

/** A kernel module: whether it is loaded, its options, and whether it is blacklisted. */
export class KernelModule extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the module's */
  constructor(name: string, args: KernelModuleArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:KernelModule", name, args, [], opts);
  }
}

export type HostnameArgs = Args<z.input<typeof HostnameSpec>>;

/** The host's name. There is one per host. */
export class Hostname extends HostResource {
  constructor(name: string, args: HostnameArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:Hostname", name, args, [], opts);
  }
}

export type TimeZoneArgs = Args<z.input<typeof TimeZoneSpec>>;

/** The host's time zone. There is one per host. */
export class TimeZone extends HostResource {
  constructor(name: string, args: TimeZoneArgs, opts?: pulumi.CustomResourceOptions) {
    super("system:TimeZone", name, args, [], opts);
  }
}
