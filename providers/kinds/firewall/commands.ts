/** The commands that change the firewall of a plain Debian host. */
import { script, withStdin, withTimeLimit, type Command } from "../../host/command.ts";
import { restoreFile, writeFile } from "../../host/file.ts";
import { TABLE } from "./nft.ts";
import { ALONE, ARM, digestOf, RECEIVE } from "./pending.ts";

export const FILE = "/etc/nftables.d/phoenix.nft";
export const UNIT = "phoenix-firewall.service";
export const UNIT_FILE = `/etc/systemd/system/${UNIT}`;

/**
 * A unit of its own: /etc/nftables.conf is other people's, and loading it flushes all tables. So ours is loaded after
 * nftables.service, and again whenever that one starts, reloads or restarts.
 */
export const UNIT_TEXT = `# Managed by phoenix-hypervisor: what is changed here by hand is changed back.
[Unit]
Description=The firewall rules of phoenix-hypervisor
ConditionPathExists=${FILE}
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
StandardInput=null
ExecStart=/usr/sbin/nft -f ${FILE}
ExecReload=/usr/sbin/nft -f ${FILE}
ExecStop=-/usr/sbin/nft delete table ${TABLE}

[Install]
WantedBy=sysinit.target nftables.service
`;

const MODE = { mode: "644" };

export function writeUnit(): Command {
  return writeFile(UNIT_FILE, UNIT_TEXT, MODE);
}

export function restoreUnit(before: string | undefined): Command {
  return restoreFile(UNIT_FILE, before, MODE);
}

/** Puts the text where the boot finds it; the rules that are live stay. */
export function keep(text: string): Command {
  return writeFile(FILE, text, MODE);
}

export function restoreKept(before: string | undefined): Command {
  return restoreFile(FILE, before, MODE);
}

/** Makes a unit file count, for the next boot. */
export const enable = script("firewall-enable", `systemctl enable --quiet ${UNIT}`);

/** The same, and now: the unit loads the file that is there. */
export const start = script("firewall-start", `systemctl enable --quiet --now ${UNIT}`);

const NO_TABLE = `printf 'table ${TABLE}\\ndelete table ${TABLE}\\n'`;

// Access comes before rules: where the old ones cannot be loaded there are none.
const ROLL_BACK = `${ALONE}
[ -e $dir/old ] || exit 0
[ "$1" = now ] || [ "$1" = "$(cat $dir/token)" ] || exit 0
nft -f $dir/old || ${NO_TABLE} | nft -f -
rm -rf $dir
echo 'phoenix-firewall: the change was not confirmed, the old rules are back'
`;

const APPLY = `${RECEIVE}
nft -c -f $dir/new
if [ ! -e $dir/old ]
then
  ${NO_TABLE} >$dir/now
  ! nft list tables | grep -qx 'table ${TABLE}' || nft -s list table ${TABLE} >>$dir/now
  mv $dir/now $dir/old
fi
${ARM}
nft -f $dir/new
`;

/**
 * Makes the rules live, and nothing else: after `seconds` the host puts the old ones back, unless {@link confirm} was
 * there. A change that waits already is replaced; the rules to go back to stay those of before.
 */
export function apply(text: string, seconds: number): Command {
  return withStdin(
    { ...script("firewall-apply", APPLY, [digestOf(text), String(seconds), ROLL_BACK]), label: "firewall-apply" },
    text,
  );
}

const CONFIRM = `${ALONE}
digest=$1 path=$2 unit=$3
[ -e $dir/old ] && [ "$(sha256sum <$dir/new | cut -c 1-64)" = "$digest" ] ||
  { echo 'it came too late: the host has put the old rules back' >&2; exit 1; }
folder=\${path%/*}
[ -d "$folder" ] || mkdir -m 755 -- "$folder"
temp=$folder/.phoenix.nft.phoenix-new
install -m 644 $dir/new "$temp"
sync -- "$temp"
mv -fT -- "$temp" "$path"
sync -- "$folder"
rm -rf $dir
# What loads the file at boot counts as done; that it loads the same rules again is no matter.
[ ! -d /run/systemd/system ] || systemctl start --no-block "$unit"
`;

/** Makes the live rules the ones to stay. Fails when the host has put the old ones back. */
export function confirm(text: string, seconds: number): Command {
  const command = { ...script("firewall-confirm", CONFIRM, [digestOf(text), FILE, UNIT]), label: "firewall-confirm" };
  // Whoever comes later than this finds the old rules.
  return withTimeLimit(command, Math.max(5, seconds - 5));
}

/** Puts the old rules back at once. */
export const rollBack: Command = {
  ...script("firewall-roll-back", `exec /bin/sh -euc "$1" roll-back now`, [ROLL_BACK]),
  label: "firewall-roll-back",
};

/** Takes the table, the file and the unit away: other tables stay. */
export const remove = script(
  "firewall-remove",
  `${ALONE}
rm -rf $dir
[ ! -e ${UNIT_FILE} ] || { systemctl disable --quiet --no-reload ${UNIT}; systemctl stop ${UNIT}; }
${NO_TABLE} | nft -f -
rm -f -- ${FILE}
rm -f -- ${UNIT_FILE}
systemctl daemon-reload
`,
);
