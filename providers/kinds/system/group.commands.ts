/** The commands that change groups. */
import type { Command } from "../../host/command.ts";
import { MADE, RECORDS } from "./group.facts.ts";
import type { GroupSpec } from "./group.spec.ts";
import { inTurn } from "./user.commands.ts";

/** Makes the group, and writes down that it is ours. */
export function add({ name, gid, system }: GroupSpec): Command {
  return inTurn("add-group", ADD, [
    name,
    ...(gid === undefined ? [] : ["--gid", String(gid)]),
    ...(system ? ["--system"] : []),
  ]);
}

const ADD = `
name=$1
shift
in_turn groupadd "$@" -- "$name"
mkdir -p -m 755 ${RECORDS}
mkdir -p -m 755 "${RECORDS}/$name"
: >"${RECORDS}/$name/${MADE}"
`;

export function renumber(name: string, gid: number): Command {
  return inTurn("renumber-group", 'in_turn groupmod --gid "$2" -- "$1"', [name, String(gid)]);
}

const MEMBERS = `
name=$1 all=$2
shift 2
folder=${RECORDS}/$name
mkdir -p -m 755 ${RECORDS}
mkdir -p -m 755 "$folder"
while [ "$1" != -- ]; do : >"$folder/$1"; shift; done
shift
in_turn gpasswd -M "$all" -- "$name"
for member do rm -f -- "$folder/$member"; done
`;

/** Who is in it; writes down which of them we put in, and forgets those that are out. */
export function setMembers(
  name: string,
  all: readonly string[],
  { added, gone }: { added: readonly string[]; gone: readonly string[] },
): Command {
  return inTurn("set-members", MEMBERS, [name, all.join(","), ...added, "--", ...gone]);
}

/** Deletes a group that we made. */
export function remove(name: string): Command {
  return inTurn("delete-group", `in_turn groupdel -- "$1"\nrm -rf -- "${RECORDS}/$1"`, [name]);
}
