/** What the host tells about datasets: one script, one pure parser. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";

export interface Property {
  readonly value: string;
  /** Where the value comes from: `local`, `received`, `default`, `inherited from …`, `temporary`, `-`. */
  readonly source: string;
}

/** The root directory of a mounted file system. */
export interface Directory {
  readonly mode: string;
  readonly owner: readonly [name: string, id: string];
  readonly group: readonly [name: string, id: string];
}

export interface Pool {
  readonly health: string;
  /** Put before every mount point of the pool; empty: nothing is. */
  readonly altroot: string;
  /** 0: each vdev has its own. */
  readonly ashift: number;
}

export interface DatasetFacts {
  /** Of each dataset what is set on it, and {@link ALWAYS}. */
  readonly datasets: ReadonlyMap<string, ReadonlyMap<string, Property>>;
  /** By mount point. */
  readonly directories: ReadonlyMap<string, Directory>;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Version of the ZFS kernel module: `2.3.9-1`. */
  readonly version: string;
  /** The native properties that this version knows. */
  readonly known: readonly string[];
}

/** Properties that are told whatever their source; of others, what is inherited or default is left out. */
const ALWAYS = [
  "canmount casesensitivity encryption encryptionroot keyformat keylocation keystatus logicalreferenced mounted",
  "mountpoint normalization pbkdf2iters refreservation referenced type used utf8only version volblocksize volsize xattr",
  "zoned",
].join(" ");

// Snapshots are never read: a host can have tens of thousands. Sections end with a NUL, which no value can hold.
// A property with a line end or a tab in its value has another number of columns and is left out. A mount point that has
// gone since is left out, too: hence no word from stat.
const LOOK = `
zpool list -Hp -o name,health,altroot,ashift
printf '\\0'
cat /sys/module/zfs/version
ls /sys/module/zfs/properties.dataset
printf '\\0'
{
  zfs get -Hp -t filesystem,volume -o name,property,value,source all "$@" | awk -F'\\t' '
    BEGIN { split("${ALWAYS}", names, " "); for (i in names) always[names[i]] }
    NF == 4 && ($2 in always || $4 == "local" || $4 == "received" || $4 == "temporary") {
      print
      if ($2 == "mounted" && $3 == "yes") mounted[$1]
      if ($2 == "mountpoint" && $3 ~ /^\\//) at[$1] = $3
    }
    END {
      printf "%c", 0
      fflush()
      for (name in mounted) if (name in at) print at[name] >"/dev/fd/3"
    }' 3>&1 >&4 |
    xargs -r -d '\\n' stat --printf '%a\\t%U\\t%u\\t%G\\t%g\\t%n\\n' -- 2>/dev/null || :
} 4>&1
`;

/** Bytes of names that fit into a command beside the script; beyond that, all datasets are asked for. */
const MOST_NAMES = 60_000;

/** With names: these and their parents. */
export function query(ids: readonly string[] | undefined): Command {
  const names = [...new Set((ids ?? []).flatMap((id) => [id, parentOf(id)]))];
  const few = names.join(" ").length <= MOST_NAMES;
  return script("zfs-datasets", LOOK, few ? names : []);
}

export function parentOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}

export function poolOf(name: string): string {
  return name.split("/")[0] ?? "";
}

/** Of names that are asked for: what is not there yet, and what the pool's health explains. */
const EXPECTED = /^cannot open '.*': (dataset does not exist|pool I\/O is currently suspended)$/;

export function parse({ code, stdout, stderr }: Result): DatasetFacts {
  const trouble = lines(stderr).filter((line) => !EXPECTED.test(line));
  if (code !== 0 || trouble.length > 0) throw new UserError(unreadable(trouble.join("\n")));
  const [pools = "", module = "", properties = "", directories = ""] = stdout.split("\0");
  const [version = "", ...known] = lines(module);
  return {
    datasets: datasets(lines(properties)),
    directories: new Map(lines(directories).map(directory)),
    pools: new Map(lines(pools).map(pool)),
    version,
    known,
  };
}

function unreadable(trouble: string): string {
  if (/(zpool|zfs): (command )?not found/.test(trouble))
    return "there is no ZFS on the host: apt install zfsutils-linux (and zfs-dkms where the kernel has no ZFS module)";
  if (/initialize the libzfs library|modules? (cannot be auto-loaded|are not loaded)/.test(trouble))
    return "the ZFS kernel module is not loaded: modprobe zfs (it must be built for the running kernel: dkms status)";
  return `the host's datasets cannot be read: ${trouble || "zfs printed nothing"}`;
}

function lines(section: string): string[] {
  return section.split("\n").filter((line) => line !== "");
}

function pool(line: string): [string, Pool] {
  const [name = "", health = "", altroot = "", ashift = ""] = line.split("\t");
  return [name, { health, altroot: altroot === "-" ? "" : altroot, ashift: Number(ashift) }];
}

function directory(line: string): [string, Directory] {
  const [mode = "", user = "", uid = "", group = "", gid = "", ...at] = line.split("\t");
  return [at.join("\t"), { mode, owner: [user, uid], group: [group, gid] }];
}

/** The first word on a property counts: ZFS prints its own properties before those that users have made up. */
function datasets(rows: readonly string[]): Map<string, Map<string, Property>> {
  const found = new Map<string, Map<string, Property>>();
  for (const row of rows) {
    const [name = "", property = "", value = "", source = ""] = row.split("\t");
    const of = found.get(name) ?? new Map<string, Property>();
    if (!of.has(property)) of.set(property, { value, source });
    found.set(name, of);
  }
  return found;
}
