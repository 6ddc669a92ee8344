/** Ending a dataset: never with children or clones, and with what it holds only where the config says so. */
import { brief, script } from "../../host/command.ts";
import type { Context, Plan } from "../../kind.ts";
import { poolOf, type DatasetFacts } from "./dataset.facts.ts";
import type { DatasetState } from "./dataset.state.ts";
import { valueOf } from "./dataset.view.ts";
import { UNHURRIED } from "./unhurried.ts";

const WAY_OUT =
  "To destroy it with what it holds, declare allowDestroy: true and apply that first; " +
  "to keep it, take it out of the state: pulumi state delete";

export function destroy(live: DatasetState, _context: Context<DatasetState>, facts: DatasetFacts): Plan {
  const { name, allowDestroy } = live;
  const doubtful = live.type === "volume" && !allowDestroy && !neverWritten(name, facts);
  return {
    changes: [{ prop: "name", from: name, to: undefined }],
    refusals: doubtful ? [`the volume was written to, or cannot be told to be empty. ${WAY_OUT}`] : [],
    commands: [brief(script("zfs-destroy", DESTROY, [name, allowDestroy ? "with-data" : "if-empty"]))],
  };
}

/**
 * logicalreferenced of a volume that holds nothing, by the pool's ashift: a few blocks of metadata, whatever its size
 * and block size. One block that is written adds to it; one that is discarded or zeroed takes that off again.
 * Measured with OpenZFS 2.3.9 (stripe, mirror, raidz). Encrypted volumes and other ashifts refer to more: those cannot
 * be told to be empty.
 */
const EMPTY_VOLUME: Readonly<Record<number, string>> = { 9: "6144", 12: "28672", 13: "53248" };

function neverWritten(name: string, { datasets, pools }: DatasetFacts): boolean {
  const found = datasets.get(name);
  const ashift = pools.get(poolOf(name))?.ashift ?? 0;
  return found !== undefined && valueOf(found, "logicalreferenced") === EMPTY_VOLUME[ashift];
}

// What stands in the way is looked for right before it matters, and only then: a host can have tens of thousands of
// snapshots. Whatever appears in between, `zfs destroy` refuses by itself: no -r, -R or -f here.
// What is at a file system's mount point may be something else: it is mounted elsewhere, or something over it. So it is
// looked into by a mount of our own, that nobody else sees; a mounted one cannot be mounted read-only beside. Slave: what
// others unmount meanwhile must not stay mounted there, and busy.
const DESTROY = `${UNHURRIED}
name=$1 consent=$2 reasons=
look() {
  place=$(mktemp -d) by=zfsutil,
  [ "$at" != legacy ] || by=
  unshare --mount --propagation slave /bin/sh -euc '
    mount -t zfs -o "$3ro" -- "$1" "$2" 2>/dev/null || mount -t zfs -o "$3rw" -- "$1" "$2"
    stat -c %d:%i -- "$2"
    find "$2" -mindepth 1 -maxdepth 1 ! -name .zfs -printf "%f\\n"
    umount -- "$2"
  ' look "$name" "$place" "$by" || :
  rmdir -- "$place"
}
few() {
  awk 'NR <= 3 { list = list (NR > 1 ? ", " : "") $0 } END { printf "%d (%s%s)", NR, list, (NR > 3 ? ", …" : "") }'
}
reason() { reasons="$reasons\${reasons:+; }$1"; }
some() { printf '%s\\n' "$1" | few; }

facts=$(zfs list -H -o type,mounted,mountpoint -- "$name")
type=$(printf '%s' "$facts" | cut -f 1) mounted=$(printf '%s' "$facts" | cut -f 2) at=$(printf '%s' "$facts" | cut -f 3)
children=$(zfs list -H -o name -t filesystem,volume -d 1 -- "$name" | sed 1d)
snapshots=$(zfs list -H -o name,clones,userrefs -t snapshot -d 1 -- "$name")
clones=$(printf '%s' "$snapshots" | cut -f 2 | tr ',' '\\n' | sed '/^-\\{0,1\\}$/d')
held=$(printf '%s' "$snapshots" | awk -F'\\t' '$3 > 0 { print $1 }')
[ "$children" = '' ] || reason "it has children, which are never destroyed with it: $(some "$children")"
[ "$clones" = '' ] || reason "clones depend on its snapshots (zfs promote frees them): $(some "$clones")"
[ "$held" = '' ] || reason "snapshots are held (zfs holds): $(some "$held")"
[ "$consent" = with-data ] || [ "$snapshots" = '' ] ||
  reason "it has snapshots: $(printf '%s\\n' "$snapshots" | cut -f 1 | few)"
case $type$mounted$consent in filesystemyes* | filesystemnoif-empty)
  found=$(look 2>&1)
  root=$(printf '%s\\n' "$found" | sed -n '1s/^[0-9]*:[0-9]*$/&/p') data=$(printf '%s\\n' "$found" | sed 1d)
  here=nowhere
  case $mounted$at in yes/*) here=$(stat -c %d:%i -- "$at" || :) ;; esac
  if [ "$root" = '' ]; then reason "it cannot be looked into: $found"
  elif [ "$mounted" = yes ] && [ "$here" != "$root" ]; then
    reason "what is at its mount point ($at) is something else: it is mounted elsewhere, or something over it (findmnt)"
  fi
  [ "$root" = '' ] || [ "$consent" = with-data ] || [ "$data" = '' ] || reason "it holds data: $(some "$data")"
esac
[ "$reasons" = '' ] || { printf '%s\\n' "it is not destroyed: $reasons. ${WAY_OUT}" >&2; exit 1; }
# A busy file system is found out before its snapshots are gone.
[ "$mounted" != yes ] || unhurried unmount -- "$name"
[ "$snapshots" = '' ] || zfs destroy "$name@%"
unhurried destroy "$name"
`;
