/** What the host tells about pools and disks: one script, one pure parser. */
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { parseDevices, type Devices, type Label } from "./pool.disks.ts";
import { parseStatus, type Status } from "./pool.status.ts";

export interface Property {
  readonly value: string;
  readonly source: string;
}

export interface LivePool {
  readonly name: string;
  readonly properties: ReadonlyMap<string, Property>;
  /** Properties of the root file system. Undefined while the pool does no I/O: reading them would fail, or hang. */
  readonly root?: ReadonlyMap<string, Property>;
  readonly status: Status;
}

/** What is read only when pools are asked for by name: it opens every disk that is not in use. */
export interface DeepFacts {
  /** Pools on the disks that are not imported. */
  readonly importable: readonly Status[];
  /** Signatures on a device, by kernel name: `ext4`, `gpt`, `zfs_member`; `unreadable` where it cannot be looked at. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  /** Labels, by kernel name. */
  readonly labels: ReadonlyMap<string, Label>;
  /** Datasets and snapshots right below the roots, by pool. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** The features that this ZFS has, as pool properties: `feature@lz4_compress`. */
  readonly features: ReadonlySet<string>;
  /** Sector sizes that vdevs were made with, as powers of two, by pool and zpool's name of the vdev. */
  readonly ashifts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface PoolFacts {
  readonly pools: ReadonlyMap<string, LivePool>;
  readonly devices: Devices;
  readonly deep?: DeepFacts;
}

export type DeepPoolFacts = PoolFacts & { readonly deep: DeepFacts };

// Sections begin with a NUL, which no value can hold. Volumes (major 230) are left out, as are RAM disks and optical
// drives: a host has thousands of volumes, and what guests keep in theirs is no matter of the host's pools.
const LOOK = `
links() { find "$1" -type l ! -path '*/by-diskseq/*' -printf '%p\\t%l\\n'; }
section() { printf '\\0%s\\n' "$1"; }
# One that ends while we look is left out.
ended() { for pool do zpool list "$pool" >/dev/null 2>&1 || return 0; done; return 1; }
command -v zpool >/dev/null || { section no-zfs; exit 0; }
[ -d /sys/module/zfs ] || zfs version >/dev/null 2>&1 || { section no-module; exit 0; }
section properties
# One pool at a time: of several, \`zpool get all\` leaves out what users have made up.
zpool list -H -o name | while IFS= read -r pool
do zpool get -Hp -o name,property,value,source all "$pool" || ended "$pool"
done
section status; zpool status -pP
section roots
awake=$(zpool list -H -o name,health | awk '$2 == "ONLINE" || $2 == "DEGRADED" { print $1 }')
[ -z "$awake" ] || zfs get -Hp -d 0 -o name,property,value,source all $awake || ended $awake
section devices
lsblk -J -b -e 1,11,230 -o NAME,KNAME,TYPE,FSTYPE,PARTTYPE,UUID,LABEL,MOUNTPOINTS
section links
for folder in /dev/disk /dev/mapper; do
  [ -d "$folder" ] || continue
  # udev takes links away while we look, and makes them anew.
  found=$(links "$folder" 2>/dev/null) || { udevadm settle --timeout=60 || :; found=$(links "$folder"); }
  [ "$found" = '' ] || printf '%s\\n' "$found"
done
[ $# -gt 0 ] || exit 0
# What a pool uses or is mounted is in use, and so is the disk that it is on: nothing of it can be taken.
members=$(zpool status -LP | awk '$2 ~ /^(ONLINE|DEGRADED|AVAIL|INUSE)$/ { printf "%s ", $1 }')
free=$(lsblk -nrpo KNAME,PKNAME,PARTTYPE,MOUNTPOINT -e 1,11,230 | awk -F '[ ]' -v members="$members" '
  BEGIN { split(members, list, " "); for (i in list) busy[list[i]] }
  { name[NR] = $1; parent[NR] = $2; type[NR] = $3; if ($4 != "") busy[$1] }
  END {
    for (i in name) if (name[i] in busy && parent[i] != "") above[parent[i]]
    for (i in name) {
      reserved = type[i] == "6a945a3b-1dd2-11b2-99a6-080020736631" && parent[i] in above
      if (!(name[i] in busy) && !(name[i] in above) && !reserved && !(name[i] in seen)) print name[i], type[i]
      seen[name[i]]
    }
  }' | sort)
section signatures
names=$(printf '%s' "$free" | cut -d ' ' -f 1)
# wipefs gives up at the first device that cannot be read; then each is asked for itself.
signatures=$([ -z "$names" ] || wipefs -n -i -O DEVICE,TYPE $names 2>/dev/null || for device in $names; do
  wipefs -n -i -O DEVICE,TYPE "$device" 2>/dev/null || printf '%s unreadable\\n' "$device"
done)
printf '%s\\n' "$signatures"
labelled=$(printf '%s\\n%s\\n' "$signatures" "$free" |
  awk '{ sub("^/dev/", "", $1) } $2 == "zfs_member" || $2 == "6a898cc3-1dd2-11b2-99a6-080020736631" { print $1 }' | sort -u)
section labels
for device in $labelled; do
  echo "device: $device"
  zdb -l "/dev/$device" 2>/dev/null || true # that there is no label is an answer, too
done
section features
cat /sys/module/zfs/features.pool/*/uname
section importable
# It says so on stderr and fails when there is none.
[ -z "$labelled" ] || zpool import -d /dev/disk/by-id 2>/dev/null || true
for pool in $awake; do
  for asked; do
    [ "$pool" = "$asked" ] || continue
    section "children $pool"
    zfs list -H -o name -t filesystem,volume,snapshot -d 1 "$pool" || ended "$pool"
    section "ashift $pool"
    # Cache disks and spares have none, and before OpenZFS 2.2 no vdev tells: then there is nothing to compare.
    zpool get -Hp -o name,value ashift "$pool" all-vdevs 2>/dev/null || true
  done
done
section end
`;

/** Imports are looked for on every disk, which can take a while on a host with many that sleep. */
const SECONDS = 300;

export function guidOf({ properties }: LivePool): string {
  return properties.get("guid")?.value ?? "";
}

export function query(ids: readonly string[] | undefined): Command {
  return withTimeLimit(script("zfs-pools", LOOK, [...(ids ?? [])]), SECONDS);
}

export function parse({ code, stdout, stderr }: Result): PoolFacts {
  const sections = new Map(
    stdout
      .split("\0")
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("\n")), section.slice(section.indexOf("\n") + 1)]),
  );
  if (sections.has("no-zfs")) throw new UserError("there is no ZFS on the host: apt install zfsutils-linux zfs-dkms");
  if (sections.has("no-module")) throw new UserError("the ZFS kernel module is not loaded: modprobe zfs");
  if (code !== 0) throw new UserError(`cannot read the host's pools: exit code ${String(code)}: ${stderr.trim()}`);
  const section = (name: string) => sections.get(name) ?? "";
  const properties = byName(section("properties"));
  const roots = byName(section("roots"));
  return {
    pools: new Map(
      parseStatus(section("status")).map((status) => {
        const name = status.pool;
        const root = roots.get(name);
        return [name, { name, status, properties: properties.get(name) ?? new Map(), ...(root && { root }) }];
      }),
    ),
    devices: parseDevices(section("devices"), section("links")),
    ...(sections.has("end") ? { deep: parseDeep(sections) } : {}),
  };
}

