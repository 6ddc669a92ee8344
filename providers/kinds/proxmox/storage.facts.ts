/** What one look at the host tells about the storages of Proxmox VE. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { parseSections, type Section } from "./section-config.ts";

export interface Facts {
  readonly storages: ReadonlyMap<string, Section>;
  /** IDs of the guests that have volumes in a storage, snapshots included, by the storage's ID. Known of named ones. */
  readonly guests: ReadonlyMap<string, readonly string[]>;
}

/** Proxmox VE always has it, also where storage.cfg does not say so. */
export const LOCAL = "local";

const IMPLIED = ["dir: local", "\tpath /var/lib/vz", "\tcontent backup,images,iso,rootdir,snippets,vztmpl"];

/** storage.cfg is the whole truth, and reading it takes a hundredth of the time that any pvesm command does. */
export function query(ids: readonly string[] | undefined): Command {
  return script("proxmox-storage", QUERY, [ids === undefined ? "all" : "named"]);
}

const QUERY = `
command -v pvesm >/dev/null || exit 0
echo == pve
! mountpoint -q /etc/pve || echo mounted
echo == storage
[ ! -f /etc/pve/storage.cfg ] || cat /etc/pve/storage.cfg
echo
echo == guests
[ "$1" = named ] || exit 0
set --
for file in /etc/pve/nodes/*/lxc/*.conf /etc/pve/nodes/*/qemu-server/*.conf
do [ ! -f "$file" ] || set -- "$@" "$file"
done
# 1: no guest has a volume.
[ $# -eq 0 ] || grep -HoE '^[a-z]+[0-9]*: *[a-zA-Z][a-zA-Z0-9_.-]*:' -- "$@" || [ $? -eq 1 ]
`;

/** Throws a UserError where there is no Proxmox VE, or where its files cannot be seen. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the storages: ${answer.stderr.trim()}`);
  if (!answer.stdout.startsWith("== pve\n")) throw new UserError("the host has no pvesm: it is not Proxmox VE");
  const section = sections(answer.stdout);
  if (section("pve").length === 0)
    throw new UserError("/etc/pve is not mounted, so there are no storages to see: systemctl start pve-cluster");
  const guests = new Map<string, string[]>();
  for (const line of section("guests")) {
    const [, guest = "", storage = ""] = /\/(\d+)\.conf:[^:]*: *([^:]*):$/.exec(line) ?? [];
    guests.set(storage, [...new Set([...(guests.get(storage) ?? []), guest])]);
  }
  return { storages: storagesOf(section("storage")), guests };
}

/** The storages that the lines of storage.cfg say, and the one that there always is. */
export function storagesOf(lines: readonly string[]): ReadonlyMap<string, Section> {
  const storages = parseSections(lines);
  return new Map([...(storages.has(LOCAL) ? [] : parseSections(IMPLIED)), ...storages]);
}
