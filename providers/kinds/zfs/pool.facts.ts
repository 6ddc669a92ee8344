/** What the host tells about pools and disks: one script, pure parsers. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import type { Property } from "./dataset.facts.ts";

export interface Vdev {
  readonly type: string;
  /** Kernel devices of whole disks (`/dev/vdb`), or what is left of the name of a missing one. */
  readonly disks: readonly string[];
}

export interface LivePool {
  readonly health: string;
  readonly size: string;
  readonly allocated: string;
  readonly errors: string;
  readonly groups: Readonly<Record<"vdevs" | "special" | "log" | "cache" | "spare", readonly Vdev[]>>;
  readonly properties: ReadonlyMap<string, Property>;
  readonly root: ReadonlyMap<string, Property>;
}

export interface PoolFacts {
  readonly pools: ReadonlyMap<string, LivePool>;
  /** From a path below /dev to the whole disk it is, or is a part of. */
  readonly disks: ReadonlyMap<string, string>;
  /** What a disk carries, in words, by its kernel device. */
  readonly carries: ReadonlyMap<string, string>;
  /** Pools that could be imported; known only when pools were asked for by name. */
  readonly importable: readonly string[];
  /** Data sets below each pool's root. */
  readonly datasets: readonly string[];
}

const LOOK = `
command -v zpool >/dev/null || { echo '== no-zfs'; exit 0; }
zfs version >/dev/null 2>&1 || { echo '== no-module'; exit 0; }
echo '== pools'; zpool list -H -o name,health,size,allocated
echo '== properties'; zpool get -Hp -o name,property,value,source all
echo '== root'; zpool list -H -o name | xargs -r zfs get -Hp -o name,property,value,source all
echo '== datasets'; zpool list -H -o name | xargs -r zfs list -H -o name -d 1 -t filesystem,volume
echo '== status'; zpool status -P
echo '== links'; find /dev/disk -type l -printf '%p\\t' -exec readlink -f {} \\;
echo '== blocks'; lsblk -n -P -p -o NAME,PKNAME,TYPE,FSTYPE,PTTYPE,MOUNTPOINT
[ "$#" -eq 0 ] || { echo '== importable'; zpool import -d /dev/disk/by-id 2>/dev/null | sed -n 's/^ *pool: //p'; }
`;

// Without pools to import, \`zpool import\` says so on stderr and fails: that is the usual case, not an error.
export const query = (ids: readonly string[] | undefined): Command => script("zfs-pools", LOOK, [...(ids ?? [])]);

export function parse({ code, stdout, stderr }: Result): PoolFacts {
  const lines = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of stdout.split("\n")) {
    if (line.startsWith("== ")) lines.set(line.slice(3), (section = []));
    else section.push(line);
  }
  if (lines.has("no-zfs")) throw new UserError("there is no ZFS on the host: apt install zfsutils-linux zfs-dkms");
  if (lines.has("no-module")) throw new UserError("the ZFS kernel module is not loaded: modprobe zfs");
  if (!lines.has("blocks"))
    throw new UserError(`cannot read the host's pools (exit ${String(code)}): ${stderr.trim()}`);
  const rows = (name: string) => (lines.get(name) ?? []).filter((line) => line !== "").map((line) => line.split("\t"));
  const { disks, carries } = blocks(lines.get("blocks") ?? [], rows("links"));
  const properties = byName(rows("properties"));
  const roots = byName(rows("root"));
  const status = statuses(lines.get("status") ?? [], disks);
  const pools = rows("pools").map(([name = "", health = "", size = "", allocated = ""]): [string, LivePool] => {
    const { groups, errors } = status.get(name) ?? { groups: noGroups(), errors: "unknown" };
    return [
      name,
      {
        health,
        size,
        allocated,
        errors,
        groups,
        properties: properties.get(name) ?? new Map(),
        root: roots.get(name) ?? new Map(),
      },
    ];
  });
  return {
    pools: new Map(pools),
    disks,
    carries,
    importable: (lines.get("importable") ?? []).filter((line) => line !== ""),
    datasets: (lines.get("datasets") ?? []).filter((line) => line.includes("/")),
  };
}

