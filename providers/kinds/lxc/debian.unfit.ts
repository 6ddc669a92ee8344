/** What plain Debian's LXC cannot do, by name of what is declared. Pure. */
import type { ContainerSpec } from "./container.spec.ts";
import { canMount } from "./debian.mounts.ts";

const PVE = "is a matter of Proxmox VE";

export function unfit(spec: ContainerSpec): string[] {
  const { interfaces = {}, mounts = {}, devices = {}, features = {} } = spec;
  return [
    ...(spec.ostemplate !== undefined && !spec.ostemplate.startsWith("/")
      ? [`ostemplate: ${spec.ostemplate} ${PVE}; declare the archive's path on the host`]
      : []),
    ...Object.keys(spec.rootfs ?? {}).map((key) => `rootfs.${key}: it ${PVE}; set a property of the dataset`),
    ...(spec.timezone === undefined ? [] : ["timezone: LXC does not set it; the container's own system does"]),
    ...(spec.hookscript === undefined
      ? []
      : [`hookscript: it ${PVE}; declare a line in lxc, such as lxc.hook.start-host: /root/hook`]),
    ...(spec.cmode === undefined ? [] : [`cmode: it ${PVE}`]),
    ...(spec.startup?.down === undefined
      ? []
      : ["startup.down: LXC has one time limit for all containers, SHUTDOWNDELAY in /etc/default/lxc"]),
    ...(features.keyctl === false ? ["features.keyctl: LXC always lets containers use keyctl"] : []),
    ...(features.mknod === true ? [`features.mknod: it ${PVE}; declare the devices in devices`] : []),
    ...Object.entries(interfaces).flatMap(([name, one]) => [
      ...(one.firewall === true ? [`interfaces.${name}.firewall: it ${PVE}`] : []),
    ]),
    ...Object.entries(mounts).flatMap(([path, mount]) => [
      ...(["backup", "acl", "quota", "replicate", "shared"] as const).flatMap((key) =>
        mount[key] === undefined ? [] : [`mounts.${path}.${key}: it ${PVE}`],
      ),
      ...(spec.unprivileged !== false && mount.mountoptions?.includes("noatime") === true
        ? [
            `mounts.${path}.mountoptions: the kernel keeps noatime from unprivileged containers; set atime=off on the dataset`,
          ]
        : []),
      ...(mount.ro !== true && mount.mountoptions?.some((option) => /^no(dev|exec|suid)$/.test(option)) === true
        ? [
            `mounts.${path}.mountoptions: LXC leaves nodev, noexec and nosuid out where a mount is not read-only; ` +
              "set devices=off, exec=off or setuid=off on the dataset",
          ]
        : []),
      ...(canMount(mount.mountoptions ?? [])
        ? []
        : [`mounts.${path}.mountoptions: discard is for no file system of ZFS`]),
    ]),
    ...Object.entries(devices).flatMap(([name, device]) =>
      device["deny-write"] === true ? [`devices.${name}.deny-write: it ${PVE}; declare a mode`] : [],
    ),
    ...(spec.unprivileged === false && Object.keys(devices).length > 0
      ? ["devices: a privileged container needs lines for them in lxc: lxc.cgroup2.devices.allow and lxc.mount.entry"]
      : []),
  ];
}
