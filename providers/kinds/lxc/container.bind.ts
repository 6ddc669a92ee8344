/** Host directories that containers are shown: whose they are, in the container's numbers. */
import type { Directory } from "../directory.ts";
import type { IdMap, Mount } from "./container.parts.ts";

/** The usual id map of an unprivileged container. */
export const USUAL_MAP: readonly IdMap[] = (["u", "g"] as const).map((type) => ({
  type,
  container_id: 0,
  host_id: 100_000,
  size: 65_536,
}));

/** Who nobody is: numbers that are not in the id map show as this one. */
const NOBODY = 65_534;

/** How numbers of a container and the host are the same. */
export interface Ids {
  /** The host's number, undefined where the id map has none. */
  outside(type: "u" | "g", id: number): number | undefined;
  inside(type: "u" | "g", id: number): number;
}

export function idsOf(of: {
  readonly unprivileged?: boolean | undefined;
  readonly idmap?: readonly IdMap[] | undefined;
}): Ids {
  if (of.unprivileged === false) return { outside: (_type, id) => id, inside: (_type, id) => id };
  const map = of.idmap ?? USUAL_MAP;
  const shifted = (type: "u" | "g", id: number, from: "container_id" | "host_id", to: typeof from) => {
    const found = map.find((one) => one.type === type && id >= one[from] && id < one[from] + one.size);
    return found === undefined ? undefined : id - found[from] + found[to];
  };
  return {
    outside: (type, id) => shifted(type, id, "container_id", "host_id"),
    inside: (type, id) => shifted(type, id, "host_id", "container_id") ?? NOBODY,
  };
}

/** Those of what a mount shows. */
export function idsIn({ idmap }: Pick<Mount, "idmap">, ids: Ids): Ids {
  return idmap === undefined ? ids : idsOf({ unprivileged: false });
}

/** Owner, group and mode of a bind mount's directory as the container sees them. */
export function seenInside(directory: Directory | undefined, ids: Ids): Pick<Mount, "uid" | "gid" | "mode"> {
  if (directory === undefined) return {};
  const { uid, gid, mode } = directory;
  return { uid: ids.inside("u", Number(uid)), gid: ids.inside("g", Number(gid)), mode: mode.padStart(4, "0") };
}

/** The call of {@link BIND} that makes the directory, or sees to its owner and mode. */
export function bindStep({ source = "", uid, gid, mode, idmap }: Mount, usual: Ids): string[] {
  const ids = idsIn({ idmap }, usual);
  const number = (type: "u" | "g", id: number | undefined) =>
    id === undefined ? "" : String(ids.outside(type, id) ?? "");
  return ["bind", source, number("u", uid), number("g", gid), mode ?? "", number("u", 0), number("g", 0)];
}

/** Why the owner cannot be set. */
export function unmapped(path: string, { uid, gid, idmap }: Mount, usual: Ids): string[] {
  const ids = idsIn({ idmap }, usual);
  const bad = (type: "u" | "g", name: string, id: number | undefined) =>
    id === undefined || ids.outside(type, id) !== undefined
      ? []
      : [`mounts.${path}.${name}: the container's ${String(id)} is no number on the host; its idmap must have it`];
  return [...bad("u", "uid", uid), ...bad("g", "gid", gid)];
}

/**
 * Shell functions. `bind DIRECTORY UID GID MODE ROOT-UID ROOT-GID`: the directory is there and has that owner, group
 * and mode, each empty where it is left alone; one that is made belongs to the container's root.
 */
export const BIND = `
bind() {
  made=
  [ -e "$1" ] || {
    [ -d "\${1%/*}/" ] || { echo "cannot make the directory $1: \${1%/*} is not there; make or mount that first" >&2; exit 1; }
    # Another container's run may be making it, too.
    mkdir -- "$1" && made=yes || [ -d "$1" ]
  }
  [ -d "$1" ] || { echo "$1 is not a directory, and only directories can be mounted" >&2; exit 1; }
  [ ! -L "$1" ] || { echo "$1 is a symbolic link: declare what it leads to" >&2; exit 1; }
  set -- "$1" "\${2:-\${made:+$5}}" "\${3:-\${made:+$6}}" "$4"
  [ "$2" = '' ] || [ "$(stat -c %u -- "$1")" = "$2" ] || chown -- "$2" "$1"
  [ "$3" = '' ] || [ "$(stat -c %g -- "$1")" = "$3" ] || chgrp -- "$3" "$1"
  # After chown, which may take set-user-ID and set-group-ID bits away.
  [ "$4" = '' ] || chmod -- "$4" "$1"
}
`;
