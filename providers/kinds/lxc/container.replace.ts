/** A container that is made anew because something changes that cannot be changed in place: its data goes along. */
import type { Change } from "../../kind.ts";
import { isRepeated, lineKey } from "./container.compare.ts";
import type { Mount } from "./container.parts.ts";
import type { Found, Held, State } from "./container.state.ts";

/** What a container is made with. */
const SETTLED = new Set(["unprivileged", "ostype", "storage", "clone"]);

/** Whether a change, or one that is among them, takes a new container. */
export function isSettled({ prop, from }: Change): boolean {
  // A container by hand shows no source.
  return SETTLED.has(prop) && (prop !== "clone" || from !== undefined);
}

export function isReplaced(changes: readonly Change[], want: State): boolean {
  return want.allowReplace && changes.some(isSettled);
}

/** What keeps a container from being made anew, as far as the declaration tells. */
export function refusedReplacement({ ostemplate, clone, storage }: State): string[] {
  return [
    ...(ostemplate === undefined && clone === undefined
      ? ["to make it anew, declare what of: ostemplate or clone"]
      : []),
    ...(storage === undefined && clone === undefined
      ? ["to make it anew, declare where its root is to be: storage"]
      : []),
  ];
}

/** What else keeps it from that. */
export function refusedLoss({ snapshots, protection }: Found): string[] {
  // A template has one that it consists of.
  const lost = snapshots.filter((name) => name !== "__base__");
  return [
    ...(lost.length === 0 ? [] : [`it has snapshots (${lost.join(", ")}), which end with its root: remove them first`]),
    ...(protection === true ? ["it is protected: declare protection: false, and apply that first"] : []),
  ];
}

const CARRIED = [
  ..."hostname size memory swap cores cpulimit cpuunits nameserver searchdomain apparmorProfile tags description".split(
    " ",
  ),
  ..."protection onboot startup timezone hookscript console tty cmode running template".split(" "),
] as readonly (keyof Held)[];

/** Lines that come with what a container is made of. */
const COMES_WITH = /^lxc\.include: \/usr\/share\/lxc\/config\/(\w+\.)?(common|userns)\.conf$/;

/**
 * The declaration of the new container: what nobody declares is as it was, and mounts have the volumes that they had.
 * `live` tells what was declared and no longer is.
 */
export function carried(found: Found, want: State, live?: State): State {
  const settings = Object.fromEntries(
    CARRIED.flatMap((key) => (live?.[key] !== undefined || found[key] === undefined ? [] : [[key, found[key]]])),
  );
  const records = <Entry>(
    key: "interfaces" | "mounts" | "devices",
    merge: (is: Entry | undefined, declared: Entry) => Entry,
  ): Record<string, Entry> => {
    const [is, declared, before] = [found[key], want[key] ?? {}, live?.[key] ?? {}] as Record<string, Entry>[];
    const left = Object.entries(is ?? {}).flatMap(([name, one]) =>
      name in (before ?? {}) ? [] : [[name, key === "mounts" ? withoutOwner(one as Mount) : one] as const],
    );
    const merged = Object.entries(declared ?? {}).map(([name, one]) => [name, merge(is?.[name], one)]);
    return Object.fromEntries([...left, ...merged]) as Record<string, Entry>;
  };
  const section = (key: "features" | "rootfs") => {
    const all = { ...without(found[key], live?.[key]), ...want[key] };
    return Object.keys(all).length === 0 ? {} : { [key]: all };
  };
  const single = new Set((want.lxc ?? []).map(lineKey).filter((key) => !isRepeated(key)));
  const lines = found.lxc.filter(
    (line) => !COMES_WITH.test(line) && live?.lxc?.includes(line) !== true && !single.has(lineKey(line)),
  );
  const idmap = want.idmap ?? (want.unprivileged === false ? undefined : found.idmap);
  return {
    ...settings,
    ...without(want, undefined),
    unprivileged: want.unprivileged ?? found.unprivileged,
    ...section("features"),
    ...section("rootfs"),
    ...(idmap === undefined ? {} : { idmap }),
    interfaces: records("interfaces", (is, declared) => ({ ...is, ...declared })),
    mounts: records("mounts", (is: Mount | undefined, declared) =>
      is?.volume === undefined || declared.source !== undefined || declared.volume !== undefined
        ? declared
        : { ...is, ...declared, volume: is.volume },
    ),
    devices: records("devices", (is, declared) => ({ ...is, ...declared })),
    lxc: [...new Set([...lines, ...(want.lxc ?? [])])],
  } as State;
}

/** Whose a directory of the host is, is left alone where nobody declares it. */
function withoutOwner(mount: Mount): Mount {
  return without(mount, { uid: 0, gid: 0, mode: 0 });
}

/** What is set, but for the names that others have. */
function without<Values extends object>(values: Values | undefined, others: object | undefined): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter(([key, value]) => value !== undefined && !(key in (others ?? {}))),
  ) as Partial<Values>;
}
