/** What one look at the host tells about its firewall. */
import { script, withStdin, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { FILE, PENDING, UNIT, UNIT_FILE } from "./commands.ts";
import { TABLE } from "./nft.ts";

/** The ssh connection that we look through, as the host sees it. */
export interface Connection {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  /** The interface that has the server's address. */
  readonly iface?: string;
}

export interface Facts {
  /** Our table as nft lists it; undefined: there is none. */
  readonly table: readonly string[] | undefined;
  /** The text of our file; undefined: there is none. */
  readonly file: string | undefined;
  readonly unit: { readonly file: string | undefined; readonly enabled: boolean; readonly active: boolean };
  /** True while a change waits for its confirmation, and the host for the moment to take it back. */
  readonly pending: boolean;
  readonly connection: Connection | undefined;
}

export function query(): Command {
  return script("firewall", QUERY, [FILE, UNIT_FILE, UNIT, PENDING]);
}

// sudo takes SSH_CONNECTION out of the environment: a process further up has it.
const QUERY = `
echo == nft
command -v nft || exit 0
echo == table
said=$(nft -s -nn list table ${TABLE} 2>&1) && printf '%s\\n' "$said" ||
  case $said in *'No such file or directory'*) ;; *) printf '%s\\n' "$said" >&2; exit 1 ;; esac
for part in file unit
do
  echo == $part
  if [ $part = file ]; then path=$1; else path=$2; fi
  [ ! -f "$path" ] || grep -n '' -- "$path" || [ $? -eq 1 ]
done
echo == state
systemctl show "$3" --property=ActiveState --property=UnitFileState
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
command -v nft >/dev/null || exit 0
exec unshare --net /bin/sh -euc 'nft -f - && nft -s -nn list table ${TABLE}'
`;

/** Throws a UserError when there is no nftables. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the firewall: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  if (section("nft").length === 0)
    throw new UserError("the host has no nftables; install it with: apt-get install nftables");
  const [table, state] = [section("table"), section("state")];
  return {
    table: table.length === 0 ? undefined : table,
    file: text(section("file")),
    unit: {
      file: text(section("unit")),
      enabled: state.includes("UnitFileState=enabled"),
      active: state.some((line) => /^ActiveState=(active|activating|reloading)$/.test(line)),
    },
    pending: section("pending").includes("yes"),
    connection: connection(section("connection")),
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
