import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { AclSpec } from "./kinds/proxmox/acl.ts";
import type { GroupSpec } from "./kinds/proxmox/group.ts";
import type { RoleSpec } from "./kinds/proxmox/role.ts";
import type { StorageSpec } from "./kinds/proxmox/storage.ts";
import type { UserSpec } from "./kinds/proxmox/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type StorageArgs = Args<z.input<typeof StorageSpec>>;
export type RealmUserArgs = Args<z.input<typeof UserSpec>>;
export type RealmGroupArgs = Args<z.input<typeof GroupSpec>>;
export type RoleArgs = Args<z.input<typeof RoleSpec>>;
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
 * A user of Proxmox VE. What the user may do is declared with {@link Acl}.
 * @example
 * proxmox:
 *   users:
 *     alice@pam: { comment: the one with the key, email: alice@example.org }
 *     backup@pve: { password: backup-password }
 * @refused A host that is not Proxmox VE. A password for another realm than `pve`: that of `alice@pam` is the account's.
 * @consent None: no data is involved. Tokens, users and passwords that are not declared are left alone.
 * @runs To look: /etc/pve/user.cfg, and the hash of a declared password in /etc/pve/priv/shadow.cfg. To change:
 * `pveum user add`, `pveum user modify`, `pveum user delete`, `pveum passwd` with the password on its standard input.
 */
export class RealmUser extends HostResource {
  /** @param name the resource's name in the program; `args.userid` is the user's name and realm */
  constructor(name: string, args: RealmUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:User", name, args, [], opts);
  }
}

/**
 * A group of users of Proxmox VE. Who is in it is said by {@link RealmUser}, what they may do by {@link Acl}.
 * @example
 * proxmox:
 *   groups:
 *     operators: { comment: those who look after the guests }
 *   users:
 *     alice@pam: { groups: [operators] }
 * @refused A host that is not Proxmox VE.
 * @consent None: no data is involved. With a group go the permissions that it has. Groups that are not declared are left
 * alone.
 * @runs To look: /etc/pve/user.cfg. To change: `pveum group add`, `pveum group modify`, `pveum group delete`.
 */
export class RealmGroup extends HostResource {
  /** @param name the resource's name in the program; `args.groupid` is the group's */
  constructor(name: string, args: RealmGroupArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Group", name, args, [], opts);
  }
}

/**
 * A role of Proxmox VE: a name for some privileges, which {@link Acl} grants.
 * @example
 * proxmox:
 *   roles:
 *     Operator: { privs: [VM.Audit, VM.PowerMgmt, VM.Console] }
 *   acl:
 *     - { path: /vms, type: group, ugid: operators, roleid: Operator }
 * @refused A host that is not Proxmox VE. To change a role that is Proxmox VE's own. A privilege that it does not know.
 * @consent None: no data is involved. Roles that are not declared are left alone.
 * @runs To look: /etc/pve/user.cfg. To change: `pveum role add`, `pveum role modify`, `pveum role delete`.
 */
export class Role extends HostResource {
  /** @param name the resource's name in the program; `args.roleid` is the role's */
  constructor(name: string, args: RoleArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Role", name, args, [], opts);
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
