/** The command that changes a unit of systemd. */
import { script, withTimeLimit, type Command } from "../../host/command.ts";

export type Verb = "unmask" | "enable" | "disable" | "stop" | "mask" | "start";

/** Does the verbs in order. A unit that does not start shows the last lines of its journal. */
export function change(unit: string, verbs: readonly Verb[], reloadFirst: boolean): Command {
  return withTimeLimit(script("unit", CHANGE, [unit, ...(reloadFirst ? ["daemon-reload"] : []), ...verbs]), 300);
}

// systemd answers late while it reads all units again, which each enabling makes it do; systemctl waits 25 s by default.
const CHANGE = `
export SYSTEMD_BUS_TIMEOUT=250s
unit=$1
shift
for verb do
  case $verb in
    daemon-reload) systemctl daemon-reload ;;
    start)
      systemctl start -- "$unit" || {
        journalctl --quiet --no-pager --lines=10 --output=cat --unit="$unit" >&2
        exit 1
      }
      ;;
    unmask)
      systemctl --quiet unmask -- "$unit"
      systemctl --quiet --runtime unmask -- "$unit"
      ;;
    *) systemctl --quiet "$verb" -- "$unit" ;;
  esac
done
`;
