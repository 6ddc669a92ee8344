/** Snapshots of containers on plain Debian: those of the datasets that are their root file systems. Pure. */
import { brief, script, sh } from "../../host/command.ts";
import { UserError } from "../../host/host.ts";
import type { sections } from "../../host/sections.ts";
import { entriesOf, valueOf } from "./debian.conf.ts";
import { rootfsOf } from "./debian.found.ts";
import { texts } from "./debian.parse.ts";
import type { SnapshotSpec } from "./snapshot.spec.ts";
import type { Found, Holder, Side } from "./snapshot.state.ts";

const DESCRIPTION = "phoenix-hypervisor:description";
const CONTENT = "phoenix-hypervisor:content";

/** Prints sections; the containers' numbers are the arguments. */
export const DEBIAN_QUERY = `
echo == lxc
command -v lxc-start || :
for id do set -- "$@" "/var/lib/lxc/$id/config"; shift; done
echo == configs
[ $# -eq 0 ] || held -Hn "$@"
echo == zfs
[ ! -e /sys/module/zfs ] || {
  all=$(zfs list -H -t filesystem -o name,mountpoint,mounted,origin)
  printf '%s\\n' "$all"
  mountpoints="
$(printf '%s\\n' "$all" | cut -f 2)
"
  roots=$([ $# -eq 0 ] || held -h "$@" |
    sed -n 's|^[[:space:]]*lxc.rootfs.path[[:space:]]*=[[:space:]]*\\(dir:\\)\\{0,1\\}\\(/[^[:space:]]*\\).*|\\2|p')
  set --
  for root in $roots
  do case $mountpoints in *"
$root
"*) set -- "$@" "$root" ;; esac
  done
  echo == snapshots
  [ $# -eq 0 ] || zfs list -Hp -t snapshot -d 1 -o name,creation,${CONTENT},${DESCRIPTION} "$@"
}
`;

interface Dataset {
  readonly name: string;
  readonly path: string | undefined;
  readonly origin: string;
}

export function parseDebian(section: ReturnType<typeof sections>): ReadonlyMap<number, Holder> {
  if (section("lxc").length === 0)
    throw new UserError("the host has no LXC; install it with: apt-get install lxc lxcfs uidmap");
  const datasets = section("zfs").map((line): Dataset => {
    const [name = "", path = "", mounted, origin = "-"] = line.split("\t");
    return { name, path: mounted === "yes" ? path : undefined, origin };
  });
  const holders = [...texts(section("configs"))].map(([id, text]): [number, Holder] => {
    const entries = entriesOf(text);
    const root = rootfsOf(entries);
    const dataset = datasets.find(({ path }) => path === root)?.name;
    const isTemplate = valueOf(entries, "#template") === "1";
    const impossible = [
      ...(isTemplate ? ["it is a template, which never changes: clone it as it is"] : []),
      ...(dataset === undefined ? [`its root file system, ${root}, is no mounted dataset of ZFS`] : []),
    ];
    if (dataset === undefined) return [Number(id), { snapshots: new Map(), impossible }];
    const found = section("snapshots").flatMap((line) => foundIn(line, dataset, datasets));
    return [Number(id), { snapshots: new Map(found), impossible, dataset, path: root }];
  });
  return new Map(holders);
}

function foundIn(line: string, dataset: string, datasets: readonly Dataset[]): [string, Found][] {
  const [whole = "", creation, content = "-", description = "-"] = line.split("\t");
  const [of, name = ""] = whole.split("@");
  if (of !== dataset) return [];
  const found = {
    snaptime: Number(creation),
    ...(content === "-" ? {} : { content }),
    ...(description === "-" ? {} : { description: plain(description) }),
    clones: datasets.flatMap((one) => (one.origin === whole ? [one.name] : [])),
  };
  return [[name, found]];
}

/** A description may have several lines, and zfs prints its values in one. */
function plain(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    // Written by hand.
    return text;
  }
}

export const debian: Side = {
  take: (want, holder) =>
    script("zfs-snapshot", `${FLUSH}zfs snapshot "$@"`, [holder.path ?? "", ...making(want, holder)]),
  replace: (want, holder) =>
    script("zfs-snapshot-anew", `${FLUSH}old=$1\nshift\nzfs destroy "$old"\nzfs snapshot "$@"`, [
      holder.path ?? "",
      nameOf(want, holder),
      ...making(want, holder),
    ]),
  describe: (want, _found, holder) =>
    brief(
      want.description === undefined
        ? sh`zfs inherit ${DESCRIPTION} ${nameOf(want, holder)}`
        : sh`zfs set ${assigned(DESCRIPTION, want.description)} ${nameOf(want, holder)}`,
    ),
  remove: (live, holder) => brief(sh`zfs destroy ${nameOf(live, holder)}`),
};

// What programs have written through a mapping of memory is not yet the file system's.
const FLUSH = `
sync -f -- "$1"
shift
`;

function making(want: SnapshotSpec, holder: Holder): string[] {
  const { description, content } = want;
  return [
    ...(description === undefined ? [] : ["-o", assigned(DESCRIPTION, description)]),
    ...(content === undefined ? [] : ["-o", `${CONTENT}=${content}`]),
    nameOf(want, holder),
  ];
}

function assigned(property: string, text: string): string {
  return `${property}=${JSON.stringify(text)}`;
}

function nameOf({ snapname }: SnapshotSpec, { dataset = "" }: Holder): string {
  return `${dataset}@${snapname}`;
}
