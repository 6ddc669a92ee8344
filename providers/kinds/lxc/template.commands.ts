/** What changes template archives on the host. */
import { script, withStdin, withTimeLimit, type Command } from "../../host/command.ts";
import { OURS } from "../system/ours.ts";

/**
 * Shell text. Of each archive that we put there, a file of lines is kept: its SHA-256; what stat(1) said of it then, for
 * as long as that is the same it need not be read again; and how it was built, where we built it. Of an archive that
 * others put there, the first two are kept in a cache, which may be deleted at any time.
 */
export const RECORD = `
records=${OURS}/templates
cache=/var/cache/phoenix-hypervisor/templates
builds=${OURS}/builds
format='%s %.9Y %.9Z %i'
state_of() { stat -c "$format" -- "$1"; }
record() { # path, sha256, state, how it was built
  mkdir -p -- "$records\${1%/*}"
  printf '%s\\n' "$2" "$3" \${4:+"$4"} >"$records$1.new"
  mv -fT -- "$records$1.new" "$records$1"
}
`;

/** Where an archive comes to lie. */
export interface Place {
  readonly path: string;
  readonly sha256: string;
  /** Whether the folders above its folder are made, too. */
  readonly parents: boolean;
}

/** Seconds that a transfer or a build may take. */
export const LONGEST = 4 * 3600;

/** Has the host download it. */
export function download({ path, sha256, parents }: Place, url: string): Command {
  return withTimeLimit(
    script("download-template", `${HEAD}${DOWNLOAD}${TAIL}`, [path, sha256, parents ? "-p" : "", url]),
    LONGEST,
  );
}

/** Sends it from here. */
export function upload({ path, sha256, parents }: Place, file: string): Command {
  const take = script("upload-template", `${HEAD}cat >"$temp"\n${TAIL}`, [path, sha256, parents ? "-p" : "", file]);
  return withStdin(withTimeLimit(take, LONGEST), { file });
}

/** Removes the file, unless it `stays`, and forgets that we put one there. */
export function remove(path: string, stays: boolean): Command {
  return script("remove-template", REMOVE, [path, stays ? "stays" : ""]);
}

// The temporary file is always the same one, so that what a killed run left is cleaned up by the next; and it is none
// that is listed as a template.
export const HEAD = `
${RECORD}
umask 022
path=$1 sha256=$2 parents=$3 from=$4 built=
dir=\${path%/*} temp=\${path%/*}/.\${path##*/}.phoenix-new
refuse() { echo "$path $1" >&2; exit 1; }
[ ! -L "$path" ] || refuse 'is a symbolic link, and what it leads to is not ours: remove the link'
[ ! -e "$path" ] || [ -f "$path" ] || refuse 'is not a regular file: move it away'
[ -d "$dir" ] || mkdir \${parents:+"$parents"} -- "$dir"
rm -f -- "$temp"
trap 'rm -f -- "$temp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
`;

const DOWNLOAD = `
if command -v curl >/dev/null
then
  curl -fsSL --proto =http,https --retry 3 --connect-timeout 30 --speed-limit 1 --speed-time 60 -o "$temp" -- "$from"
elif command -v wget >/dev/null
then wget -nv --tries=3 --timeout=60 -O "$temp" -- "$from"
else refuse 'cannot be downloaded without curl or wget: apt-get install curl'
fi
`;

/** Shell text. First the word that it is ours, then the file: a run that is killed in between finds no stranger's file. */
export const PUT = `
sync -- "$temp"
record "$path" "$sha256" '' "$built"
mv -fT -- "$temp" "$path"
sync -- "$dir"
record "$path" "$sha256" "$(state_of "$path")" "$built"
`;

const TAIL = `
is=$(sha256sum <"$temp" | cut -c 1-64)
[ "$is" = "$sha256" ] ||
  refuse "was left as it was: the $(stat -c %s -- "$temp") bytes that came from $from have the SHA-256 $is, declared is $sha256"
${PUT}`;

const REMOVE = `
${RECORD}
[ "$2" = stays ] || rm -f -- "$1"
rm -f -- "$records$1" "$cache$1"
rm -rf --one-file-system -- "$builds$1"
`;
