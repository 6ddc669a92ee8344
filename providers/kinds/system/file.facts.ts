/** What one look at the host tells about some files. */
import { createHash } from "node:crypto";
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { directory, type Directory } from "../directory.ts";
import { OURS } from "./ours.ts";

/** What stat(1) says, and what is in it. */
export interface Entry extends Directory {
  /** Of a regular file: its content where that is text of no more than {@link LONGEST} bytes, else `sha256:…`. */
  readonly content?: string;
}

/** `made`: there was nothing before us. `kept`: what was there is kept. */
export type Origin = "made" | "kept";

export interface Facts {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origins: ReadonlyMap<string, Origin>;
  /** The unit that has not read the file since we wrote it. */
  readonly unread: ReadonlyMap<string, string>;
}

const LONGEST = 65_536;

export function query(paths: readonly string[] | undefined): Command {
  return script("files", QUERY, paths ?? []);
}

const QUERY = `
[ $# -gt 0 ] || exit 0
echo == entries
# 1: some are not there, which is an answer.
stat -c '%F|%u|%g|%U|%G|%a|%n' -- "$@" 2>/dev/null || [ $? -eq 1 ]
echo == contents
for path do
  if [ -f "$path" ] && [ ! -L "$path" ]
  then
    printf '%s ' "$(sha256sum <"$path" | cut -c 1-64)"
    [ "$(stat -c %s -- "$path")" -gt ${String(LONGEST)} ] || base64 -w 0 -- "$path"
    echo "|$path"
  fi
done
echo == origins
for path do
  if [ -f "${OURS}/files/kept$path" ]; then echo "kept $path"; fi
  if [ -f "${OURS}/files/made$path" ]; then echo "made $path"; fi
done
echo == unread
for path do
  if [ -f "${OURS}/files/unread$path" ]; then echo "$(cat -- "${OURS}/files/unread$path") $path"; fi
done
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the files: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const contents = new Map(section("contents").map(content));
  return {
    entries: new Map(
      section("entries")
        .flatMap(directory)
        .map(([path, is]): [string, Entry] => {
          const text = contents.get(path);
          // stat(1) has a name of its own for an empty one.
          const type = is.type === "regular empty file" ? "regular file" : is.type;
          return [path, { ...is, type, ...(text === undefined ? {} : { content: text }) }];
        }),
    ),
    origins: new Map(section("origins").map((line) => [line.slice(5), line.slice(0, 4) as Origin])),
    unread: new Map(section("unread").map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ", 1)[0] ?? ""])),
  };
}

/** What stands for a content that is not told itself. */
export function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function content(line: string): [string, string] {
  const end = line.indexOf("|");
  const [digest = "", encoded] = line.slice(0, end).split(" ");
  const bytes = encoded === undefined ? undefined : Buffer.from(encoded, "base64");
  const text = bytes?.toString("utf8");
  // What is not UTF-8 does not survive being read as such.
  const isText = bytes !== undefined && text !== undefined && Buffer.from(text).equals(bytes);
  const whole = isText && (encoded !== "" || digest === EMPTY);
  return [line.slice(end + 1), whole ? text : `sha256:${digest}`];
}

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
