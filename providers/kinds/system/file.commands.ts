/** The commands of files beside those that write them. */
import { script, sh, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";
import { OURS } from "./ours.ts";

/** Writes down, once, what is at the path before it is ours: a copy of it, or that there is nothing. */
export function keep(path: string): Command {
  return script("keep-file", KEEP, [path]);
}

const KEEP = `
kept=${OURS}/files/kept$1 made=${OURS}/files/made$1
[ ! -e "$kept" ] && [ ! -e "$made" ] || exit 0
umask 077
if [ -e "$1" ]
then
  mkdir -p -- "\${kept%/*}"
  cp -p -- "$1" "$kept.new"
  sync -- "$kept.new"
  mv -fT -- "$kept.new" "$kept"
else
  mkdir -p -- "\${made%/*}"
  : >"$made"
fi
`;

/** Puts back what was there before us: the file as it was, or none. */
export function giveBack(path: string): Command {
  return script("give-back-file", GIVE_BACK, [path]);
}

const GIVE_BACK = `
kept=${OURS}/files/kept$1 made=${OURS}/files/made$1
temp=\${1%/*}/.\${1##*/}.phoenix-new
if [ -L "$1" ]; then echo "$1 is a symbolic link, and what it leads to is not ours: remove the link" >&2; exit 1; fi
if [ -e "$kept" ]
then
  cp -p -- "$kept" "$temp"
  sync -- "$temp"
  mv -fT -- "$temp" "$1"
else
  rm -f -- "$1"
fi
rm -f -- "$kept" "$made"
`;

/** Prints `same` when the file holds what comes on standard input. */
export function compare(path: string, content: Secret): Command {
  return withStdin(script("compare-file", 'cmp -s -- - "$1" && echo same || echo differs', [path]), content);
}

/** Makes a service that runs read its configuration again. */
export function reload(unit: string): Command {
  return withTimeLimit(
    script("reload", '! systemctl is-active --quiet -- "$1" || systemctl reload -- "$1"', [unit]),
    300,
  );
}

/** Restarts a service that runs. */
export function restart(unit: string): Command {
  return withTimeLimit(sh`systemctl try-restart -- ${unit}`, 300);
}
