/** What one look tells about the containers of Proxmox VE: their files and the kernel, and no pct, which takes seconds. */
import { UserError } from "../../host/host.ts";
import type { sections } from "../../host/sections.ts";
import { parseConf, type Conf } from "./pve.conf.ts";

export interface PveFacts {
  readonly containers: ReadonlyMap<number, Conf>;
  /** Guests of other kinds or on other nodes: their files, by id. */
  readonly others: ReadonlyMap<number, string>;
  readonly running: ReadonlySet<number>;
  /** Lines of LXC that running containers were started with, of those that have, or had, lines of their own. */
  readonly started: ReadonlyMap<number, readonly string[]>;
  /** Lines of LXC that were taken out of a container's file after it was started. */
  readonly dropped: ReadonlyMap<number, readonly string[]>;
  /** Those that a run was cut off at while it made them. */
  readonly unfinished: ReadonlySet<number>;
  /** Files of those that are made anew, as they were, and were ended for it. */
  readonly kept: ReadonlyMap<number, Conf>;
  /** Names of the host's network interfaces. */
  readonly links: ReadonlySet<string>;
}

/**
 * Lines of LXC that were taken out while a container ran, in a file of its number: its configuration of that time has
 * Proxmox VE's own lines too, which are not told from them. It holds while it is newer than that.
 */
export const DROPPED = "/run/phoenix-hypervisor/lxc-dropped";

/** What is kept of one that is ended to be made anew, until it is: its file by its number, and its firewall's file. */
export const KEPT = "/var/lib/phoenix-hypervisor/lxc-kept";

/** Prints sections; those that both platforms have come after it. Sources of bind mounts are left in `sources`. */
export const PVE_QUERY = `
echo == pve
! mountpoint -q /etc/pve || echo mounted
echo == files
held -H /etc/pve/lxc/*.conf
echo == kept
held -H ${KEPT}/*[0-9]
echo == guests
for file in /etc/pve/nodes/*/lxc/*.conf /etc/pve/nodes/*/qemu-server/*.conf
do [ ! -e "$file" ] || printf '%s\\n' "$file"
done
echo == running
sed -n 's|.*@/var/lib/lxc/\\([0-9]*\\)/command$|\\1|p' /proc/net/unix
echo == started
for file in $(grep -l '^lxc\\.' /etc/pve/lxc/*.conf 2>/dev/null) ${DROPPED}/*
do
  id=\${file##*/}
  config=/var/lib/lxc/\${id%.conf}/config
  [ ! -e "$config" ] || sed -n "s|^lxc\\.|\${id%.conf} lxc.|p" "$config"
done
echo == dropped
for file in ${DROPPED}/*
do
  id=\${file##*/}
  [ ! "$file" -nt "/var/lib/lxc/$id/config" ] || sed "s|^|$id |" "$file"
done
echo == unfinished
ls -A /var/lib/lxc 2>/dev/null | sed -n 's/^[.]phoenix-\\([0-9]*\\)$/\\1/p'
echo == links
ls /sys/class/net
sources() { held -h /etc/pve/lxc/*.conf | sed -n 's/^mp[0-9]*: *\\(volume=\\)\\{0,1\\}\\(\\/[^,]*\\).*/\\2/p'; }
`;

export function parsePve(section: ReturnType<typeof sections>): PveFacts {
  if (section("pve").length === 0)
    throw new UserError("/etc/pve is not mounted, so there are no containers to see: systemctl start pve-cluster");
  const files = filesOf(section("files"));
  const guests = section("guests").flatMap((file) => {
    const [, id] = /\/(\d+)\.conf$/.exec(file) ?? [];
    return id === undefined || (files.has(Number(id)) && file.includes("/lxc/")) ? [] : [[Number(id), file] as const];
  });
  return {
    containers: new Map([...files].map(([id, lines]) => [id, parseConf(lines)])),
    kept: new Map([...filesOf(section("kept"))].map(([id, lines]) => [id, parseConf(lines)])),
    others: new Map(guests),
    running: new Set(section("running").map(Number)),
    started: linesOf(section("started")),
    dropped: linesOf(section("dropped")),
    unfinished: new Set(section("unfinished").map(Number)),
    links: new Set(section("links")),
  };
}

/** The lines of each container's file, of lines that the file's path stands before. */
export function filesOf(lines: readonly string[]): Map<number, string[]> {
  const files = new Map<number, string[]>();
  for (const line of lines) {
    const [, id = "", text] = /^[^:]*\/(\d+)(?:\.conf)?:(.*)$/.exec(line) ?? [];
    if (text === undefined) continue;
    files.set(Number(id), [...(files.get(Number(id)) ?? []), text]);
  }
  return files;
}

/** Of `101 lxc.key = value`, the lines `lxc.key: value` by container. */
function linesOf(lines: readonly string[]): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const line of lines) {
    const [, id = "", key = "", value = ""] = /^(\d+) (lxc\.[a-z0-9_.-]+)\s*[:=]\s*(.*?)\s*$/.exec(line) ?? [];
    all.set(Number(id), [...(all.get(Number(id)) ?? []), `${key}: ${value}`]);
  }
  return all;
}
