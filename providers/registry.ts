/** All kinds, by name. */
import { UserError } from "./host/host.ts";
import { guest } from "./kinds/firewall/guest.ts";
import { ruleset } from "./kinds/firewall/ruleset.ts";
import { container } from "./kinds/lxc/container.ts";
import { snapshot } from "./kinds/lxc/snapshot.ts";
import { template } from "./kinds/lxc/template.ts";
import { exportKind } from "./kinds/nfs/export.ts";
import { driver } from "./kinds/nvidia/driver.ts";
import { acl } from "./kinds/proxmox/acl.ts";
import { group as realmGroup } from "./kinds/proxmox/group.ts";
import { role } from "./kinds/proxmox/role.ts";
import { storage } from "./kinds/proxmox/storage.ts";
import { user as realmUser } from "./kinds/proxmox/user.ts";
import { claim } from "./kinds/system/claim.ts";
import { directoryKind } from "./kinds/system/directory.ts";
import { file } from "./kinds/system/file.ts";
import { group } from "./kinds/system/group.ts";
import { hostname } from "./kinds/system/hostname.ts";
import { kernelModule } from "./kinds/system/module.ts";
import { packageKind } from "./kinds/system/package.ts";
import { service } from "./kinds/system/service.ts";
import { sysctl } from "./kinds/system/sysctl.ts";
import { timeZone } from "./kinds/system/timezone.ts";
import { user } from "./kinds/system/user.ts";
import { server as sambaServer } from "./kinds/samba/server.ts";
import { share as sambaShare } from "./kinds/samba/share.ts";
import { user as sambaUser } from "./kinds/samba/user.ts";
import { arc } from "./kinds/zfs/arc.ts";
import { dataset } from "./kinds/zfs/dataset.ts";
import { pool } from "./kinds/zfs/pool.ts";
import { sessionFor, type ReadConfig } from "./runtime/configure.ts";
import { erase, type AnyKind } from "./runtime/erased.ts";
import { providerOf, type Provider } from "./runtime/provider.ts";

export const kinds: readonly AnyKind[] = [
  erase(pool),
  erase(dataset),
  erase(arc),
  erase(exportKind),
  erase(ruleset),
  erase(guest),
  erase(container),
  erase(snapshot),
  erase(template),
  erase(storage),
  erase(realmUser),
  erase(realmGroup),
  erase(role),
  erase(acl),
  erase(packageKind),
  erase(service),
  erase(file),
  erase(directoryKind),
  erase(sysctl),
  erase(kernelModule),
  erase(user),
  erase(group),
  erase(hostname),
  erase(timeZone),
  erase(claim),
  erase(sambaServer),
  erase(sambaShare),
  erase(sambaUser),
  erase(driver),
];

/** What the text in the state calls, by way of entry.cjs. */
export function provider(type: string, read: ReadConfig): Provider {
  const kind = kinds.find((one) => one.type === type);
  if (kind === undefined) throw new UserError(`this version of phoenix-hypervisor has no kind ${type}`);
  const answerFiles = kinds.flatMap(({ answerFile }) => answerFile ?? []);
  return providerOf(kind, (config) => sessionFor(config, read, answerFiles));
}
