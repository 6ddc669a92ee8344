import { z } from "zod";
import {
  Acl,
  AclSpec,
  RealmGroup,
  RealmGroupSpec,
  RealmUser,
  RealmUserSpec,
  Role,
  RoleSpec,
  Storage,
  StorageSpec,
} from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";

export const ProxmoxConfig = z.strictObject({
  /** Storages of Proxmox VE (proxmox:Storage) by ID. */
  storage: named(StorageSpec, "storage"),
  /** Users of Proxmox VE (proxmox:User) by name and realm. */
  users: named(RealmUserSpec, "userid"),
  /** Groups of users of Proxmox VE (proxmox:Group) by name. */
  groups: named(RealmGroupSpec, "groupid"),
  /** Roles of Proxmox VE (proxmox:Role) by name. */
  roles: named(RoleSpec, "roleid"),
  /** What users, groups and tokens may do in Proxmox VE (proxmox:Acl). */
  acl: z.array(AclSpec).default([]),
});
type ProxmoxConfig = z.infer<typeof ProxmoxConfig>;

/** Proxmox VE: where its guests' volumes, images and backups are, and who may do what. */
export class Proxmox extends Area {
  constructor({ storage, users, groups, roles, acl }: ProxmoxConfig, whole: Whole) {
    super("Proxmox", whole);
    for (const spec of storage)
      this.add(Storage, spec.storage, spec, { provides: [`storage ${spec.storage}`], needs: needs(spec) });
    for (const spec of users) {
      // One of the realm pam is the host's own account.
      const account: Thing[] = spec.userid.endsWith("@pam") ? [`user ${spec.userid.slice(0, -4)}`] : [];
      const of = (spec.groups ?? []).map((name) => `realm-group ${name}` as const);
      this.add(RealmUser, spec.userid, spec, { provides: [`user ${spec.userid}`], needs: [...account, ...of] });
    }
    for (const spec of groups) this.add(RealmGroup, spec.groupid, spec, { provides: [`realm-group ${spec.groupid}`] });
    for (const spec of roles) this.add(Role, spec.roleid, spec, { provides: [`role ${spec.roleid}`] });
    for (const spec of acl) {
      const who: Thing = spec.type === "group" ? `realm-group ${spec.ugid}` : `user ${spec.ugid.replace(/!.*/, "")}`;
      this.add(Acl, `${spec.ugid} ${spec.roleid} ${spec.path}`, spec, { needs: [who, `role ${spec.roleid}`] });
    }
  }
}

/** What a storage points to. */
function needs({ type, pool, path, export: exported }: StorageSpec): Thing[] {
  if (type === "zfspool") return [`dataset ${pool ?? ""}`];
  return type === "dir" ? [`path ${path ?? ""}`] : [`export ${exported ?? ""}`];
}
