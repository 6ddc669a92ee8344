/** The commands that change the firewall of Proxmox VE: its one file, which its daemon reads every ten seconds. */
import { withStdin, withTimeLimit, script, type Command } from "../../host/command.ts";
import { ALONE, ARM, digestOf, RECEIVE } from "./pending.ts";

export const CLUSTER = "/etc/pve/firewall/cluster.fw";
export const DAEMON = "pve-firewall.service";

/** /etc/pve takes a file whole by a rename, and has its own mind of owners and modes. */
const PUT = `
put() {
  mkdir -p ${CLUSTER.replace(/\/[^/]*$/, "")}
  temp=${CLUSTER.replace(/\/([^/]*)$/, "/.$1.phoenix-new")}
  (umask 027; cat -- "$1" >"$temp")
  mv -fT -- "$temp" ${CLUSTER}
}
`;

const ROLL_BACK = `${ALONE}${PUT}
[ -e $dir/old ] || exit 0
[ "$1" = now ] || [ "$1" = "$(cat $dir/token)" ] || exit 0
if [ -s $dir/old ]; then put $dir/old; else rm -f -- ${CLUSTER}; fi
rm -rf $dir
echo 'phoenix-firewall: the change was not confirmed, the old rules are back'
`;

/** What pve-firewall has to say against the files; it goes by line numbers, which a change moves. */
const COMPLAINTS = `
complaints() { pve-firewall compile 2>&1 >/dev/null | sed 's/(line [0-9]*)//' | sort; }
`;

// There is no way to let pve-firewall look at another file than its own. So the new one is put in its place, with the
// way back prepared, and taken out again at once when pve-firewall complains: its daemon looks every ten seconds only.
const APPLY = `${RECEIVE}${PUT}${COMPLAINTS}
if [ ! -e $dir/old ]
then
  if [ -e ${CLUSTER} ]; then cat ${CLUSTER} >$dir/now; else : >$dir/now; fi
  mv $dir/now $dir/old
fi
# It may be a slow machine: what pve-firewall takes to look twice does not count.
began=$(date +%s)
complaints >$dir/before
took=$(($(date +%s) - began))
set -- "$1" $(($2 + 4 * took)) "$3"
${ARM}
put $dir/new
complaints >$dir/after
if comm -13 $dir/before $dir/after | grep . >&2
then
  echo 'pve-firewall refuses the rules' >&2
  exit 1
fi
if [ -d /run/systemd/system ] && systemctl cat ${DAEMON} >/dev/null 2>&1
then systemctl is-active --quiet ${DAEMON} || systemctl enable --quiet --now ${DAEMON}
fi
# Only what is in force can be confirmed. The daemon looks every ten seconds.
end=$(($(date +%s) + 20 + took))
while [ "$(date +%s)" -lt $end ] && pve-firewall status | grep -q 'pending changes'
do sleep 1
done
`;

export function applyPve(text: string, seconds: number): Command {
  const command = {
    ...script("firewall-apply", APPLY, [digestOf(text), String(seconds), ROLL_BACK]),
    label: "firewall-apply",
  };
  return withTimeLimit(withStdin(command, text), 600);
}

const CONFIRM = `${ALONE}
digest=$1
[ -e $dir/old ] && [ "$(sha256sum <${CLUSTER} | cut -c 1-64)" = "$digest" ] ||
  { echo 'it came too late: the host has put the old rules back' >&2; exit 1; }
rm -rf $dir
`;

export function confirmPve(text: string, seconds: number): Command {
  const command = { ...script("firewall-confirm", CONFIRM, [digestOf(text)]), label: "firewall-confirm" };
  return withTimeLimit(command, Math.max(5, seconds - 5));
}

export const rollBackPve: Command = {
  ...script("firewall-roll-back", `exec /bin/sh -euc "$1" roll-back now`, [ROLL_BACK]),
  label: "firewall-roll-back",
};

/** Puts a file in place that has less in it than before: nobody is locked out by fewer rules and no policies. */
export function takeBackPve(text: string): Command {
  const command = {
    ...script("firewall-remove", `${RECEIVE}${PUT}put $dir/new\nrm -rf $dir\n`, [digestOf(text)]),
    label: "firewall-remove",
  };
  return withStdin(command, text);
}
