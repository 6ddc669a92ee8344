/** How we came to the host, as the host sees it: what a firewall must go on letting in. */
import type { Arrival } from "../kind.ts";

/**
 * Prints two lines: the ssh connection, and the interface that has its address on the host. sudo takes SSH_CONNECTION
 * out of the environment: a process further up has it.
 */
export const ARRIVAL = `
pid=$$
from=\${SSH_CONNECTION:-}
while [ "$pid" -gt 1 ] && [ -z "$from" ]
do
  from=$(tr '\\0' '\\n' 2>/dev/null <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p')
  pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
done
echo "$from"
set -- $from
[ $# -ne 4 ] || ! command -v ip >/dev/null || ip -o address show to "$3" | sed -n '1s/^[0-9]*: \\([^ ]*\\) .*/\\1/p'
`;

/** Undefined where the host was not reached by ssh, or does not tell. */
export function parseArrival([from = "", iface = ""]: readonly string[]): Arrival | undefined {
  const [client, , server, port] = from.split(" ").map((word) => word.replace(/^::ffff:(?=[\d.]+$)/, ""));
  if (client === undefined || server === undefined || port === undefined) return undefined;
  return { client, server, port: Number(port), ...(iface === "" ? {} : { iface }) };
}
