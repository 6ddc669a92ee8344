/** What one look at the host tells about its firewall. */
import { script, withStdin, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { CHANGE, OLD } from "./pending.ts";
import { HOST } from "./places.ts";
import { DAEMON, FOLDER, type Daemon } from "./pve.commands.ts";

/** A plain Debian host: our table, and what brings it back at boot. */
export interface DebianFacts {
  /** Our table as nft lists it; undefined: there is none. */
  readonly table: readonly string[] | undefined;
  /** The text of our file; undefined: there is none. */
  readonly file: string | undefined;
  readonly unit: { readonly file: string | undefined; readonly enabled: boolean; readonly active: boolean };
}

export interface PveFacts {
  readonly clusterPath: string;
  /** The text of cluster.fw; empty: there is none. */
  readonly cluster: string;
  readonly hostPath: string;
  /** The text of host.fw; empty: there is none. */
  readonly host: string;
  readonly daemon: Daemon;
}

export interface Facts {
  readonly on: ({ readonly is: "debian" } & DebianFacts) | ({ readonly is: "proxmox" } & PveFacts);
  /** True while a change waits for its confirmation, and the host for the moment to take it back. */
  readonly pending: boolean;
}

export function query(): Command {
  return script("firewall", QUERY, [
    HOST.file,
    HOST.unitFile,
    HOST.unit,
    `${CHANGE}/${OLD}`,
    CLUSTER,
    DAEMON,
    HOST.table,
  ]);
}

const CLUSTER = `${FOLDER}/cluster.fw`;

const QUERY = `
if command -v pve-firewall >/dev/null
then
  echo == cluster
  [ ! -f "$5" ] || grep -n '' -- "$5" || [ $? -eq 1 ]
  node=$(uname -n)
  host=/etc/pve/nodes/\${node%%.*}/host.fw
  echo == host_path
  echo "$host"
  echo == host
  [ ! -f "$host" ] || grep -n '' -- "$host" || [ $? -eq 1 ]
  echo == daemon
  echo proxmox
  [ ! -d /run/systemd/system ] || systemctl show "$6" --property=LoadState --property=ActiveState --property=UnitFileState
else
  echo == nft
  command -v nft || exit 0
  echo == table
  said=$(nft -s -nn list table $7 2>&1) && printf '%s\\n' "$said" ||
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
`;

/** nft itself says how it lists the table that a text makes: in a network of its own, where nothing is filtered. */
export function scratch(text: string): Command {
  return withStdin(script("firewall-check", SCRATCH, [HOST.table]), text);
}

const SCRATCH = `
! command -v pve-firewall >/dev/null || exit 0
command -v nft >/dev/null || exit 0
exec unshare --net /bin/sh -euc 'nft -f - && nft -s -nn list table $1' check "$1"
`;

/** Throws a UserError when there is no nftables. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the firewall: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  return {
    on: section("daemon").length > 0 ? { is: "proxmox", ...pve(section) } : { is: "debian", ...debian(section) },
    pending: section("pending").includes("yes"),
  };
}

export function noNftables(): UserError {
  return new UserError("the host has no nftables; install it with: apt-get install nftables");
}

type Parts = ReturnType<typeof sections>;

function debian(section: Parts): DebianFacts {
  if (section("nft").length === 0) throw noNftables();
  const table = section("table");
  const unit = { file: text(section("unit")), ...service(section("state")) };
  return { table: table.length === 0 ? undefined : table, file: text(section("file")), unit };
}

function pve(section: Parts): PveFacts {
  return {
    clusterPath: CLUSTER,
    cluster: text(section("cluster")) ?? "",
    hostPath: section("host_path")[0] ?? "",
    host: text(section("host")) ?? "",
    daemon: daemonOf(section("daemon")),
  };
}

export function daemonOf(state: readonly string[]): Daemon {
  return state.includes("LoadState=loaded") ? service(state) : undefined;
}

export function service(state: readonly string[]) {
  return {
    enabled: state.includes("UnitFileState=enabled"),
    active: state.some((line) => /^ActiveState=(active|activating|reloading)$/.test(line)),
  };
}

/** Lines as `grep -n` prints them. */
export function text(numbered: readonly string[]): string | undefined {
  if (numbered.length === 0) return undefined;
  return numbered.map((line) => `${line.slice(line.indexOf(":") + 1)}\n`).join("");
}
