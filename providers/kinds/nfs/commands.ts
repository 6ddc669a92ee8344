/** The commands that change NFS exports. */
import { script, type Command } from "../../host/command.ts";
import { removeFile, restoreFile, writeFile } from "../../host/file.ts";
import { ENABLE_UNIT } from "../systemd.ts";
import { dropIn, render, type Clients } from "./exports-file.ts";

const MODE = { mode: "644" };

/** Writes the drop-in, once exportfs itself has taken the new content. */
export function writeDropIn(path: string, clients: Clients): Command {
  return writeFile(dropIn(path), render(path, clients), { ...MODE, check: script("exportfs-check", CHECK) });
}

/** Puts the drop-in back to the lines it had; undefined: there was none. */
export function restoreDropIn(path: string, lines: readonly string[] | undefined): Command {
  return restoreFile(dropIn(path), lines?.map((line) => `${line}\n`).join(""), MODE);
}

export function removeDropIn(path: string): Command {
  return removeFile(dropIn(path));
}

/** Takes clients of a directory out of the live table; that one is not in it is fine. */
export function unexport(path: string, clients: readonly string[]): Command {
  const args = clients.map((client) => `${client.includes(":") ? `[${client}]` : client}:${path}`);
  return script("unexport", UNEXPORT, args);
}

// exportfs asks the kernel whether a directory can be exported by way of a client that it makes up, and which is gone when
// another exportfs empties the kernel's tables meanwhile. Its own lock does not cover the check, which has its own /var.
const ALONE = `
exec 9>/run/phoenix-exportfs.lock
flock 9
`;

/** Makes the files count: once for all exports that change. Starts the server where it does not run. */
export const reexport = script(
  "reexport",
  `${ENABLE_UNIT}
[ "$(systemctl show nfs-server.service --property=UnitFileState --value)" = enabled ] &&
  systemctl is-active --quiet nfs-server.service || { enable_unit nfs-server.service; systemctl start nfs-server.service; }
${ALONE}
# Not -r: that would drop exports that somebody made with exportfs alone. What is to go is taken out by name.
# 1: some line of some file is amiss. Ours were checked before they were written; foreign ones must not stop ours.
exportfs -a || [ $? -eq 1 ]
`,
);

// exportfs has no option to check a file. In a mount namespace of its own it reads this one only, and its table is
// a scratch one. It also warns with exit code 0 (a host name that it cannot resolve), so a word from it is an error.
const CHECK = `${ALONE}
unshare --mount --propagation private /bin/sh -euc '
  mount -t tmpfs none /var/lib/nfs
  cat -- "$1" >/var/lib/nfs/new
  mount -t tmpfs none /etc/exports.d
  mount --bind /dev/null /etc/exports
  cp /var/lib/nfs/new /etc/exports.d/new.exports
  said=$(exportfs -ra 2>&1) || said="\${said:-exportfs failed}"
  [ -z "$said" ] || { printf "%s\\n" "$said" >&2; exit 1; }
' check "$1"
`;

const UNEXPORT = `${ALONE}
for export do
  said=$(exportfs -u "$export" 2>&1) && continue
  case $said in *'Could not find'*) ;; *) printf '%s\\n' "$said" >&2; exit 1 ;; esac
done
`;
