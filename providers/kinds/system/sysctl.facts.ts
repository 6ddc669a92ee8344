/** What one look at the host tells about some kernel parameters. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";

/** A line of a sysctl.d file that sets a parameter at boot. */
export interface Setter {
  readonly file: string;
  readonly name: string;
  readonly value: string;
}

export interface Facts {
  /** The value now, by the parameter's path below /proc/sys. */
  readonly now: ReadonlyMap<string, string>;
  /** In the order that systemd-sysctl(8) goes by: the last one wins. */
  readonly setters: readonly Setter[];
  /** The comment in our drop-in that tells the value before us, by the drop-in's path. */
  readonly before: ReadonlyMap<string, string>;
}

/** What was in force before us, as our drop-in remembers it. */
export const BEFORE = "# Before: ";

export function query(names: readonly string[] | undefined): Command {
  return script("sysctl", QUERY, (names ?? []).map(pathOf));
}

const QUERY = `
echo == now
cd /proc/sys
for name do [ ! -f "$name" ] || echo "$name=$(tr '\\n' ' ' <"$name")"; done
echo == setters
# It stops at a file that another takes away meanwhile, and fails: then once more.
config() { /usr/lib/systemd/systemd-sysctl --cat-config --no-pager; }
text=$(config 2>/dev/null) || text=$(config 2>/dev/null) || text=$(config)
printf '%s\\n' "$text" | sed 's/^==/ ==/'
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the kernel's parameters: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  let file = "";
  const setters: Setter[] = [];
  const before = new Map<string, string>();
  for (const line of section("setters")) {
    // Each file's text comes below its path in a comment.
    file = /^# (\/\S*sysctl\S*\.conf)$/.exec(line)?.[1] ?? file;
    if (line.startsWith(BEFORE)) before.set(file, line.slice(BEFORE.length));
    const [, name, value = ""] = /^-?\s*([^#;\s=][^=\s]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) setters.push({ file, name: pathOf(name), value });
  }
  const now = section("now").map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  return { now: new Map(now), setters, before };
}

/** A parameter's path below /proc/sys: of `.` and `/` the one that comes first in a name parts it (sysctl.d(5)). */
export function pathOf(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === "." ? swapped(name) : name;
}

/** The same name with `.` and `/` in each other's place. */
export function swapped(name: string): string {
  return name.replace(/[./]/g, (sign) => (sign === "." ? "/" : "."));
}
