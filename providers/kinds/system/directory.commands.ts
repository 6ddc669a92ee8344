/** The commands that change directories. */
import { script, type Command } from "../../host/command.ts";
import type { Directory } from "../directory.ts";
import { record } from "./directory.facts.ts";
import type { DirectorySpec } from "./directory.ts";
import { OURS } from "./ours.ts";

/** Empty: left as it is. */
type Wish = Readonly<Record<"owner" | "group" | "mode", string>>;

/**
 * `see PATH OWNER GROUP MODE`. Whoever may write to its parent could put a symbolic link in its place meanwhile: so it is
 * entered first. Five digits: with fewer, chmod leaves the set-group-id bit of a directory alone.
 */
const SEE = `
see() {
  cd -- "$1"
  [ "$(stat -c %d:%i .)" = "$(stat -c %d:%i -- "$1")" ] || { echo "$1 became a symbolic link meanwhile" >&2; exit 1; }
  [ -z "$2$3" ] || chown -- "$2:$3" .
  [ -z "$4" ] || chmod -- "$4" .
}
`;

const MAKE = `${SEE}
path=$1 record=$2
[ -d "\${path%/*}/" ] || { echo "\${path%/*} is not there: make or mount it first" >&2; exit 1; }
mkdir -p -m 755 ${OURS}/directories
: >"$record"
mkdir -m 700 -- "$path" || { rm -f -- "$record"; exit 1; }
see "$path" "$3" "$4" "$5"
`;

/** Makes it, where its parent is there, and writes down that it is ours. */
export function make({ path, owner = "root", group = "root", mode = "0755" }: DirectorySpec): Command {
  return script("make-directory", MAKE, [path, record(path), owner, group, mode.padStart(5, "0")]);
}

/** Owner, group and mode, as far as they are to change. */
export function see(path: string, { owner, group, mode }: Wish): Command {
  return script("set-directory", `${SEE}see "$@"`, [path, owner, group, mode === "" ? "" : mode.padStart(5, "0")]);
}

/** As it was. */
export function before({ uid, gid, mode }: Directory): Wish {
  return { owner: uid, group: gid, mode };
}

// Somebody else may have made it before we could, and then it is not ours to remove.
const UNMAKE = `
[ -e "$2" ] || exit 0
[ ! -d "$1" ] || rmdir --ignore-fail-on-non-empty -- "$1"
rm -f -- "$2"
`;

/** Removes one that we made, when nothing is in it. */
export function unmake(path: string): Command {
  return script("remove-directory", UNMAKE, [path, record(path)]);
}
