import { z } from "zod";
import {
  Directory,
  DirectorySpec,
  File,
  FileSpec,
  Hostname,
  HostnameSpec,
  KernelModule,
  KernelModuleSpec,
  Package,
  PackageSpec,
  Service,
  ServiceSpec,
  Sysctl,
  SysctlSpec,
  TimeZone,
  TimeZoneSpec,
} from "../providers/index.ts";
import { Area, type Whole } from "./area.ts";
import { named } from "./named.ts";
import { accounts } from "./storage.ts";

export const SystemConfig = z.strictObject({
  /** Debian packages (system:Package) by name. */
  packages: named(PackageSpec, "name"),
  /** Text files (system:File) by path. */
  files: named(FileSpec, "path"),
  /** Directories (system:Directory) by path. */
  directories: named(DirectorySpec, "path"),
  /** Units of systemd (system:Service) by name. */
  services: named(ServiceSpec, "name"),
  /** Kernel parameters (system:Sysctl) by name: `vm.swappiness: { value: 10 }`. */
  sysctl: named(SysctlSpec, "key"),
  /** Kernel modules (system:KernelModule) by name. */
  modules: named(KernelModuleSpec, "name"),
  /** The host's name (system:Hostname). Default: left alone. */
  hostname: HostnameSpec.shape.name.optional(),
  /** The time zone (system:TimeZone). Default: left alone. */
  timezone: TimeZoneSpec.shape.zone.optional(),
});
type SystemConfig = z.infer<typeof SystemConfig>;

/** System: what the host is made of below everything else. */
export class System extends Area {
  constructor(config: SystemConfig, whole: Whole) {
    super("System", whole);
    for (const spec of config.packages) this.add(Package, spec.name, spec, { provides: [`package ${spec.name}`] });
    for (const spec of config.files)
      this.add(File, spec.path, spec, {
        provides: [`path ${spec.path}`],
        needs: [`path ${above(spec.path)}`, `user ${spec.owner}`, `group ${spec.group}`],
      });
    for (const spec of config.directories)
      this.add(Directory, spec.path, spec, {
        provides: [`path ${spec.path}`],
        needs: [`path ${above(spec.path)}`, ...accounts(spec)],
      });
    for (const spec of config.services)
      this.add(Service, spec.name, spec, {
        provides: [`service ${spec.name}`],
        // A package most often has the name of its unit.
        needs: [`package ${spec.name.replace(/(@.*)?\.\w+$/, "")}`],
      });
    for (const spec of config.sysctl) this.add(Sysctl, spec.key, spec);
    for (const spec of config.modules) this.add(KernelModule, spec.name, spec);
    if (config.hostname !== undefined) this.add(Hostname, "hostname", { name: config.hostname });
    if (config.timezone !== undefined) this.add(TimeZone, "timezone", { zone: config.timezone });
  }
}

function above(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
