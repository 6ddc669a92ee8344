/** What one look at the host tells about some units of systemd. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";

export interface Unit {
  /** `active`, `inactive`, `failed`, `activating` … */
  readonly active: string;
  /** `enabled`, `disabled`, `masked`, `static` …; empty for a unit without a file. */
  readonly file: string;
  /** How it ended last: `success`, `exit-code`, `timeout` … */
  readonly result: string;
  /** Its file was changed since systemd read it. */
  readonly needsReload: boolean;
  /** The last lines of its journal, where it failed. */
  readonly journal: readonly string[];
}

/** Units that are there, by the name that was asked for. */
export type Facts = ReadonlyMap<string, Unit>;

export function query(names: readonly string[] | undefined): Command {
  return script("units", QUERY, names ?? []);
}

// `show` tells of the units in the order that they are named in, one empty line between two.
const QUERY = `
[ $# -gt 0 ] || exit 0
echo == names
printf '%s\\n' "$@"
echo == units
systemctl show --property=LoadState,ActiveState,UnitFileState,Result,NeedDaemonReload -- "$@"
echo == journal
for unit do
  if systemctl is-failed --quiet -- "$unit"
  then
    journalctl --quiet --no-pager --lines=5 --output=cat --unit="$unit" | cut -c 1-300 |
      while IFS= read -r line; do printf '%s %s\\n' "$unit" "$line"; done
  fi
done
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the units of systemd: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const units = section("units").join("\n").split("\n\n");
  const journal = section("journal");
  return new Map(
    section("names").flatMap((name, i): [string, Unit][] => {
      const props = new Map(
        (units[i] ?? "").split("\n").map((line) => {
          const at = line.indexOf("=");
          return [line.slice(0, at), line.slice(at + 1)];
        }),
      );
      const load = props.get("LoadState") ?? "not-found";
      if (load === "not-found") return [];
      const own = journal.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
      return [[name, unit(props, load, own)]];
    }),
  );
}

function unit(props: ReadonlyMap<string, string>, load: string, journal: readonly string[]): Unit {
  const file = props.get("UnitFileState") ?? "";
  return {
    active: props.get("ActiveState") ?? "",
    file: file === "" && load === "masked" ? "masked" : file,
    result: props.get("Result") ?? "",
    needsReload: props.get("NeedDaemonReload") === "yes",
    journal,
  };
}
