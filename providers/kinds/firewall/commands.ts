/** The commands that change the firewall of a plain Debian host: tables of nftables, and what brings them back. */
import { script, withStdin, withTimeLimit, type Command } from "../../host/command.ts";
import { restoreFile, writeFile } from "../../host/file.ts";
import { ALONE, ARM, digestOf, RECEIVE, STILL_MEANT } from "./pending.ts";
import { ENABLE_UNIT } from "../systemd.ts";
import type { Place } from "./places.ts";

const MODE = { mode: "644" };

export function writeUnit({ unitFile, unitText }: Place): Command {
  return writeFile(unitFile, unitText, MODE);
}

export function restoreUnit({ unitFile }: Place, before: string | undefined): Command {
  return restoreFile(unitFile, before, MODE);
}

/** Puts the text where the boot finds it; the rules that are live stay. */
export function keep({ file }: Place, text: string): Command {
  return writeFile(file, text, MODE);
}

export function restoreKept({ file }: Place, before: string | undefined): Command {
  return restoreFile(file, before, MODE);
}

/** Makes a unit file count, for the next boot. */
export function enable({ unit }: Place): Command {
  return switchOn("firewall-enable", "", unit);
}

/** The same, and now: the unit loads the file that is there. */
export function start({ unit }: Place): Command {
  return switchOn("firewall-start", 'systemctl start "$1"', unit);
}

function switchOn(label: string, then: string, unit: string): Command {
  return withTimeLimit(script(label, `${ENABLE_UNIT}enable_unit "$1" nftables.service\n${then}`, [unit]), 300);
}

const NO_TABLE = `no_table() { printf 'table %s\\ndelete table %s\\n' "$1" "$1"; }`;

// Access comes before rules: where the old ones cannot be loaded there are none.
const ROLL_BACK = `${STILL_MEANT}${NO_TABLE}
nft -f "$dir/old" || no_table "$1" | nft -f -
rm -rf -- "$dir"
echo 'phoenix-firewall: the change was not confirmed, the old rules are back'
`;

const APPLY = `${RECEIVE}${NO_TABLE}
seconds=$1 back=$2
shift 2
nft -c -f "$dir/new"
if [ ! -e "$dir/old" ]
then
  no_table "$1" >"$dir/now"
  ! nft list tables | grep -qx "table $1" || nft -s list table $1 >>"$dir/now"
  mv "$dir/now" "$dir/old"
fi
${ARM}
nft -f "$dir/new"
`;

/**
 * Makes the rules live, and nothing else: after `seconds` the host puts the old ones back, unless {@link confirm} was
 * there. A change that waits already is replaced; the rules to go back to stay those of before.
 */
export function apply({ change, table }: Place, text: string, seconds: number): Command {
  const args = [change, digestOf(text), String(seconds), ROLL_BACK, table];
  return withStdin({ ...script("firewall-apply", APPLY, args), label: "firewall-apply" }, text);
}

const CONFIRM = `${ALONE}
digest=$1 path=$2 unit=$3
[ -e "$dir/old" ] && [ "$(sha256sum <"$dir/new" | cut -c 1-64)" = "$digest" ] ||
  { echo 'it came too late: the host has put the old rules back' >&2; exit 1; }
folder=\${path%/*}
[ -d "$folder" ] || mkdir -m 755 -- "$folder"
temp=$folder/.\${path##*/}.phoenix-new
install -m 644 "$dir/new" "$temp"
sync -- "$temp"
mv -fT -- "$temp" "$path"
sync -- "$folder"
rm -rf -- "$dir"
# What loads the file at boot counts as done. Where it was not, it loads the same rules again: the look that comes next
# must not find half of them, and tells of a unit that does not start. The change is confirmed either way.
[ ! -d /run/systemd/system ] || timeout 4 systemctl start "$unit" || :
`;

/** Makes the live rules the ones to stay. Fails when the host has put the old ones back. */
export function confirm({ change, file, unit }: Place, text: string, seconds: number): Command {
  const args = [change, digestOf(text), file, unit];
  const command = { ...script("firewall-confirm", CONFIRM, args), label: "firewall-confirm" };
  // Whoever comes later than this finds the old rules.
  return withTimeLimit(command, Math.max(5, seconds - 5));
}

/** Puts the old rules back at once. */
export function rollBack({ change, table }: Place): Command {
  const text = `exec /bin/sh -euc "$2" roll-back "$1" now "$3"`;
  return { ...script("firewall-roll-back", text, [change, ROLL_BACK, table]), label: "firewall-roll-back" };
}

const REMOVE = `${ALONE}${NO_TABLE}
table=$1 file=$2 unit=$3 unit_file=$4 others=$5
rm -rf -- "$dir"
[ ! -e "$unit_file" ] || { systemctl disable --quiet --no-reload "$unit"; systemctl stop "$unit"; }
no_table "$table" | nft -f -
rm -f -- "$file"
# A unit that others of our files are loaded by stays.
[ -n "$others" ] && [ -n "$(find "\${file%/*}" -maxdepth 1 -name "$others")" ] || rm -f -- "$unit_file"
systemctl daemon-reload
`;

/** Takes the table, the file and the unit away: other tables stay. */
export function remove({ change, table, file, unit, unitFile, others }: Place): Command {
  return script("firewall-remove", REMOVE, [change, table, file, unit, unitFile, others]);
}
