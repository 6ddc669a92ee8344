/** What a stack's program imports: one class per kind, the kinds' specs, and how a configuration is read. */
export { Connection } from "./host/connection.ts";
export { UserError } from "./host/host.ts";
export { explain } from "./runtime/explain.ts";
export { Ruleset, type RulesetArgs } from "./firewall.ts";
export { Export, type ExportArgs } from "./nfs.ts";
export { Acl, RealmUser, Storage, type AclArgs, type RealmUserArgs, type StorageArgs } from "./proxmox.ts";
export { Arc, Dataset, Pool, type ArcArgs, type DatasetArgs, type PoolArgs } from "./zfs.ts";
export { RulesetSpec } from "./kinds/firewall/ruleset.ts";
export { ExportSpec } from "./kinds/nfs/export.ts";
export { AclSpec } from "./kinds/proxmox/acl.ts";
export { UserSpec as RealmUserSpec } from "./kinds/proxmox/user.ts";
export { StorageSpec } from "./kinds/proxmox/storage.ts";
export { ArcSpec } from "./kinds/zfs/arc.ts";
export { DatasetSpec } from "./kinds/zfs/dataset.ts";
export { PoolSpec } from "./kinds/zfs/pool.ts";
