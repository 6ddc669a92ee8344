/** Members of several lines each: the start order, the id map and the features. Pure. */
import { USUAL_MAP } from "./container.bind.ts";
import type { IdMap } from "./container.parts.ts";
import type { Found, Held } from "./container.state.ts";
import { valueOf, valuesOf, type Entry } from "./debian.conf.ts";

export type Group = "startup" | "idmap" | "features";

const STARTUP = { order: "lxc.start.order", up: "lxc.start.delay" } as const;

const IDMAP = "lxc.idmap";
const NESTING = "lxc.apparmor.allow_nesting";
/** Where the kernel sees to it that no other proc and sysfs are mounted than those that show everything. */
const UNCOVERED: readonly Entry[] = ["proc", "sys"].map((name) => ({
  key: "lxc.mount.entry",
  value: `${name} dev/.lxc/${name} ${name === "sys" ? "sysfs" : name} create=dir,optional 0 0`,
}));
const RAW = "lxc.apparmor.raw";
const AUTO = "lxc.mount.auto";
const MAY_MOUNT = /^mount fstype=(\w+),$/;

export function startupEntries({ startup: declared }: Partial<Held>): Entry[] {
  return (["order", "up"] as const).flatMap((member) => {
    const value = declared?.[member];
    return value === undefined ? [] : [{ key: STARTUP[member], value: String(value) }];
  });
}

export function idmapEntries(maps: readonly IdMap[]): Entry[] {
  return maps.map(({ type, container_id, host_id, size }) => ({
    key: IDMAP,
    value: [type, container_id, host_id, size].join(" "),
  }));
}

export function featureEntries({ features: declared = {} }: Partial<Held>): Entry[] {
  return [
    ...(declared.nesting === true ? [{ key: NESTING, value: "1" }, ...UNCOVERED] : []),
    ...(declared.force_rw_sys === true ? [{ key: AUTO, value: "sys:rw" }] : []),
    ...(declared.mount ?? []).map((type) => ({ key: RAW, value: `mount fstype=${type},` })),
  ];
}

/** The member that an entry is of. */
export function groupOf({ key, value }: Entry): Group | undefined {
  if (key === STARTUP.order || key === STARTUP.up) return "startup";
  if (key === IDMAP) return "idmap";
  const isFeature =
    key === NESTING ||
    UNCOVERED.some((one) => one.key === key && one.value === value) ||
    (key === AUTO && value === "sys:rw") ||
    (key === RAW && MAY_MOUNT.test(value));
  return isFeature ? "features" : undefined;
}

/** Where the numbers of users in the container begin on the host. */
export function rootOf(entries: readonly Entry[]): Pick<Found, "rootUid" | "rootGid" | "unprivileged"> {
  const maps = idmapOf(entries);
  const first = (type: "u" | "g") => maps.find((map) => map.type === type && map.container_id === 0)?.host_id ?? 0;
  return { rootUid: first("u"), rootGid: first("g"), unprivileged: maps.length > 0 };
}

function idmapOf(entries: readonly Entry[]): NonNullable<Held["idmap"]> {
  return valuesOf(entries, IDMAP).map((value) => {
    const [type = "u", container, host, size] = value.split(/\s+/);
    // `b`, for both, is of lxc-usernsexec only.
    return { type: type as "u" | "g", container_id: Number(container), host_id: Number(host), size: Number(size) };
  });
}

export function idmap(entries: readonly Entry[]): Held["idmap"] {
  const maps = idmapOf(entries);
  const text = (some: readonly IdMap[]) =>
    some
      .map((map) => Object.values(map).join(" "))
      .toSorted()
      .join("; ");
  return maps.length === 0 || text(maps) === text(USUAL_MAP) ? undefined : maps;
}

export function features(entries: readonly Entry[]): Held["features"] {
  const types = valuesOf(entries, RAW).flatMap((value) => MAY_MOUNT.exec(value)?.[1] ?? []);
  return {
    nesting: valueOf(entries, NESTING) === "1",
    force_rw_sys: valuesOf(entries, AUTO).includes("sys:rw"),
    ...(types.length === 0 ? {} : { mount: types }),
  };
}

export function startup(entries: readonly Entry[]): Held["startup"] {
  const seconds = (key: string) => {
    const value = valueOf(entries, key);
    return value === undefined ? undefined : Number(value);
  };
  const [order, up] = [seconds(STARTUP.order), seconds(STARTUP.up)];
  if (order === undefined && up === undefined) return undefined;
  return { ...(order === undefined ? {} : { order }), ...(up === undefined ? {} : { up }) };
}
