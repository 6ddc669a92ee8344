/** The commands of files beside those that write them. */
import { script, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";
import { OURS } from "./ours.ts";

/** Copies a file whole, with its owner, group and mode, to another place: the second name there is a passing one. */
const COPY = `
copy() {
  cp -p -- "$1" "$3"
  sync -- "$3"
  mv -fT -- "$3" "$2"
}
`;

/** Where what was there before us is kept, where it is written down that there was nothing, and what the last was. */
const PLACES = `${COPY}
kept=${OURS}/files/kept$1 made=${OURS}/files/made$1 last=${OURS}/files/last$1
temp=\${1%/*}/.\${1##*/}.phoenix-new
if [ -L "$1" ]; then echo "$1 is a symbolic link, and what it leads to is not ours: remove the link" >&2; exit 1; fi
`;

/** Writes down, once, what is at the path before it is ours: a copy of it, or that there is nothing. */
export function keep(path: string): Command {
  return script("keep-file", KEEP, [path]);
}

const KEEP = `${PLACES}
[ ! -e "$kept" ] && [ ! -e "$made" ] || exit 0
umask 077
if [ -e "$1" ]
then
  mkdir -p -- "\${kept%/*}"
  copy "$1" "$kept" "$kept.new"
else
  mkdir -p -- "\${made%/*}"
  : >"$made"
fi
`;

/** Puts back what was there before us: the file as it was, or none. */
export function giveBack(path: string): Command {
  return script("give-back-file", GIVE_BACK, [path]);
}

const GIVE_BACK = `${PLACES}
if [ -e "$kept" ]
then
  [ -d "\${1%/*}" ] || mkdir -m 755 -- "\${1%/*}"
  copy "$kept" "$1" "$temp"
else
  rm -f -- "$1"
fi
rm -f -- "$kept" "$made" "$last"
`;

/** Keeps what is there now on the host, until the next time: what cannot be read as text cannot be sent back. */
export function keepLast(path: string): Command {
  return script("keep-last-file", KEEP_LAST, [path]);
}

const KEEP_LAST = `${PLACES}
umask 077
mkdir -p -- "\${last%/*}"
copy "$1" "$last" "$last.new"
`;

/** Puts back what {@link keepLast} kept; where it did not come to that, nothing was changed. */
export function putLastBack(path: string): Command {
  return script("put-last-file-back", PUT_LAST_BACK, [path]);
}

const PUT_LAST_BACK = `${PLACES}
[ ! -e "$last" ] || copy "$last" "$1" "$temp"
rm -f -- "$last"
`;

/** Prints `same` when the file holds what comes on standard input. */
export function compare(path: string, content: Secret): Command {
  return withStdin(script("compare-file", 'cmp -s -- - "$1" && echo same || echo differs', [path]), content);
}

/** Written down with a file until its unit has read it: a run may be cut off in between. */
export function unread(path: string, unit: string): { path: string; text: string } {
  return { path: `${OURS}/files/unread${path}`, text: unit };
}

/** Makes a service that runs read its configuration again. */
export function reload(unit: string): Command {
  return withTimeLimit(script("reload", RELOAD, [unit]), 300);
}

/** Restarts a service that runs. */
export function restart(unit: string): Command {
  return withTimeLimit(script("restart", RESTART, [unit]), 300);
}

const reading = (how: string) => `
notes=${OURS}/files/unread
unread=
[ ! -d "$notes" ] || unread=$(grep -rlxFe "$1" -- "$notes") || [ $? -eq 1 ]
${how}
[ -z "$unread" ] || printf '%s\\n' "$unread" | xargs -d '\\n' rm -f --
`;

const RELOAD = reading('! systemctl is-active --quiet -- "$1" || systemctl reload -- "$1"');

const RESTART = reading('systemctl try-restart -- "$1"');
