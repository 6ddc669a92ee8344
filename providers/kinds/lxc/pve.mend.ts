/** Snapshots that a run of ours was cut off at: how they are known, and how they are ended. Shell text. */
import { OURS } from "../system/ours.ts";

/** While we take or delete a snapshot there is a file ID@NAME here, which says which of these. */
export const BEGUN = `${OURS}/snapshots`;

/**
 * Its lock is held by those who are at it: us, the pct that we have called, and what that has called, which ends a moment
 * later where pct is killed.
 */
const AT_IT = "/run/lock/phoenix-hypervisor-snapshot";

// Proxmox VE writes down that it is at it, and locks the container, until it has done: whoever is killed meanwhile leaves
// both behind. Then it takes no snapshot of that name, and changes nothing else of the container. `--force`: of some
// volumes there may be no snapshot yet, or any more.
export const MEND = `
watched() { # snapshot or delsnapshot, container, snapshot, …
  mend "$2"
  [ "$1" = snapshot ] || grep -qFx "[$3]" "/etc/pve/lxc/$2.conf" || return 0
  exec 8>>"${AT_IT}-$2@$3"
  flock -w 60 8 || { echo "another run is at the snapshot $3 of container $2" >&2; exit 1; }
  mkdir -p ${BEGUN}
  printf '%s\\n' "$1" >"${BEGUN}/$2@$3"
  sync -- "${BEGUN}/$2@$3" ${BEGUN}
  pct_ "$@"
  rm -f -- "${BEGUN}/$2@$3"
  exec 8>&-
}
mend() { # container
  for note in "${BEGUN}/$1@"*
  do
    [ -e "$note" ] || continue
    exec 7>>"${AT_IT}-\${note##*/}"
    if flock -w 60 7 && [ -e "$note" ]
    then
      left=
      [ ! -e "/etc/pve/lxc/$1.conf" ] || left=$(left_behind "$1" "\${note##*@}" "$(cat "$note")")
      [ -z "$left" ] || finish "$1" "\${note##*@}" "$left"
      rm -f -- "$note"
    fi
    exec 7>&-
  done
}
finish() { # container, snapshot, what is left of it
  [ "$3" = section ] || mended=$(pct unlock "$1" 2>&1) || unmended "$1" "$2" "$mended"
  mended=$(pct delsnapshot "$1" "$2" --force 1 2>&1) || unmended "$1" "$2" "$mended"
}
unmended() { echo "the snapshot $2 of container $1 is half done, and cannot be deleted: $3" >&2; exit 1; }
left_behind() { # container, snapshot, what we were at: whether it is half done, and has left the container locked
  awk -v name="[$2]" -v at="$3" '
    /^\\[/ { section = $1; there = there || section == name }
    section == "" && $1 == "lock:" { lock = $2 }
    $1 == "snapstate:" { if (section == name) half = 1; else other = 1 }
    END {
      if (at == "delsnapshot" && lock == "snapshot-delete" && there && !other) half = 1
      if (half) print (lock ~ /^snapshot(-delete)?$/ ? "lock" : "section")
    }
  ' "/etc/pve/lxc/$1.conf"
}
`;
