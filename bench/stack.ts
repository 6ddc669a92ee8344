/** The stacks that are measured, and what a person would type to read or make the same. */
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

/** A whole host: a pool, 12 datasets, 6 exports, 8 shares, 3 users, 40 firewall rules, packages. */
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
].join("; ");

/** The datasets of that stack as a shell script makes them. */
export function shellScript(datasets: number): string {
  const options = Object.entries(PROPERTIES).map(([property, value]) => `-o ${property}=${value}`);
  const lines = names(datasets).map((each) => `zfs create ${options.join(" ")} ${each}`);
  return `set -e\n${lines.join("\n")}\n`;
}
