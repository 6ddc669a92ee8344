/** Commands for text files that are written whole: a reader sees the old content or the new one, never a part. */
import { createHash } from "node:crypto";
import { script, secret, withStdin, type Command, type Secret } from "./command.ts";

export interface FileOptions {
  /** Octal, such as `644`. */
  readonly mode: string;
  /** Default: `root`. */
  readonly owner?: string;
  /** Default: `root`. */
  readonly group?: string;
  /** The tool's validator. Called with the new file's path as one more argument, before the new file counts. */
  readonly check?: Command;
  /** Written down at another path just before the new file counts: what is still to be done about it. */
  readonly note?: { readonly path: string; readonly text: string };
}

/**
 * Puts `content` at `path`. A file that is already as wanted is not touched; a missing folder is made, its parent not.
 * Fails, and leaves what is there, when the path is a symbolic link or no regular file, when `check` fails, when the
 * content does not arrive whole, and when the disk is full or read-only.
 *
 * The content travels on standard input, a digest of it as an argument; that of a secret on standard input too.
 */
export function writeFile(path: string, content: string | Secret, options: FileOptions): Command {
  const { mode, owner = "root", group = "root", check, note } = options;
  const hidden = typeof content !== "string";
  const text = hidden ? content.reveal() : content;
  const digest = createHash("sha256").update(text).digest("hex");
  const shown = hidden ? "hidden" : digest;
  const meta = [parseInt(mode, 8).toString(8), `${owner}:${group}`, shown, note?.path ?? "", note?.text ?? ""];
  const args = [path, ...meta, ...(check?.argv ?? [])];
  const write = { ...script("write-file", WRITE, args), label: `write-file ${path}` };
  return withStdin(write, hidden ? secret(`${digest}\n${text}`) : text);
}

/** Removes the file at `path`; that there is none is fine. Fails when it is a symbolic link or no regular file. */
export function removeFile(path: string): Command {
  return script("remove-file", REMOVE, [path]);
}

/** Undoes {@link writeFile} and {@link removeFile}: `before` is the content that was there, undefined for no file. */
export function restoreFile(
  path: string,
  before: string | Secret | undefined,
  options: Omit<FileOptions, "check">,
): Command {
  return before === undefined ? removeFile(path) : writeFile(path, before, options);
}

// The temporary file's name starts with a dot and ends in no suffix that a service reads: exports.d takes *.exports,
// modprobe.d and sysctl.d *.conf, sudoers.d nothing with a dot. It is always the same one, so that what a killed run
// left is cleaned up by the next.
const TARGET = `
path=$1
dir=\${path%/*}
temp=$dir/.\${path##*/}.phoenix-new
refuse() { echo "$path $1" >&2; exit 1; }
rm -f -- "$temp"
[ ! -L "$path" ] || refuse 'is a symbolic link, and what it leads to is not ours: remove the link'
[ ! -e "$path" ] || [ -f "$path" ] || refuse 'is not a regular file: move it away'
`;

// A connection that breaks ends standard input early: only the digest tells a whole content from a part of it.
const WRITE = `${TARGET}
mode=$2 owner=$3 digest=$4 note=$5 text=$6
shift 6
[ "$digest" != hidden ] || read -r digest
digest_of() { sha256sum <"$1" | cut -c 1-64; }
if [ -e "$path" ] && [ "$(stat -c %a:%U:%G -- "$path")" = "$mode:$owner" ] && [ "$(digest_of "$path")" = "$digest" ]
then exit 0
fi
[ -d "$dir" ] || mkdir -m 755 -- "$dir"
trap 'rm -f -- "$temp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
umask 077
cat >"$temp"
[ "$(digest_of "$temp")" = "$digest" ] || refuse 'was left as it was: the new content did not arrive whole'
chown -- "$owner" "$temp"
chmod -- "$mode" "$temp"
[ $# -eq 0 ] || "$@" "$temp"
sync -- "$temp"
if [ -n "$note" ]
then
  mkdir -p -- "\${note%/*}"
  printf '%s\\n' "$text" >"$note"
  sync -- "$note"
fi
mv -fT -- "$temp" "$path"
sync -- "$dir"
`;

const REMOVE = `${TARGET}
[ -e "$path" ] || exit 0
rm -f -- "$path"
sync -- "$dir"
`;
