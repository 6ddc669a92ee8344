import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { AclSpec } from "./kinds/proxmox/acl.ts";
import type { StorageSpec } from "./kinds/proxmox/storage.ts";
import type { UserSpec } from "./kinds/proxmox/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type StorageArgs = Args<z.input<typeof StorageSpec>>;
export type RealmUserArgs = Args<z.input<typeof UserSpec>>;
export type AclArgs = Args<z.input<typeof AclSpec>>;

/** A storage of Proxmox VE: where guests' volumes, images and backups are. It points to data and holds none. */
export class Storage extends HostResource {
  /** @param name the resource's name in the program; `args.storage` is the storage's ID */
  constructor(name: string, args: StorageArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Storage", name, args, [], opts);
  }
}

/** A user of Proxmox VE. The password is not its matter, and what the user may do is declared with {@link Acl}. */
export class RealmUser extends HostResource {
  /** @param name the resource's name in the program; `args.userid` is the user's name and realm */
  constructor(name: string, args: RealmUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:User", name, args, [], opts);
  }
}

/** One permission in Proxmox VE: who has which role on what. */
export class Acl extends HostResource {
  /** @param name the resource's name in the program */
  constructor(name: string, args: AclArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Acl", name, args, [], opts);
  }
}
