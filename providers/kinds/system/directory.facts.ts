/** What one look at the host tells about some directories. */
import { createHash } from "node:crypto";
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { directory, type Directory } from "../directory.ts";
import { OURS } from "./ours.ts";

export interface Facts {
  readonly entries: ReadonlyMap<string, Directory>;
  /** Those with nothing in them. */
  readonly empty: ReadonlySet<string>;
}

/** Where it is written down that we made the directory. Its path cannot be that of a file: others lie below it. */
export function record(path: string): string {
  return `${OURS}/directories/${createHash("sha256").update(path).digest("hex")}`;
}

export function made({ entries }: Facts, path: string): boolean {
  return entries.has(record(path));
}

export function query(paths: readonly string[] | undefined): Command {
  const all = paths ?? [];
  return script("directories", QUERY, [String(all.length), ...all.map(record), ...all]);
}

// 1: some are not there, which is an answer.
const QUERY = `
count=$1
shift
[ $# -gt 0 ] || exit 0
echo == entries
stat -c '%F|%u|%g|%U|%G|%a|%n' -- "$@" 2>/dev/null || [ $? -eq 1 ]
shift "$count"
echo == empty
find "$@" -maxdepth 0 -type d -empty 2>/dev/null || [ $? -eq 1 ]
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the directories: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  return { entries: new Map(section("entries").flatMap(directory)), empty: new Set(section("empty")) };
}
