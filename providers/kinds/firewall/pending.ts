/**
 * A change that waits for its confirmation. All that it takes to take it back is in one folder of /run: a reboot takes
 * the folder away, and the change with it. Each script has the folder as its first argument.
 */
import { createHash } from "node:crypto";

/** The folder for a change of the host's ruleset. */
export const CHANGE = "/run/phoenix-firewall";

/** The folder for a change of a guest's rules. */
export function changeOf(vmid: number | string): string {
  return `${CHANGE}-${String(vmid)}`;
}

/** What was there before the change, in its folder: there while the change waits. */
export const OLD = "old";

/** Who works on a change works alone: the timer, a confirmation, the next run. */
export const ALONE = `
dir=$1
shift
umask 077
mkdir -p "$dir"
exec 9>${CHANGE}.lock
flock 9
`;

/** Takes the new text from standard input to $dir/new, whole. $1: its digest, which goes. */
export const RECEIVE = `${ALONE}
cat >"$dir/new"
[ "$(sha256sum <"$dir/new" | cut -c 1-64)" = "$1" ] || { echo 'the new rules did not arrive whole' >&2; exit 1; }
shift
`;

/**
 * Starts the clock: $seconds from now the script $back is run with the folder, a token that tells it whether it is still
 * meant, and all arguments. Neither systemd's timer nor, where there is no systemd-run, a process of its own session ends
 * with us.
 */
export const ARM = `
token=$(cat /proc/sys/kernel/random/uuid)
echo "$token" >"$dir/token"
printf '%s' "$back" >"$dir/roll-back"
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null
then
  systemd-run --quiet --collect --unit="phoenix-firewall-roll-back-$token" --on-active="$seconds" \\
    --timer-property=AccuracySec=100ms /bin/sh -eu "$dir/roll-back" "$dir" "$token" "$@" 9>&-
else
  setsid /bin/sh -c 'sleep "$1"; shift; exec /bin/sh -eu "$@"' wait "$seconds" "$dir/roll-back" "$dir" "$token" "$@" \\
    </dev/null >/dev/null 2>&1 9>&- &
fi
`;

/** Ends a script that takes a change back unless it is still meant: $1 is its token, or `now`. */
export const STILL_MEANT = `${ALONE}
[ -e "$dir/old" ] || exit 0
[ "$1" = now ] || [ "$1" = "$(cat "$dir/token")" ] || exit 0
shift
`;

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
