/** What a stack's program imports: one class per kind, the kinds' specs, and how a configuration is read. */
export { Connection } from "./host/connection.ts";
export { UserError } from "./host/host.ts";
export { explain } from "./runtime/explain.ts";
export { Guest, Ruleset, type GuestArgs, type RulesetArgs } from "./firewall.ts";
export {
  Claim,
  Directory,
  File,
  Group,
  Hostname,
  KernelModule,
  Package,
  Service,
  Sysctl,
  TimeZone,
  User,
  type ClaimArgs,
  type DirectoryArgs,
  type FileArgs,
  type GroupArgs,
  type HostnameArgs,
  type KernelModuleArgs,
  type PackageArgs,
  type ServiceArgs,
  type SysctlArgs,
  type TimeZoneArgs,
  type UserArgs,
} from "./system.ts";
export { ClaimSpec } from "./kinds/system/claim.ts";
export { DirectorySpec } from "./kinds/system/directory.ts";
export { FileSpec } from "./kinds/system/file.ts";
export { GroupSpec } from "./kinds/system/group.ts";
export { HostnameSpec } from "./kinds/system/hostname.ts";
export { KernelModuleSpec } from "./kinds/system/module.ts";
export { PackageSpec } from "./kinds/system/package.ts";
export { ServiceSpec } from "./kinds/system/service.ts";
export { SysctlSpec } from "./kinds/system/sysctl.ts";
export { TimeZoneSpec } from "./kinds/system/timezone.ts";
export { UserSpec } from "./kinds/system/user.ts";
export { Driver, type DriverArgs } from "./nvidia.ts";
export { DriverSpec } from "./kinds/nvidia/driver.ts";
export { Container, Snapshot, Template, type ContainerArgs, type SnapshotArgs, type TemplateArgs } from "./lxc.ts";
export { ContainerSpec } from "./kinds/lxc/container.ts";
export { entries } from "./kinds/lxc/container.parts.ts";
export { snapshotName, SnapshotSpec } from "./kinds/lxc/snapshot.ts";
export { TemplateSpec } from "./kinds/lxc/template.ts";
export { Export, type ExportArgs } from "./nfs.ts";
export { Acl, RealmGroup, RealmUser, Role, Storage } from "./proxmox.ts";
export type { AclArgs, RealmGroupArgs, RealmUserArgs, RoleArgs, StorageArgs } from "./proxmox.ts";
export { Arc, Dataset, Pool, type ArcArgs, type DatasetArgs, type PoolArgs } from "./zfs.ts";
export { GuestSpec } from "./kinds/firewall/guest.ts";
export { RulesetSpec } from "./kinds/firewall/ruleset.ts";
export { ExportSpec } from "./kinds/nfs/export.ts";
export { AclSpec } from "./kinds/proxmox/acl.ts";
export { GroupSpec as RealmGroupSpec } from "./kinds/proxmox/group.ts";
export { RoleSpec } from "./kinds/proxmox/role.ts";
export { UserSpec as RealmUserSpec } from "./kinds/proxmox/user.ts";
export { StorageSpec } from "./kinds/proxmox/storage.ts";
export { Server as SambaServer, Share as SambaShare, User as SambaUser } from "./samba.ts";
export type { ServerArgs as SambaServerArgs, ShareArgs as SambaShareArgs, UserArgs as SambaUserArgs } from "./samba.ts";
export { ServerSpec as SambaServerSpec } from "./kinds/samba/server.ts";
export { ShareSpec as SambaShareSpec } from "./kinds/samba/share.ts";
export { UserSpec as SambaUserSpec } from "./kinds/samba/user.ts";
export { ArcSpec } from "./kinds/zfs/arc.ts";
export { DatasetSpec } from "./kinds/zfs/dataset.ts";
export { mountpoint } from "./kinds/zfs/mountpoint.ts";
export { PoolSpec } from "./kinds/zfs/pool.ts";