/** Lines of `name TAB property TAB value TAB source`. A user property's value may hold line ends and tabs. */
function byName(text: string): Map<string, Map<string, Property>> {
  const all = new Map<string, Map<string, Property>>();
  for (const line of text.split("\n")) {
    const [name = "", property, ...rest] = line.split("\t");
    const source = rest.pop();
    if (property === undefined || source === undefined) continue;
    const of = all.get(name) ?? new Map<string, Property>();
    all.set(name, of.set(property, { value: rest.join("\t"), source }));
  }
  return all;
}

function parseDeep(sections: ReadonlyMap<string, string>): DeepFacts {
  const rows = (name: string) =>
    (sections.get(name) ?? "").split("\n").flatMap((line) => (line === "" ? [] : [line.trim().split(/[ \t]+/)]));
  const perPool = <T>(prefix: string, read: (rows: string[][]) => T) =>
    new Map(
      [...sections.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => [name.slice(prefix.length), read(rows(name))]),
    );
  const signatures = new Map<string, string[]>();
  for (const [device = "", type = ""] of rows("signatures"))
    signatures.set(kname(device), [...new Set([...(signatures.get(kname(device)) ?? []), type])]);
  return {
    importable: parseStatus(sections.get("importable") ?? ""),
    signatures,
    labels: parseLabels(sections.get("labels") ?? ""),
    children: perPool("children ", (found) => found.flatMap(([name = ""]) => (/[/@]/.test(name) ? [name] : []))),
    features: new Set(rows("features").map(([name = ""]) => `feature@${name}`)),
    ashifts: perPool("ashift ", (found) => new Map(found.map(([name = "", value = ""]) => [name, value]))),
  };
}

function kname(device: string): string {
  return device.replace(/^\/dev\//, "");
}

/** `zdb -l` of several devices, each behind a line `device: …`. Of labels that differ the latest counts. */
export function parseLabels(text: string): Map<string, Label> {
  const labels = new Map<string, Label>();
  for (const part of text.split(/^device: /m).slice(1)) {
    const device = kname(part.slice(0, part.indexOf("\n")));
    const all = (key: string) =>
      [...part.matchAll(new RegExp(`^ +${key}: '?(.*?)'?$`, "gm"))].map(([, found]) => found ?? "");
    if (all("version").length === 0) continue;
    labels.set(device, {
      pool: all("name")[0] ?? "",
      poolGuid: all("pool_guid")[0] ?? "",
      state: all("state")[0] ?? "",
      txg: all("txg").sort((a, b) => Number(b) - Number(a))[0] ?? "",
      hostname: all("hostname")[0] ?? "",
    });
  }
  return labels;
}
