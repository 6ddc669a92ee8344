/**
 * A change that waits for its confirmation. All that it takes to take it back is in one folder of /run: a reboot takes
 * the folder away, and the change with it.
 */
import { createHash } from "node:crypto";

const DIRECTORY = "/run/phoenix-firewall";

/** What was there before the change: there while the change waits. */
export const OLD = `${DIRECTORY}/old`;

/** Who works on a change works alone: the timer, a confirmation, the next run. */
export const ALONE = `
dir=${DIRECTORY}
umask 077
mkdir -p $dir
exec 9>$dir.lock
flock 9
`;

/** Takes the new text from standard input to $dir/new, whole. $1: its digest. */
export const RECEIVE = `${ALONE}
cat >$dir/new
[ "$(sha256sum <$dir/new | cut -c 1-64)" = "$1" ] || { echo 'the new rules did not arrive whole' >&2; exit 1; }
`;

/**
 * Starts the clock: $2 seconds from now the script $3 is run with a token that tells it whether it is still meant.
 * Neither systemd's timer nor, where there is no systemd-run, a process of its own session ends with us.
 */
export const ARM = `
token=$(cat /proc/sys/kernel/random/uuid)
echo "$token" >$dir/token
printf '%s' "$3" >$dir/roll-back
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null
then
  systemd-run --quiet --collect --unit="phoenix-firewall-roll-back-$token" --on-active="$2" \\
    --timer-property=AccuracySec=100ms /bin/sh -eu $dir/roll-back "$token" 9>&-
else
  setsid /bin/sh -c 'sleep "$1"; exec /bin/sh -eu "$2" "$3"' wait "$2" $dir/roll-back "$token" \\
    </dev/null >/dev/null 2>&1 9>&- &
fi
`;

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
