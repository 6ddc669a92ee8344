import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { AclSpec } from "./kinds/proxmox/acl.ts";
import type { StorageSpec } from "./kinds/proxmox/storage.ts";
import type { UserSpec } from "./kinds/proxmox/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type StorageArgs = Args<z.input<typeof StorageSpec>>;
export type RealmUserArgs = Args<z.input<typeof UserSpec>>;
export type AclArgs = Args<z.input<typeof AclSpec>>;

/**
 * A storage of Proxmox VE: where guests' volumes, images and backups are. It points to data and holds none.
 * @example
 * proxmox:
 *   storage:
 *     guests: { type: zfspool, pool: tank/guests, content: [rootdir, images] }
 *     iso: { type: dir, path: /tank/iso, content: [iso, vztmpl] }
 * @refused A host that is not Proxmox VE. A change of what Proxmox VE settles when a storage is made. An end while guests
 * have volumes on it.
 * @consent None: removing a storage leaves all data where it is. Storages that are not declared are left alone.
 * @runs To look: /etc/pve/storage.cfg and the guests' files. To change: `pvesm add`, `pvesm set`, `pvesm remove`.
 */
export class Storage extends HostResource {
  /** @param name the resource's name in the program; `args.storage` is the storage's ID */
  constructor(name: string, args: StorageArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Storage", name, args, [], opts);
  }
}

/**
 * A user of Proxmox VE. The password is not its matter, and what the user may do is declared with {@link Acl}.
 * @example
 * proxmox:
 *   users:
 *     alice@pam: { comment: the one with the key, email: alice@example.org }
 * @refused A host that is not Proxmox VE.
 * @consent None: no data is involved. Passwords, tokens and users that are not declared are left alone.
 * @runs To look: /etc/pve/user.cfg. To change: `pveum user add`, `pveum user modify`, `pveum user delete`.
 */
export class RealmUser extends HostResource {
  /** @param name the resource's name in the program; `args.userid` is the user's name and realm */
  constructor(name: string, args: RealmUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:User", name, args, [], opts);
  }
}

/**
 * One permission in Proxmox VE: who has which role on what.
 * @example
 * proxmox:
 *   acl:
 *     - { path: /, ugid: alice@pam, roleid: Administrator }
 * @refused A host that is not Proxmox VE.
 * @consent None: no data is involved. Permissions that are not declared are left alone.
 * @runs To look: /etc/pve/user.cfg. To change: `pveum acl modify`, `pveum acl delete`.
 */
export class Acl extends HostResource {
  /** @param name the resource's name in the program */
  constructor(name: string, args: AclArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Acl", name, args, [], opts);
  }
}
