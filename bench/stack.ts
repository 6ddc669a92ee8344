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

/** The datasets of that stack as a shell script makes them. */
export function shellScript(datasets: number): string {
  const options = Object.entries(PROPERTIES).map(([property, value]) => `-o ${property}=${value}`);
  const lines = names(datasets).map((each) => `zfs create ${options.join(" ")} ${each}`);
  return `set -e\n${lines.join("\n")}\n`;
}
