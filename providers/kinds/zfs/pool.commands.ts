/** The commands that change pools. */
import { script, sh, withTimeLimit, type Command } from "../../host/command.ts";
import { written } from "./values.ts";
import { ruleOf } from "./dataset.properties.ts";
import { rootPropertyBack } from "./pool.view.ts";
import { ROLES, tops, type Top } from "./pool.members.ts";
import type { PoolSpec, Role } from "./pool.spec.ts";

/** Vdevs as zpool's command line has them. */
export function layout(vdevs: readonly { readonly role: Role; readonly vdev: Top }[]): string[] {
  return ROLES.flatMap((role) => {
    const words = vdevs
      .filter((one) => one.role === role)
      .flatMap(({ vdev }) => (vdev.type === "disk" ? vdev.disks : [vdev.type, ...vdev.disks]));
    return words.length === 0 || role === "vdevs" ? words : [role, ...words];
  });
}

/** zpool with arguments, once the disks are erased. Never with -f: what must be erased is, and nothing else. */
export function zpool(args: readonly string[], erase: readonly string[] = []): Command {
  const call =
    erase.length === 0
      ? script("zpool", ZPOOL, args)
      : script("erase-then-zpool", ERASE_FIRST, [...erase, "--", ...args]);
  return withTimeLimit(call, SECONDS);
}

export function create(want: PoolSpec, erase: readonly string[]): Command[] {
  const properties = Object.entries(want.properties ?? {});
  // `zpool create` takes no property of one's own.
  const ours = properties.filter(([name]) => name.includes(":"));
  const options = [
    ...properties.filter((pair) => !ours.includes(pair)).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...Object.entries(want.rootProperties ?? {}).flatMap(([name, value]) => ["-O", rootPair(name, value)]),
  ];
  const vdevs = ROLES.flatMap((role) => tops(want, role).map((vdev) => ({ role, vdev })));
  return [zpool(["create", ...options, want.name, ...layout(vdevs)], erase), ...setProperties(want.name, ours)];
}

/** Takes vdevs out, and leaves their disks as blank as they came. */
export function remove(pool: string, vdevs: readonly string[], erase: readonly string[]): Command {
  return withTimeLimit(script("zpool-remove-then-erase", REMOVE, [pool, ...vdevs, "--", ...erase]), SECONDS);
}

export function destroyPool(pool: string, erase: readonly string[]): Command {
  return withTimeLimit(script("zpool-destroy-then-erase", DESTROY, [pool, ...erase]), SECONDS);
}

/** One command however many properties: \`zpool set\` takes one at a time. */
export function setProperties(pool: string, pairs: readonly (readonly [name: string, value: string])[]): Command[] {
  const words = pairs.map(([name, value]) => `${name}=${value}`);
  if (words.length === 0) return [];
  return [words.length === 1 ? sh`zpool set ${words} ${pool}` : script("zpool-set", SET, [pool, ...words])];
}

/** Sets root properties and takes others back: one command each. */
export function setRootProperties(
  pool: string,
  pairs: readonly (readonly [name: string, value: string])[],
  dropped: readonly string[],
): Command[] {
  const defaults = dropped.flatMap((name) => {
    const back = rootPropertyBack(name);
    return typeof back === "object" ? [`${name}=${back.default}`] : [];
  });
  const words = [...pairs.map(([name, value]) => rootPair(name, value)), ...defaults];
  const inherited = dropped.filter((name) => rootPropertyBack(name) === "inherited");
  return [
    ...(words.length === 0 ? [] : [sh`zfs set ${words} ${pool}`]),
    ...(inherited.length === 0 ? [] : [script("zfs-inherit", INHERIT, [pool, ...inherited])]),
  ];
}

function rootPair(name: string, value: string): string {
  return `${name}=${written(ruleOf(name), value)}`;
}

/** A pool of many disks takes its time to be made or exported. */
const SECONDS = 600;

// Erases disks that are in no use: wipefs opens them exclusively and fails where they are. The kernel lets go of the
// disks of a pool only a moment after the pool is gone.
const ERASE = `
wipe() {
  tries=0
  until said=$(wipefs -q -a "$1" 2>&1); do
    case $said in *busy*) ;; *) tries=100 ;; esac
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { printf '%s\\n' "$said" >&2; return 1; }
    sleep 0.2
  done
}
erase() {
  # The disk itself and its partitions, but for the one that ZFS reserves.
  for device in $(lsblk -nrpo KNAME,PARTTYPE "$1" | grep -v 6a945a3b-1dd2-11b2-99a6-080020736631 | cut -d ' ' -f 1 | tac); do
    ! zdb -l "$device" >/dev/null 2>&1 || zpool labelclear -f "$device"
    wipe "$device"
  done
}
`;
// zpool makes partitions and goes by udev's links to them. It waits until each was there once; but udev makes links anew
// whenever a disk changes, so that one can be gone again when the kernel opens it. Nothing is done then, whatever zpool
// calls it: once udev is through with all, the same works.
export const PATIENTLY = `
zpool_patiently() {
  tries=0
  until said=$(zpool "$@" 2>&1); do
    code=$?
    case $said in
      *'no such pool or dataset'* | *'failed to detect device partitions'* | *'cannot resolve path'*) ;;
      *'devices is currently unavailable'*) ;;
      *) tries=3 ;;
    esac
    tries=$((tries + 1))
    [ $tries -le 3 ] || { printf '%s\\n' "$said" >&2; exit $code; }
    udevadm settle --timeout=60 || :
  done
}`;
const ZPOOL = `${PATIENTLY}
zpool_patiently "$@"`;
// ZFS waits for the partitions it makes; leftovers of the old ones that udev is still removing would deceive it.
const ERASE_FIRST = `${ERASE}${PATIENTLY}
while [ "$1" != -- ]; do erase "$1"; shift; done
shift
udevadm settle
zpool_patiently "$@"`;

const REMOVE = `${ERASE}
pool=$1; shift
while [ "$1" != -- ]; do zpool remove "$pool" "$1"; shift; done
shift
for disk; do erase "$disk"; done
udevadm settle`;

const DESTROY = `${ERASE}
zpool destroy "$1"; shift
for disk; do erase "$disk"; done
udevadm settle`;

const SET = `pool=$1; shift
for pair; do zpool set "$pair" "$pool"; done`;

const INHERIT = `pool=$1; shift
for property; do zfs inherit "$property" "$pool"; done`;
