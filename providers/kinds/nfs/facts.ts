/** What one look at the host tells about its NFS exports. */
import { script, withStdin, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { parse as parseExports, type Broken, type Entry } from "./exports-file.ts";

export interface Facts {
  readonly server: { readonly enabled: boolean; readonly active: boolean };
  /** The text of each exports file, by its path. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  readonly entries: readonly Entry[];
  readonly broken: readonly Broken[];
  /** The live export table. */
  readonly table: readonly Entry[];
  /** The name under which the live table has a client: exportfs looks up the canonical one. */
  readonly names: ReadonlyMap<string, string>;
  /** Directories that exist. When all exports are asked for: those in our own files. */
  readonly directories: ReadonlyMap<string, Directory>;
  /** Where the asked directories are, symbolic links resolved. */
  readonly real: ReadonlyMap<string, string>;
  readonly datasets: readonly Dataset[];
}

export interface Directory {
  /** What stat(1) calls it: `directory`, `regular file`. */
  readonly type: string;
  readonly uid: string;
  readonly gid: string;
  readonly owner: string;
  readonly group: string;
  /** Octal, without leading zeros. */
  readonly mode: string;
}

export interface Dataset {
  readonly name: string;
  readonly mountpoint: string;
  readonly mounted: boolean;
  readonly canmount: string;
  readonly sharenfs: string;
}

/**
 * For named directories also what it takes to judge a plan: symbolic links, ZFS datasets. The live table is read from
 * /var/lib/nfs/etab, which is what `exportfs -v` prints, without its line breaks.
 */
export function query(paths: readonly string[] | undefined): Command {
  if (paths === undefined) return script("nfs-exports", QUERY, ["all"]);
  return withStdin(script("nfs-exports", QUERY, ["named"]), paths.join("\n"));
}

const QUERY = `
asked=$1
command -v exportfs >/dev/null || exit 0
echo == server
systemctl show nfs-server.service --property=LoadState --property=ActiveState --property=UnitFileState
echo == files
set --
for file in /etc/exports /etc/exports.d/*.exports; do [ ! -f "$file" ] || set -- "$@" "$file"; done
# 1: all of them are empty. Another export may be ended at this moment: a file that is gone by now holds nothing.
gone() { for file do [ -e "$file" ] || return 0; done; return 1; }
[ $# -eq 0 ] || grep -aHnZ '' -- "$@" || [ $? -eq 1 ] || gone "$@"
echo == table
etab=/var/lib/nfs/etab
[ -f $etab ] || etab=/dev/null
cat $etab
echo == names
set -- /dev/null
for file in /etc/exports.d/phoenix-*.exports; do [ ! -f "$file" ] || set -- "$@" "$file"; done
tab=$(printf '\\t')
sed -nE 's/^["/].*[[:space:]]([0-9.-]*[A-Za-z][A-Za-z0-9._-]*)\\([^()]*\\).*/\\1/p' -- "$@" | sort -u | while read -r name
do grep -qF -- "$tab$name(" $etab || echo "$name $(timeout 5 getent ahosts "$name" | sed -n '1s/.* //p')"
done
if [ "$asked" = named ]
then
  paths=$(cat)
  echo == real
  printf '%s\\n' "$paths"
  printf '%s\\n' "$paths" | xargs -d '\\n' realpath -m --
  echo == datasets
  [ ! -e /sys/module/zfs ] || zfs list -H -t filesystem -o mounted,canmount,sharenfs,name,mountpoint
else
  paths=$(sed -nE -e '/^["/]/!d' -e 's/^"([^"]*)".*/\\1/;t end' -e 's/[[:space:]].*//' -e ':end' \\
    -e 's/\\\\([0-7]{3})/\\\\0\\1/g' -e p -- "$@" | sort -u | while IFS= read -r path; do printf '%b\\n' "$path"; done)
fi
echo == directories
# 123: some are not there, which is an answer.
[ -z "$paths" ] || printf '%s\\n' "$paths" | xargs -d '\\n' stat -c '%F|%u|%g|%U|%G|%a|%n' -- || [ $? -eq 123 ]
`;

/** Throws a UserError when there is no NFS server. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the NFS exports: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const server = new Map(section("server").map((line) => line.split("=") as [string, string]));
  if ((server.get("LoadState") ?? "not-found") === "not-found")
    throw new UserError("the host has no NFS server; install it with: apt-get install nfs-kernel-server");
  const files = linesByFile(section("files"));
  const read = [...files].map(([file, lines]) => parseExports(file, lines));
  const real = section("real");
  const half = real.length / 2;
  return {
    server: { enabled: server.get("UnitFileState") === "enabled", active: server.get("ActiveState") === "active" },
    files,
    entries: read.flatMap(({ entries }) => entries),
    broken: read.flatMap(({ broken }) => broken),
    table: parseExports("/var/lib/nfs/etab", section("table")).entries,
    names: new Map(section("names").map((line) => line.split(" ") as [string, string])),
    directories: new Map(section("directories").flatMap(directory)),
    real: new Map(real.slice(0, half).map((path, i) => [path, real[half + i] ?? path])),
    datasets: section("datasets").map(dataset),
  };
}

/** `path NUL number:text`, as grep(1) prints it. */
function linesByFile(printed: readonly string[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const line of printed) {
    const [file = "", numbered = ""] = line.split("\0");
    const lines = files.get(file) ?? [];
    lines.push(numbered.slice(numbered.indexOf(":") + 1));
    files.set(file, lines);
  }
  return files;
}

function directory(line: string): [string, Directory][] {
  const [type = "", uid = "", gid = "", owner = "", group = "", mode = "", ...path] = line.split("|");
  return path.length === 0 ? [] : [[path.join("|"), { type, uid, gid, owner, group, mode }]];
}

function dataset(line: string): Dataset {
  const [mounted, canmount = "", sharenfs = "", name = "", mountpoint = ""] = line.split("\t");
  return { mounted: mounted === "yes", canmount, sharenfs, name, mountpoint };
}