function byName(rows: readonly string[][]): Map<string, Map<string, Property>> {
  const all = new Map<string, Map<string, Property>>();
  for (const [name = "", property = "", value = "", source = ""] of rows)
    all.set(name, (all.get(name) ?? new Map<string, Property>()).set(property, { value, source }));
  return all;
}

function blocks(lines: readonly string[], links: readonly string[][]) {
  const disks = new Map<string, string>();
  const carries = new Map<string, string>();
  for (const line of lines.filter((one) => one !== "")) {
    const field = Object.fromEntries(
      [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const { NAME = "", PKNAME = "", TYPE = "", FSTYPE = "", PTTYPE = "", MOUNTPOINT = "" } = field;
    const whole = TYPE === "disk" ? NAME : (disks.get(PKNAME) ?? PKNAME);
    disks.set(NAME, whole);
    const what =
      MOUNTPOINT !== ""
        ? `${NAME} is mounted at ${MOUNTPOINT}`
        : FSTYPE !== ""
          ? `${NAME} has ${FSTYPE}`
          : PTTYPE !== ""
            ? `${NAME} has a ${PTTYPE} partition table`
            : TYPE === "disk"
              ? ""
              : `${NAME} is a ${TYPE}`;
    if (what !== "") carries.set(whole, [carries.get(whole), what].filter(Boolean).join(", "));
  }
  for (const [link = "", device = ""] of links) disks.set(link, disks.get(device) ?? device);
  return { disks, carries };
}

const noGroups = () => ({
  vdevs: [] as Vdev[],
  special: [] as Vdev[],
  log: [] as Vdev[],
  cache: [] as Vdev[],
  spare: [] as Vdev[],
});
const HEADINGS: Readonly<Record<string, keyof ReturnType<typeof noGroups>>> = {
  special: "special",
  logs: "log",
  cache: "cache",
  spares: "spare",
  dedup: "special",
};

/** `zpool status -P`, the text form: the JSON form begins with OpenZFS 2.3 only. */
function statuses(lines: readonly string[], disks: ReadonlyMap<string, string>) {
  const pools = new Map<string, { groups: ReturnType<typeof noGroups>; errors: string }>();
  let [pool, inConfig, group] = ["", false, "vdevs" as keyof ReturnType<typeof noGroups>];
  for (const line of lines) {
    const [, key, value = ""] = /^ *(pool|errors|config): ?(.*)$/.exec(line) ?? [];
    if (key === "pool") pools.set((pool = value), { groups: noGroups(), errors: "none" });
    if (key === "config") [inConfig, group] = [true, "vdevs"];
    const entry = pools.get(pool);
    if (key === "errors" && entry !== undefined) {
      inConfig = false;
      entry.errors = value === "No known data errors" ? "none" : value;
    }
    const [, indent = "", name = ""] = /^\t( *)(\S+)/.exec(line) ?? [];
    if (!inConfig || entry === undefined || name === "" || name === "NAME" || (name === pool && indent === ""))
      continue;
    const heading = indent === "" ? HEADINGS[name] : undefined;
    if (heading !== undefined) group = heading;
    else place(entry.groups[group], name, disks, line);
  }
  return pools;
}

/** A line of the tree: a vdev of several disks, or a disk of the last such vdev or on its own. */
function place(vdevs: Vdev[], name: string, disks: ReadonlyMap<string, string>, line: string): void {
  const depth = /^\t( *)/.exec(line)?.[1]?.length ?? 0;
  const [, type] = /^(mirror|raidz[123]|replacing|spare)-\d+$/.exec(name) ?? [];
  if (type === "mirror" || type?.startsWith("raidz") === true) vdevs.push({ type, disks: [] });
  if (type !== undefined) return;
  const was = / was (\/dev\/\S+)/.exec(line)?.[1];
  const disk = disks.get(was ?? name) ?? was ?? name;
  const last = vdevs.at(-1);
  if (depth > 2 && last !== undefined) vdevs[vdevs.length - 1] = { ...last, disks: [...last.disks, disk] };
  else vdevs.push({ type: "stripe", disks: [disk] });
}
