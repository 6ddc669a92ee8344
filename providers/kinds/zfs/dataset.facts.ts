/** What the host tells about datasets: one script, one pure parser. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";

export interface Property {
  readonly value: string;
  readonly source: string;
}

export interface Directory {
  readonly owner: readonly [name: string, id: string];
  readonly group: readonly [name: string, id: string];
  readonly mode: string;
}

export interface DatasetFacts {
  readonly datasets: ReadonlyMap<string, ReadonlyMap<string, Property>>;
  readonly directories: ReadonlyMap<string, Directory>;
  readonly pools: readonly string[];
  /** Known only of datasets that were asked for by name. */
  readonly children: readonly string[];
  readonly snapshots: readonly { readonly name: string; readonly clones: string }[];
  /** Mount points of asked-for file systems that hold something. */
  readonly filled: readonly string[];
}

// With names: only those, and what stands in the way of destroying them. Snapshots are never read without names:
// a host can have tens of thousands. A name that does not exist is no failure: zfs goes on with the others, and what is
// missing shows by not being listed.
const LOOK = `
command -v zfs >/dev/null || { echo '== no-zfs'; exit 0; }
zfs version >/dev/null 2>&1 || { echo '== no-module'; exit 0; }
echo '== pools'; zpool list -H -o name
echo '== properties'
zfs get -Hp -t filesystem,volume -o name,property,value,source all "$@" 2>/tmp/.phoenix-zfs.$$ || {
  grep -v 'dataset does not exist' /tmp/.phoenix-zfs.$$ >&2 && { rm -f /tmp/.phoenix-zfs.$$; exit 1; }; }
rm -f /tmp/.phoenix-zfs.$$
echo '== directories'
zfs list -H -t filesystem -o mounted,mountpoint | sed -n 's/^yes\\t//p' | grep '^/' | tr '\\n' '\\0' |
  xargs -0r stat --printf '%n\\t%U\\t%u\\t%G\\t%g\\t%a\\n' --
[ "$#" -gt 0 ] || exit 0
echo '== below'
zfs list -H -t filesystem,volume,snapshot -d 1 -o name,clones -- "$@" 2>/dev/null || :
echo '== filled'
zfs list -H -t filesystem -o mounted,mountpoint -- "$@" 2>/dev/null | sed -n 's/^yes\\t//p' | while read -r at; do
  find "$at" -mindepth 1 -maxdepth 1 -printf "$at\\n" -quit; done
`;

export const query = (ids: readonly string[] | undefined): Command => script("zfs-datasets", LOOK, [...(ids ?? [])]);

export function parse({ code, stdout, stderr }: Result): DatasetFacts {
  const lines = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of stdout.split("\n")) {
    if (line.startsWith("== ")) lines.set(line.slice(3), (section = lines.get(line.slice(3)) ?? []));
    else if (line !== "") section.push(line);
  }
  if (lines.has("no-zfs")) throw new UserError("there is no ZFS on the host: apt install zfsutils-linux zfs-dkms");
  if (lines.has("no-module")) throw new UserError("the ZFS kernel module is not loaded: modprobe zfs");
  if (code !== 0) throw new UserError(`cannot read the host's datasets: ${stderr.trim()}`);
  const rows = (name: string) => (lines.get(name) ?? []).map((line) => line.split("\t"));
  return {
    datasets: properties(rows("properties")),
    directories: new Map(
      rows("directories").map(([at = "", user = "", uid = "", group = "", gid = "", mode = ""]) => [
        at,
        { owner: [user, uid] as const, group: [group, gid] as const, mode },
      ]),
    ),
    pools: lines.get("pools") ?? [],
    children: rows("below").flatMap(([name = ""]) => (name.includes("@") ? [] : [name])),
    snapshots: rows("below").flatMap(([name = "", clones = ""]) =>
      name.includes("@") ? [{ name, clones: clones === "-" ? "" : clones }] : [],
    ),
    filled: lines.get("filled") ?? [],
  };
}

function properties(rows: readonly string[][]): Map<string, Map<string, Property>> {
  const datasets = new Map<string, Map<string, Property>>();
  for (const [name = "", property = "", value = "", source = ""] of rows) {
    const of = datasets.get(name) ?? new Map<string, Property>();
    datasets.set(name, of.set(property, { value, source }));
  }
  return datasets;
}
