/** What changes a container of Proxmox VE: the steps it takes, in one command. */
import { script, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";
import { BIND } from "./container.bind.ts";
import { MAKE } from "./container.made.ts";
import { READY, readyCall, startCalls } from "./container.ready.ts";
import type { State } from "./container.state.ts";
import { DROPPED, KEPT } from "./pve.facts.ts";
import { MEND } from "./pve.mend.ts";
import { ROOTFS } from "./rootfs.ts";

/** One call of pct, or of a function of {@link FUNCTIONS}. */
export type Step = readonly string[];

/** The steps as one command: each runs when the one before it has succeeded. */
export function inOrder(steps: readonly Step[], seconds: number, stdin?: string | Secret): Command {
  const words = steps.flatMap((step) => [String(step.length), ...step]);
  const command = withTimeLimit(script("pct-in-order", IN_ORDER, words), seconds);
  const label = steps.map(labelOf).join(" && ");
  const labelled = { ...command, label };
  return stdin === undefined ? labelled : withStdin(labelled, stdin);
}

function labelOf(step: Step): string {
  return script("", "", step).label.replace(/^''? ?/, "");
}

/** Calls pct; waits for whoever has the container in hand. */
export const pct = (...words: readonly string[]): Step => ["pct_", ...words];

/** Starts it, and fails where it does not stay up, or is not ready in time. */
export const start = (want: State): readonly Step[] => startCalls(want, ["start", String(want.vmid)]);

/** Waits where an earlier run started it and did not see it ready. */
export const waited = (live: State, want: State): readonly Step[] =>
  live.unready === true && want.ready !== undefined ? [readyCall(want.vmid, want.ready)] : [];

/** Stops it: by itself within so many seconds, and hard after that where it is allowed. */
export const stop = (id: string, { timeout, forceStop }: { timeout: number; forceStop: boolean }): Step => [
  "stop",
  id,
  String(timeout),
  ...(forceStop ? ["force"] : []),
];

/** Lines of LXC in its file: `-line` goes, `+line` is added. */
export const lines = (id: string, edit: readonly string[]): Step => ["lines", id, ...edit];

/** Makes lines of notes, as they stand in its file, those of one of its snapshots. */
export const notes = (id: string, snapname: string, all: readonly string[]): Step => ["notes", id, snapname, ...all];

/** Ends it without the volumes of its mounts; `anew`: what it was is kept until {@link restored}. */
export const end = (id: string, anew = false): Step => ["end", id, ...(anew ? ["anew"] : [])];

/** Gives one that was made anew its firewall's file back, and forgets what it was. */
export const restored = (id: string): Step => ["restored", id];

/** Notes down that one is being made which {@link own} has to finish. */
export const begin = (id: string): Step => ["begin", id];

/** Gives its root file system what is its own; root's password and keys come on standard input. */
export const own = (id: string, what: readonly ("identity" | "password" | "keys")[], hostname: string): Step => [
  "own",
  id,
  hostname,
  ...what,
];

// Locks of the tools are waited for in uneven steps, so that not all who wait come back at once. One that says that a
// backup or a migration is under way may last for hours: it is told.
const FUNCTIONS = `
hint=
pct_() {
  patience=$(($(date +%s) + 120))
  while :
  do
    ! said=$(pct "$@" 2>&1 </dev/null) || return 0
    case $said in
      *"can't lock file"*'got timeout'* | *'got lock request timeout'*) ;;
      *'CT is locked (create)'* | *'CT is locked (disk)'* | *'CT is locked (fstrim)'* | *'CT is locked (rollback)'*) ;;
      *'CT is locked (snapshot'*) mend "$2" ;;
      *) break ;;
    esac
    [ "$(date +%s)" -lt $patience ] || break
    sleep "1.$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')"
  done
  printf '%s\\n' "pct $1 failed: $said" \${hint:+"$hint"} >&2
  exit 1
}
start() {
  pct_ start "$1"
  # It fails, and says so, where the container goes on: that is what is hoped for.
  ! lxc-wait -n "$1" -s 'STOPPED|STOPPING|ABORTING' -t 2 2>/dev/null || {
    echo "it stopped right after it was started; its last lines:" >&2
    # It may have written in one place only.
    { journalctl -u "pve-container@$1" -n 20 --no-pager -o cat; tail -n 20 "/var/log/lxc/$1.log"; } 2>/dev/null >&2
    exit 1
  }
}
stop() {
  if [ "\${3:-}" = force ]
  then set -- "$1" --timeout "$2" --forceStop 1
  else set -- "$1" --timeout "$2"
  fi
  hint="It had $3 seconds: give it more with shutdown.timeout, or have it stopped hard after that with shutdown.forceStop: true"
  pct_ shutdown "$@"
  hint=
  # pct is done a little before the container is.
  lxc-wait -n "$1" -s STOPPED -t 60 || { echo "container $1 was stopped, and still runs a minute later" >&2; exit 1; }
}
lock() {
  [ -d /run/lock/lxc ] || mkdir -p /run/lock/lxc
  exec 9>"/run/lock/lxc/pve-config-$1.lock"
  flock -w 120 9 || { echo "somebody holds the lock of container $1: /run/lock/lxc/pve-config-$1.lock" >&2; exit 1; }
}
put() {
  cat >"/etc/pve/lxc/$1.conf.tmp.$$"
  mv -f "/etc/pve/lxc/$1.conf.tmp.$$" "/etc/pve/lxc/$1.conf"
}
lines() {
  id=$1
  shift
  lock "$id"
  # A container that runs has them until its next start.
  for line
  do case $line in -lxc.*) mkdir -p ${DROPPED}; printf '%s\\n' "\${line#-}" >>"${DROPPED}/$id" ;; esac
  done
  edited=$(EDIT=$(printf '%s\\n' "$@") awk '
    BEGIN {
      for (n = split(ENVIRON["EDIT"], words, "\\n"); i++ < n;)
        if (words[i] ~ /^-/) gone[substr(words[i], 2)]; else add[++adds] = substr(words[i], 2)
    }
    function finish() { for (i = 1; i <= adds; i++) print add[i]; adds = 0; past = 1 }
    /^\\[/ && !past { finish() }
    /^[ \\t]*$/ { held = held "\\n"; next }
    !past && /^lxc\\.[a-z0-9_.-]+[ \\t]*[:=]/ {
      line = $0
      key = line; sub(/[ \\t]*[:=].*/, "", key)
      sub(/^[^:= \\t]+[ \\t]*[:=][ \\t]*/, "", line); sub(/[ \\t]+$/, "", line)
      if (key ": " line in gone) next
    }
    { printf "%s", held; held = ""; print }
    END { if (!past) finish(); printf "%s", held }
  ' "/etc/pve/lxc/$id.conf")
  printf '%s\\n' "$edited" | put "$id"
  exec 9>&-
}
notes() {
  id=$1 section=$2
  shift 2
  lock "$id"
  edited=$(SECTION="[$section]" NOTES=$(printf '%s\\n' "$@") awk '
    /^\\[/ { inside = $1 == ENVIRON["SECTION"]; print; if (inside && ENVIRON["NOTES"] != "") print ENVIRON["NOTES"]; next }
    !inside || !/^#/
  ' "/etc/pve/lxc/$id.conf")
  printf '%s\\n' "$edited" | put "$id"
  exec 9>&-
}
end() {
  lock "$1"
  kept=$(cat "/etc/pve/lxc/$1.conf")
  if [ "\${2:-}" != anew ]
  then forget "$1"
  # What an attempt has kept that was cut off is more than the file has now.
  elif [ -e "${KEPT}/$1" ]
  then set -- "$1" again
  else
    forget "$1"
    mkdir -p ${KEPT}
    # pct destroy takes the firewall's file along.
    [ ! -e "/etc/pve/firewall/$1.fw" ] || cat "/etc/pve/firewall/$1.fw" >"${KEPT}/$1.fw"
    printf '%s\\n' "$kept" >"${KEPT}/$1.new"
    mv -fT -- "${KEPT}/$1.new" "${KEPT}/$1"
    sync -- ${KEPT}
  fi
  printf '%s\\n' "$kept" | sed -E '/^(mp|unused)[0-9]+:/d' | put "$1"
  exec 9>&-
  rm -f -- "/var/lib/lxc/.phoenix-$1"
  (pct_ destroy "$1") || { printf '%s\\n' "$kept" | put "$1"; [ "\${2:-}" = again ] || forget "$1"; exit 1; }
  made "$1"
}
forget() { rm -f -- "${KEPT}/$1" "${KEPT}/$1.fw"; }
restored() {
  [ ! -e "${KEPT}/$1.fw" ] || cat "${KEPT}/$1.fw" >"/etc/pve/firewall/$1.fw"
  forget "$1"
}
begin() {
  mkdir -p /var/lib/lxc
  : >"/var/lib/lxc/.phoenix-$1"
}
own() {
  id=$1 hostname=$2 root=/var/lib/lxc/$1/rootfs
  shift 2
  pct_ mount "$id"
  trap 'pct unmount "$id"' EXIT
  for what
  do
    case $what in
      identity) rootfs_identity "$root" "$hostname" ;;
      # Only its own line: openssl would read on.
      password) IFS= read -r password; printf '%s\\n' "$password" | rootfs_password "$root" ;;
      keys) rootfs_keys "$root" ;;
    esac
  done
  trap - EXIT
  pct_ unmount "$id"
  rm -f -- "/var/lib/lxc/.phoenix-$id"
}
`;

// Each step comes as the number of its words and the words. The text that `eval` gets holds numbers only.
const IN_ORDER = `
${BIND}
${READY}
${MAKE}
${ROOTFS}
${MEND}
${FUNCTIONS}
while [ $# -gt 0 ]
do
  last=$(($1 + 1)) words= i=2
  while [ $i -le $last ]
  do words="$words \\"\\\${$i}\\"" i=$((i + 1))
  done
  eval "$words"
  shift $last
done
`;
