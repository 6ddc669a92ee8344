/** What one look at the host tells about Samba's configuration, whatever the number of shares. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { directory, type Directory } from "../directory.ts";
import { INDEX, parse as parseLines, SMB_CONF, type Parsed } from "./smb-conf.ts";

/** A section as it counts, after all files, synonyms and defaults. */
export interface Section {
  /** As it is spelled. */
  readonly name: string;
  /** What testparm prints, by canonical name. For a share: what is not as in [global] only. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Unit {
  readonly enabled: boolean;
  readonly active: boolean;
}

export interface Dataset {
  readonly name: string;
  readonly mounted: boolean;
  readonly canmount: string;
  readonly mountpoint: string;
}

export interface Facts {
  /** smbd and nmbd. */
  readonly units: ReadonlyMap<string, Unit>;
  /** By name in lower case; `global` has all parameters there are. Empty where `broken`. */
  readonly effective: ReadonlyMap<string, Section>;
  /** Why testparm takes the configuration for broken. Undefined: it does not. */
  readonly broken: string | undefined;
  /** Lines of smb.conf and of our own files, by path. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** What those lines say. */
  readonly parsed: ReadonlyMap<string, Parsed>;
  /** By path: the directories of the shares there are. Paths with a `%` have none. */
  readonly directories: ReadonlyMap<string, Directory>;
  /** ZFS file systems; empty where nothing is about to be changed. */
  readonly datasets: readonly Dataset[];
}

/** `names`: whether single objects are asked for, which are about to be changed. */
export function query(names: readonly string[] | undefined): Command {
  return script("samba-config", QUERY, names === undefined ? [] : ["change"]);
}

// testparm says what counts after all includes, synonyms and defaults; the files say where a line comes from.
const QUERY = `
change=\${1-}
command -v testparm smbd >/dev/null || exit 0
echo == units
systemctl show smbd.service nmbd.service --property=Id,LoadState,ActiveState,UnitFileState
if config=$(testparm -svl 2>/dev/null)
then echo == config; printf '%s\\n' "$config"
else config=; echo == broken; testparm -sl 2>&1 >/dev/null || :
fi
echo == files
set --
for file in ${SMB_CONF} ${INDEX} /etc/samba/phoenix-*.conf; do [ ! -f "$file" ] || set -- "$@" "$file"; done
# 1: all of them are empty.
[ $# -eq 0 ] || grep -HnZ '' -- "$@" || [ $? -eq 1 ]
echo == directories
paths=$(printf '%s\\n' "$config" | sed -n -e '/%/d' -e 's,^\\tpath = /,/,p' | sort -u)
# 123: some are not there, which is an answer.
[ -z "$paths" ] || printf '%s\\n' "$paths" | xargs -d '\\n' stat -L -c '%F|%u|%g|%U|%G|%a|%n' -- 2>/dev/null || [ $? -eq 123 ]
echo == datasets
[ -z "$change" ] || ! command -v zfs >/dev/null || zfs list -H -t filesystem -o mounted,canmount,name,mountpoint
`;

/** Throws a UserError when there is no Samba. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at Samba's configuration: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const units = unitsOf(section("units"));
  if (units.size === 0) throw new UserError("the host has no Samba; install it with: apt-get install samba");
  const files = linesByFile(section("files"));
  const broken = section("broken");
  return {
    units,
    effective: effective(section("config")),
    broken: broken.length === 0 ? undefined : complaint(broken),
    files,
    parsed: new Map([...files].map(([path, lines]) => [path, parseLines(lines)])),
    directories: new Map(section("directories").flatMap(directory)),
    datasets: section("datasets").map(dataset),
  };
}

/** What testparm complains about, without what it always says. */
function complaint(said: readonly string[]): string {
  const lines = said.filter((line) => line !== "" && !/^(Load smb config|Error loading|Weak crypto)/.test(line));
  return lines.join("; ") || "testparm cannot read it";
}

function unitsOf(lines: readonly string[]): Map<string, Unit> {
  const shown = lines
    .join("\n")
    .split(/\n{2,}/)
    .map((block) => new Map(block.split("\n").map(pair)));
  return new Map(
    shown
      .filter((unit) => (unit.get("LoadState") ?? "not-found") !== "not-found")
      .map((unit) => [
        (unit.get("Id") ?? "").replace(/\.service$/, ""),
        { enabled: unit.get("UnitFileState") === "enabled", active: unit.get("ActiveState") === "active" },
      ]),
  );
}

function pair(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

function effective(lines: readonly string[]): Map<string, Section> {
  const { entries, sections: names } = parseLines(lines);
  const found = new Map([...names].map(([id, name]) => [id, { name, parameters: new Map<string, string>() }]));
  for (const { section, name, value } of entries) found.get(section)?.parameters.set(name, value);
  return found;
}

/** `path NUL number:text`, as grep(1) prints it. */
function linesByFile(printed: readonly string[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const line of printed) {
    const [file = "", numbered = ""] = line.split("\0");
    const lines = files.get(file) ?? [];
    lines.push(numbered.slice(numbered.indexOf(":") + 1));
    files.set(file, lines);
  }
  return files;
}

function dataset(line: string): Dataset {
  const [mounted, canmount = "", name = "", mountpoint = ""] = line.split("\t");
  return { mounted: mounted === "yes", canmount, name, mountpoint };
}
