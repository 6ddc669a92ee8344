/** The commands that change the firewall of Proxmox VE: files that its daemon reads every ten seconds. */
import { withStdin, withTimeLimit, script, type Command } from "../../host/command.ts";
import { ALONE, ARM, digestOf, RECEIVE, STILL_MEANT } from "./pending.ts";

export const FOLDER = "/etc/pve/firewall";
export const DAEMON = "pve-firewall.service";

/** A file as it is to be. */
export interface NewFile {
  readonly path: string;
  /** Empty: no file. */
  readonly text: string;
}

/** Whether the daemon that puts the rules in force runs, and will after a boot; undefined: nobody can tell. */
export type Daemon = { readonly enabled: boolean; readonly active: boolean } | undefined;

export function daemonState(daemon: Daemon): { unit?: string } {
  if (daemon === undefined || (daemon.enabled && daemon.active)) return {};
  return { unit: daemon.enabled ? "inactive" : "disabled" };
}

/** /etc/pve takes a file whole by a rename, and has its own mind of owners and modes. */
const PUT = `
put() {
  [ ! -e "$2" ] || ! cmp -s -- "$1" "$2" || return 0
  if [ ! -s "$1" ]
  then
    rm -f -- "$2"
    return
  fi
  folder=\${2%/*}
  temp=$folder/.\${2##*/}.phoenix-new
  mkdir -p "$folder"
  (umask 027; cat -- "$1" >"$temp")
  mv -fT -- "$temp" "$2"
}
`;

// $dir/old has a file for each that was changed, and $dir/paths where they belong.
const ROLL_BACK = `${STILL_MEANT}${PUT}
while read -r path
do put "$dir/old/\${path##*/}" "$path"
done <"$dir/paths"
rm -rf -- "$dir"
echo 'phoenix-firewall: the change was not confirmed, the old rules are back'
`;

/** What pve-firewall has to say against the files; it goes by line numbers, which a change moves. */
const COMPLAINTS = `
complaints() { pve-firewall compile 2>&1 >/dev/null | sed 's/(line [0-9]*)//' | sort; }
`;

/** Puts the files, one after the other in $dir/new, in their places. The arguments: path and size of each. */
const PUT_ALL = `
put_all() {
  exec 3<"$dir/new"
  while [ $# -gt 0 ]
  do
    head -c "$2" <&3 >"$dir/part"
    put "$dir/part" "$1"
    shift 2
  done
  exec 3<&-
}
`;

// There is no way to let pve-firewall look at other files than its own. So the new ones are put in their places, with
// the way back prepared, and taken out again at once when pve-firewall complains: its daemon looks every ten seconds only.
const APPLY = `${RECEIVE}${PUT}${PUT_ALL}${COMPLAINTS}
seconds=$1 back=$2
shift 2
keep() {
  mkdir -p "$dir/old"
  [ ! -e "$dir/old/\${1##*/}" ] || return 0
  if [ -e "$1" ]; then cat -- "$1" >"$dir/now"; else : >"$dir/now"; fi
  echo "$1" >>"$dir/paths"
  mv -- "$dir/now" "$dir/old/\${1##*/}"
}
for word
do
  case $word in /*) keep "$word" ;; esac
done
# It may be a slow machine: what pve-firewall takes to look twice does not count.
began=$(date +%s)
complaints >"$dir/before"
took=$(($(date +%s) - began))
seconds=$((seconds + 4 * took))
${ARM}
put_all "$@"
complaints >"$dir/after"
if comm -13 "$dir/before" "$dir/after" | grep . >&2
then
  echo 'pve-firewall refuses the rules' >&2
  exit 1
fi
if [ -d /run/systemd/system ] && systemctl cat ${DAEMON} >/dev/null 2>&1
then systemctl is-active --quiet ${DAEMON} || systemctl enable --quiet --now ${DAEMON}
fi
# Only what is in force can be confirmed. The daemon looks every ten seconds; meanwhile others may change their rules.
flock -u 9
end=$(($(date +%s) + 20 + took))
while [ "$(date +%s)" -lt $end ] && pve-firewall status | grep -q 'pending changes'
do sleep 1
done
`;

/** `change`: the folder of the change. */
export function applyPve(change: string, files: readonly NewFile[], seconds: number): Command {
  const text = files.map((file) => file.text).join("");
  const args = [change, digestOf(text), String(seconds), ROLL_BACK, ...sizes(files)];
  return withTimeLimit(withStdin({ ...script("firewall-apply", APPLY, args), label: "firewall-apply" }, text), 600);
}

function sizes(files: readonly NewFile[]): string[] {
  return files.flatMap(({ path, text }) => [path, String(Buffer.byteLength(text))]);
}

const CONFIRM = `${ALONE}
digest=$1
shift
content() { for path; do [ ! -e "$path" ] || cat -- "$path"; done; }
[ -e "$dir/old" ] && [ "$(content "$@" | sha256sum | cut -c 1-64)" = "$digest" ] ||
  { echo 'it came too late: the host has put the old rules back' >&2; exit 1; }
rm -rf -- "$dir"
`;

export function confirmPve(change: string, files: readonly NewFile[], seconds: number): Command {
  const args = [change, digestOf(files.map(({ text }) => text).join("")), ...files.map(({ path }) => path)];
  const command = { ...script("firewall-confirm", CONFIRM, args), label: "firewall-confirm" };
  return withTimeLimit(command, Math.max(5, seconds - 5));
}

export function rollBackPve(change: string): Command {
  const text = `exec /bin/sh -euc "$2" roll-back "$1" now`;
  return { ...script("firewall-roll-back", text, [change, ROLL_BACK]), label: "firewall-roll-back" };
}

const TAKE_BACK = `${RECEIVE}${PUT}${PUT_ALL}
put_all "$@"
rm -rf -- "$dir"
`;

/** Puts files in place that have less in them than before: nobody is locked out by fewer rules and no policies. */
export function takeBackPve(change: string, files: readonly NewFile[]): Command {
  const text = files.map((file) => file.text).join("");
  const args = [change, digestOf(text), ...sizes(files)];
  return withStdin({ ...script("firewall-remove", TAKE_BACK, args), label: "firewall-remove" }, text);
}
