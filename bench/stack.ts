/** The stacks that are measured, and what a person would type to read or make the same. */
import { OLD as DRIVER } from "../test/support/nvidia.ts";

export const POOL = "bench";

/** Made by hand, before: what is measured is datasets and exports. */
export const NEW_POOL = `zpool destroy ${POOL} 2>/dev/null; zpool create ${POOL} /dev/disk/by-id/virtio-disk1`;

/** One command that reads the facts which the kinds read. */
export const READ_ALL = [
  "cat /etc/machine-id",
  "zpool list -Hp -o name,health,altroot,ashift",
  "zfs get -Hp -t filesystem,volume -o name,property,value,source all",
  `stat -c '%a %U %u %G %g %n' /${POOL}/*`,
  "systemctl show nfs-server.service --property=LoadState,ActiveState,UnitFileState",
  "cat /etc/exports /etc/exports.d/*.exports /var/lib/nfs/etab",
].join("; ");

const PROPERTIES = { compression: "zstd", recordsize: "1M", atime: "off" };

const name = (i: number) => `${POOL}/d${String(i).padStart(3, "0")}`;
const names = (count: number) => Array.from({ length: count }, (_, i) => name(i));

/** A configuration with so many datasets, and so many of them exported. */
export function stack(connection: object, datasets: number, exports: number): Record<string, unknown> {
  const dataset = { properties: PROPERTIES, allowDestroy: true };
  const exported = { clients: { "10.0.0.0/24": ["rw", "sync", "no_subtree_check"] } };
  return {
    connection,
    protect: "false",
    storage: { datasets: Object.fromEntries(names(datasets).map((each) => [each, dataset])) },
    sharing: { exports: Object.fromEntries(names(exports).map((each) => [`/${each}`, exported])) },
  };
}

const USERS = ["ann", "bob", "eve"];
const PACKAGES = ["nfs-kernel-server", "samba", "nftables", "sudo"];

/** A whole host: a pool, 12 datasets, 6 exports, 8 shares, 3 users, 40 firewall rules, packages, NVIDIA's driver. */
export function host(connection: object): Record<string, unknown> {
  const { storage, sharing } = stack(connection, 12, 6) as Record<"storage" | "sharing", object>;
  const port = (i: number) => ({ type: "in", action: "ACCEPT", proto: "tcp", dport: 8000 + i, source: "10.0.0.0/24" });
  const share = (path: string) => ({ path: `/${path}`, parameters: { "valid users": USERS, "read only": false } });
  const each = <T>(keys: readonly string[], value: (key: string) => T) =>
    Object.fromEntries(keys.map((key) => [key, value(key)]));
  return {
    connection,
    protect: "false",
    storage: {
      ...storage,
      pools: {
        [POOL]: {
          vdevs: [{ type: "stripe", disks: ["/dev/disk/by-id/virtio-disk1"] }],
          // The pool of the other parts was on it.
          wipe: ["/dev/disk/by-id/virtio-disk1"],
          rootProperties: { compression: "lz4" },
          allowDestroy: true,
        },
      },
    },
    sharing: {
      ...sharing,
      samba: {
        server: { parameters: { workgroup: "BENCH", "server min protocol": "SMB3" } },
        users: each(USERS, (user) => ({ secret: user })),
        shares: Object.fromEntries(names(8).map((path) => [path.replace("/", "-"), share(path)])),
      },
    },
    network: {
      firewall: {
        policy_in: "DROP",
        rules: [{ type: "in", action: "ACCEPT", macro: "SSH" }, ...Array.from({ length: 39 }, (_, i) => port(i))],
      },
    },
    access: { users: each(USERS, () => ({ shell: "/bin/bash", sudo: ["ALL=(ALL:ALL) NOPASSWD: /usr/bin/id"] })) },
    gpu: { driver: { version: DRIVER } },
    system: { packages: each(PACKAGES, () => ({})) },
    secrets: each(USERS, (user) => `of ${user}`),
  };
}

