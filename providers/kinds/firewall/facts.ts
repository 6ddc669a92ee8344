/** What one look at the host tells about its firewall. */
import { script, withStdin, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { FILE, UNIT, UNIT_FILE } from "./commands.ts";
import { TABLE } from "./nft.ts";
import { OLD } from "./pending.ts";
import { CLUSTER, DAEMON } from "./pve.commands.ts";

/** The ssh connection that we look through, as the host sees it. */
export interface Connection {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  /** The interface that has the server's address. */
  readonly iface?: string;
}

/** A plain Debian host: our table, and what brings it back at boot. */
export interface DebianFacts {
  /** Our table as nft lists it; undefined: there is none. */
  readonly table: readonly string[] | undefined;
  /** The text of our file; undefined: there is none. */
  readonly file: string | undefined;
  readonly unit: { readonly file: string | undefined; readonly enabled: boolean; readonly active: boolean };
}

export interface PveFacts {
  /** The text of cluster.fw; empty: there is none. */
  readonly cluster: string;
  /** Whether the daemon that puts the rules in force runs, and will after a boot; undefined: nobody can tell. */
  readonly daemon: { readonly enabled: boolean; readonly active: boolean } | undefined;
}

export interface Facts {
  readonly on: ({ readonly is: "debian" } & DebianFacts) | ({ readonly is: "proxmox" } & PveFacts);
  /** True while a change waits for its confirmation, and the host for the moment to take it back. */
  readonly pending: boolean;
  readonly connection: Connection | undefined;
}

export function query(): Command {
  return script("firewall", QUERY, [FILE, UNIT_FILE, UNIT, OLD, CLUSTER, DAEMON]);
}

// sudo takes SSH_CONNECTION out of the environment: a process further up has it.
const QUERY = `
if command -v pve-firewall >/dev/null
then
  echo == cluster
  [ ! -f "$5" ] || grep -n '' -- "$5" || [ $? -eq 1 ]
  echo == daemon
  echo proxmox
  [ ! -d /run/systemd/system ] || systemctl show "$6" --property=LoadState --property=ActiveState --property=UnitFileState
else
  echo == nft
  command -v nft || exit 0
  echo == table
  said=$(nft -s -nn list table ${TABLE} 2>&1) && printf '%s\\n' "$said" ||
    case $said in *'No such file or directory'*) ;; *) printf '%s\\n' "$said" >&2; exit 1 ;; esac
  echo == file
  [ ! -f "$1" ] || grep -n '' -- "$1" || [ $? -eq 1 ]
  echo == unit
  [ ! -f "$2" ] || grep -n '' -- "$2" || [ $? -eq 1 ]
  echo == state
  systemctl show "$3" --property=ActiveState --property=UnitFileState
fi
echo == pending
[ ! -e "$4" ] || echo yes
echo == connection
pid=$$
from=\${SSH_CONNECTION:-}
while [ "$pid" -gt 1 ] && [ -z "$from" ]
do
  from=$(tr '\\0' '\\n' <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p')
  pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
done
echo "$from"
set -- $from
[ $# -ne 4 ] || ip -o address show to "$3" | sed -n '1s/^[0-9]*: \\([^ ]*\\) .*/\\1/p'
`;

/** nft itself says how it lists the table that a text makes: in a network of its own, where nothing is filtered. */
export function scratch(text: string): Command {
  return withStdin(script("firewall-check", SCRATCH), text);
}

const SCRATCH = `
! command -v pve-firewall >/dev/null || exit 0
command -v nft >/dev/null || exit 0
exec unshare --net /bin/sh -euc 'nft -f - && nft -s -nn list table ${TABLE}'
`;

/** Throws a UserError when there is no nftables. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the firewall: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  return {
    on: section("daemon").length > 0 ? { is: "proxmox", ...pve(section) } : { is: "debian", ...debian(section) },
    pending: section("pending").includes("yes"),
    connection: connection(section("connection")),
  };
}

type Parts = ReturnType<typeof sections>;

function debian(section: Parts): DebianFacts {
  if (section("nft").length === 0)
    throw new UserError("the host has no nftables; install it with: apt-get install nftables");
  const table = section("table");
  const unit = { file: text(section("unit")), ...service(section("state")) };
  return { table: table.length === 0 ? undefined : table, file: text(section("file")), unit };
}

function pve(section: Parts): PveFacts {
  const daemon = section("daemon");
  return {
    cluster: text(section("cluster")) ?? "",
    daemon: daemon.includes("LoadState=loaded") ? service(daemon) : undefined,
  };
}

function service(state: readonly string[]) {
  return {
    enabled: state.includes("UnitFileState=enabled"),
    active: state.some((line) => /^ActiveState=(active|activating|reloading)$/.test(line)),
  };
}

/** Lines as `grep -n` prints them. */
function text(numbered: readonly string[]): string | undefined {
  if (numbered.length === 0) return undefined;
  return numbered.map((line) => `${line.slice(line.indexOf(":") + 1)}\n`).join("");
}

function connection([from = "", iface = ""]: readonly string[]): Connection | undefined {
  const [client, , server, port] = from.split(" ").map((word) => word.replace(/^::ffff:(?=[\d.]+$)/, ""));
  if (client === undefined || server === undefined || port === undefined) return undefined;
  return { client, server, port: Number(port), ...(iface === "" ? {} : { iface }) };
}
