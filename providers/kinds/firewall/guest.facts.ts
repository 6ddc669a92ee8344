/** What one look at the host tells about the rules of its guests. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { daemonOf, noNftables, service, text, type DebianFacts } from "./facts.ts";
import { changeOf, OLD } from "./pending.ts";
import { FOLDER as FILES, GUEST_FILES, GUEST_UNIT_FILE } from "./places.ts";
import { DAEMON, FOLDER, type Daemon } from "./pve.commands.ts";

export interface DebianGuest extends DebianFacts {
  /** How nft lists the table that the file makes. */
  readonly listing: readonly string[];
}

export interface PveGuest {
  /** The text of its file; empty: there is none. */
  readonly file: string;
  /** Its network interfaces, `net0: name=eth0,…`; none when it is not on this host. */
  readonly nets: readonly string[];
}

export type On =
  | { readonly is: "debian"; guest(id: string): DebianGuest }
  | { readonly is: "proxmox"; readonly cluster: string; readonly daemon: Daemon; guest(id: string): PveGuest };

export interface Facts {
  readonly on: On;
  /** Guests with a change of rules that waits for its confirmation. */
  readonly pending: ReadonlySet<string>;
}

/** `ids`: numbers of guests; undefined: all that have a file of rules. */
export function query(ids: readonly string[] | undefined): Command {
  const args = [FOLDER, DAEMON, FILES, GUEST_FILES, GUEST_UNIT_FILE, changeOf("*"), OLD];
  return script("firewall-guests", QUERY, [...args, ...(ids ?? [])]);
}

// One process for all guests, wherever that can be: there may be many.
const QUERY = `
folder=$1 daemon=$2 files=$3 name=$4 unit_file=$5 change=$6 old=$7
shift 7
ids=$*
numbered() { [ $# -eq 0 ] || grep -Hn '' -- "$@" || [ $? -eq 1 ]; }
find_ids() {
  for path
  do
    id=\${path#"$before"}
    id=\${id%"$after"}
    case $id in *[!0-9]*) ;; *) ids="$ids $id" ;; esac
  done
}
there() {
  set --
  for id in $ids
  do [ ! -f "$before$id$after" ] || set -- "$@" "$before$id$after"
  done
  "$what" "$@"
}
if command -v pve-firewall >/dev/null
then
  before=$folder/ after=.fw
  [ -n "$ids" ] || find_ids "$folder"/*.fw
  echo == daemon
  echo proxmox
  [ ! -d /run/systemd/system ] || systemctl show "$daemon" --property=LoadState --property=ActiveState --property=UnitFileState
  echo == cluster
  [ ! -f "$folder/cluster.fw" ] || numbered "$folder/cluster.fw"
  echo == files
  what=numbered there
  echo == nets
  nets() { [ $# -eq 0 ] || grep -H -e '^net[0-9]*:' -e '^\\[' -- "$@" || [ $? -eq 1 ]; }
  node=$(uname -n)
  for kind in lxc qemu-server
  do before=/etc/pve/nodes/\${node%%.*}/$kind/ after=.conf what=nets there
  done
else
  before=$files/\${name%%\\**} after=\${name#*\\*}
  [ -n "$ids" ] || find_ids "$before"*"$after"
  echo == nft
  command -v nft || exit 0
  echo == tables
  nft -s -nn list ruleset bridge
  echo == files
  what=numbered there
  echo == listings
  listings() {
    # A file that somebody broke makes no table: then it differs, and is written anew. The others are told all the same.
    [ $# -eq 0 ] || unshare --net /bin/sh -euc '
      cat -- "$@" | nft -f - 2>/dev/null || for file; do nft -f "$file" 2>/dev/null || :; done
      nft -s -nn list ruleset bridge' listings "$@"
  }
  what=listings there
  echo == unit
  [ ! -f "$unit_file" ] || numbered "$unit_file"
  echo == states
  unit=\${unit_file##*/}
  set --
  for id in $ids
  do set -- "$@" "\${unit%.service}$id.service"
  done
  [ $# -eq 0 ] || systemctl show "$@" --property=Id --property=ActiveState --property=UnitFileState
fi
echo == pending
for id in $ids
do [ ! -e "\${change%\\*}$id/$old" ] || echo "$id"
done
`;

/** Throws a UserError when there is no nftables. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the firewall of guests: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  return {
    on: section("daemon").length > 0 ? pve(section) : debian(section),
    pending: new Set(section("pending")),
  };
}

type Parts = ReturnType<typeof sections>;

function debian(section: Parts): On {
  if (section("nft").length === 0) throw noNftables();
  const [live, listings] = [tables(section("tables")), tables(section("listings"))];
  const files = texts(section("files"));
  const unit = text(section("unit").map((line) => line.replace(/^[^:]*:/, "")));
  const states = new Map(
    section("states")
      .join("\n")
      .split("\n\n")
      .map((state) => [/^Id=.*@(\d+)\.service$/m.exec(state)?.[1], service(state.split("\n"))] as const),
  );
  return {
    is: "debian",
    guest: (id) => ({
      table: live.get(id),
      listing: listings.get(id) ?? [],
      file: files.get(id),
      unit: { file: unit, ...(states.get(id) ?? { enabled: false, active: false }) },
    }),
  };
}

/** Our tables as `nft list ruleset` has them, by the guest's number. */
function tables(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let table: string[] = [];
  for (const line of lines) {
    const [, id] = /^table bridge phoenix-(\d+) \{$/.exec(line) ?? [];
    if (line.startsWith("table ")) table = [];
    if (id !== undefined) found.set(id, table);
    table.push(line);
  }
  return found;
}

/** Lines of numbered files, `/etc/pve/firewall/101.fw:1:…`, by the guest's number. */
function texts(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, id, content = ""] = /^[^:]*?(\d+)\.\w+:\d+:(.*)$/.exec(line) ?? [];
    if (id !== undefined) found.set(id, `${found.get(id) ?? ""}${content}\n`);
  }
  return found;
}

function pve(section: Parts): On {
  const [files, nets] = [texts(section("files")), netsOf(section("nets"))];
  return {
    is: "proxmox",
    cluster: text(section("cluster").map((line) => line.replace(/^[^:]*:/, ""))) ?? "",
    daemon: daemonOf(section("daemon")),
    guest: (id) => ({ file: files.get(id) ?? "", nets: nets.get(id) ?? [] }),
  };
}

/** The interfaces that count now: those before the sections of snapshots and of what waits for a restart. */
function netsOf(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const ended = new Set<string>();
  for (const line of lines) {
    const [, id = "", content = ""] = /^[^:]*?(\d+)\.conf:(.*)$/.exec(line) ?? [];
    if (content.startsWith("[")) ended.add(id);
    if (!ended.has(id)) found.set(id, [...(found.get(id) ?? []), content]);
  }
  return found;
}