/** One command that reads the facts of such a host which the kinds read. */
export const READ_HOST = [
  READ_ALL,
  `zpool get -Hp -o name,property,value,source all ${POOL}`,
  "zpool status -pP",
  "lsblk -J -b -o NAME,KNAME,TYPE,FSTYPE,PARTTYPE,UUID,LABEL,MOUNTPOINTS",
  "find /dev/disk /dev/mapper -type l -printf '%p %l\\n'",
  "systemctl show smbd.service nmbd.service --property=Id,LoadState,ActiveState,UnitFileState",
  "testparm -svl 2>/dev/null",
  "cat /etc/samba/*.conf",
  "pdbedit -L -w",
  "nft -s -nn list ruleset",
  `getent passwd ${USERS.join(" ")}`,
  ...USERS.map((user) => `id ${user}; cat /etc/sudoers.d/*${user}`),
  `dpkg-query -W ${PACKAGES.join(" ")}`,
  `apt-cache policy ${PACKAGES.join(" ")}`,
  "dpkg-query -W",
  "modprobe --showconfig",
  "ls -l /boot /var/lib/dkms/*/*; modinfo -F version nvidia-current",
  "grep . /sys/bus/pci/devices/*/vendor",
  "cat /etc/modprobe.d/*nvidia* /etc/apt/preferences.d/*nvidia*; systemctl show phoenix-nvidia",
  "find /usr/lib -name 'libnvidia-ml.so*'",
].join("; ");

const TEMPLATE = 100;

/** So many containers on plain Debian: a template, copies of it, and every fifth runs. */
export function containers(connection: object, count: number): Record<string, unknown> {
  const copy = (vmid: number) => ({
    ...{ clone: { from: TEMPLATE }, hostname: `c${String(vmid)}`, memory: 64, swap: 0, cores: 1, tags: ["bench"] },
    interfaces: { eth0: { bridge: "vmbr0", ip: `10.10.10.${String(vmid)}/24` } },
    mounts: { "/media": { source: "/srv/media", ro: true } },
    running: vmid % 5 === 0,
    allowDestroy: true,
  });
  const ids = Array.from({ length: count - 1 }, (_, i) => TEMPLATE + 1 + i);
  return {
    connection,
    protect: "false",
    containers: {
      [TEMPLATE]: {
        ostemplate: "/var/lib/vz/template/cache/busybox-lab_1_amd64.tar.zst",
        ...{ storage: POOL, size: "64M", template: true, allowDestroy: true },
      },
      ...Object.fromEntries(ids.map((id) => [id, copy(id)])),
    },
  };
}

/** Begins the copies by hand, as definitions: what is measured comes after that. */
export function copies(count: number): string {
  const lines = [
    "mkdir -p /var/lib/lxc/$id",
    `zfs clone ${POOL}/subvol-${String(TEMPLATE)}-disk-0@__base__ ${POOL}/subvol-$id-disk-0`,
    `sed "/template = /d; s/subvol-${String(TEMPLATE)}/subvol-$id/" /var/lib/lxc/${String(TEMPLATE)}/config >/var/lib/lxc/$id/config`,
  ];
  return `for id in $(seq ${String(TEMPLATE + 1)} ${String(TEMPLATE + count - 1)}); do ${lines.join("; ")}; done`;
}

/** One command that reads the facts of such containers which the kind reads. */
export const READ_CONTAINERS = [
  "cat /etc/machine-id",
  "cat /var/lib/lxc/*/config",
  "zfs list -Hp -t filesystem -o name,mounted,mountpoint,refquota,origin",
  `cat /${POOL}/*/etc/resolv.conf /${POOL}/*/etc/os-release`,
  "cat /sys/fs/cgroup/lxc.payload.*/memory.max /sys/fs/cgroup/lxc.payload.*/memory.swap.max",
  "cat /sys/fs/cgroup/lxc.payload.*/cpuset.cpus /sys/fs/cgroup/lxc.payload.*/cpu.max",
  "for id in $(lxc-ls --running -1); do nsenter -t $(lxc-info -n $id -pH) -n -u sh -c 'hostname; ip -j address; ip -j route'; done",
  "ip -j link",
  "bridge -j vlan",
  "stat /srv/media",
  "systemctl show lxc.service --property=UnitFileState",
].join("; ");

/** The datasets of that stack as a shell script makes them. */
export function shellScript(datasets: number): string {
  const options = Object.entries(PROPERTIES).map(([property, value]) => `-o ${property}=${value}`);
  const lines = names(datasets).map((each) => `zfs create ${options.join(" ")} ${each}`);
  return `set -e\n${lines.join("\n")}\n`;
}
