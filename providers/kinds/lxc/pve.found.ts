/** What a container's file says, in the words of the spec. */
import type { Directory } from "../directory.ts";
import { idsOf, seenInside, USUAL_MAP } from "./container.bind.ts";
import { same } from "./container.compare.ts";
import type { Device, IdMap, Interface, Mount } from "./container.parts.ts";
import type { Found } from "./container.state.ts";
import { isOn, parseProperties, type Conf } from "./pve.conf.ts";

/** What of a container is there beside its file. */
export interface Beside {
  readonly running: boolean;
  readonly unfinished?: boolean;
  /** The lines that the running container was started with, where its file has, or had, such lines. */
  readonly started?: readonly string[];
  /** Lines that were taken out of its file while it ran. */
  readonly dropped?: readonly string[];
  readonly directories: ReadonlyMap<string, Directory>;
}

/** The values that will count after a restart. */
export function afterRestart({ current, pending }: Conf): Map<string, string> {
  const deleted = (pending.values.get("delete") ?? "").split(/[,;\s]+/).map((key) => key.replace(/^!/, ""));
  const values = new Map([...current.values, ...pending.values]);
  for (const key of ["delete", ...deleted]) values.delete(key);
  return values;
}

export function foundOf(conf: Conf, beside: Beside): Found {
  const values = afterRestart(conf);
  const { current, pending, snapshots } = conf;
  const idmap = mapOf(current.lxc);
  const unprivileged = isOn(values.get("unprivileged"));
  const ids = idsOf({ unprivileged, idmap });
  const rootfs = parseProperties(values.get("rootfs") ?? "", "volume");
  const root = without(diskOptions(rootfs), "volume", "size");
  const description = pending.description ?? current.description;
  const profile = single(current.lxc, "lxc.apparmor.profile");
  const origin = /\bbase(?:vol)?-(\d+)-/.exec(rootfs.get("volume") ?? "")?.[1];
  const lock = values.get("lock");
  return {
    ...plain(values),
    running: beside.running,
    template: isOn(values.get("template")),
    unprivileged,
    ...given("storage", /^([^:]+):/.exec(rootfs.get("volume") ?? "")?.[1]),
    ...given("size", rootfs.get("size")),
    ...given("rootfs", Object.keys(root).length === 0 ? undefined : root),
    ...given("description", description === "" ? undefined : description),
    ...given("apparmorProfile", profile),
    ...given("idmap", idmap === undefined || same("idmap", idmap, USUAL_MAP) ? undefined : idmap),
    interfaces: interfacesOf(values),
    mounts: Object.fromEntries(
      Object.entries(mountsOf(values)).map(([path, mount]) => {
        const directory = mount.source === undefined ? undefined : beside.directories.get(mount.source);
        return [path, { ...mount, ...seenInside(directory, ids) }];
      }),
    ),
    devices: devicesOf(values),
    lxc: current.lxc.filter((line) => !/^lxc\.(idmap|apparmor\.profile):/.test(line)),
    restartPending: [...waiting(conf, values), ...unstarted(current.lxc, beside)],
    ...given("lock", lock),
    ...(beside.unfinished === true ? { unfinished: true } : {}),
    ...given("clonedFrom", origin === undefined ? undefined : Number(origin)),
    snapshots: snapshots.map(({ name }) => name),
    rootUid: ids.outside("u", 0) ?? 0,
    rootGid: ids.outside("g", 0) ?? 0,
  };
}

function plain(values: ReadonlyMap<string, string>): Partial<Found> {
  const number = (key: string) => given(key, values.has(key) ? Number(values.get(key)) : undefined);
  const flag = (key: string) => given(key, values.has(key) ? isOn(values.get(key)) : undefined);
  const list = (key: string, split: RegExp) => {
    const all = (values.get(key) ?? "").split(split).filter((word) => word !== "");
    return given(key, all.length === 0 ? undefined : all);
  };
  const startup = parseProperties(values.get("startup") ?? "", "order");
  const features = parseProperties(values.get("features") ?? "", "");
  return Object.assign(
    {},
    ...["memory", "swap", "cores", "cpulimit", "cpuunits", "tty"].map(number),
    ...["onboot", "protection", "console"].map(flag),
    ...["hostname", "ostype", "timezone", "hookscript", "cmode"].map((key) => given(key, values.get(key))),
    list("nameserver", /[,;\s]+/),
    list("searchdomain", /[,;\s]+/),
    list("tags", /[,;\s]+/),
    given("startup", startup.size === 0 ? undefined : mapped(startup, (_key, value) => Number(value))),
    given(
      "features",
      features.size === 0
        ? undefined
        : mapped(features, (key, value) => (key === "mount" ? value.split(/[; ]+/) : isOn(value))),
    ),
  ) as Partial<Found>;
}

/** Indexed entries, such as `net0`, with their keys. */
export function indexed(values: ReadonlyMap<string, string>, kind: "net" | "mp" | "dev", defaultKey: string) {
  return [...values].flatMap(([key, text]) =>
    new RegExp(`^${kind}\\d+$`).test(key) ? [{ key, properties: parseProperties(text, defaultKey) }] : [],
  );
}

/** A path in the container as the spec has it: Proxmox VE takes `data`, `/data` and `/data/` for the same. */
export function mountPath(text: string): string {
  return `/${text.replace(/^\/+|\/+$/g, "")}`;
}

function interfacesOf(values: ReadonlyMap<string, string>): Record<string, Interface> {
  return Object.fromEntries(
    indexed(values, "net", "").map(({ properties }) => {
      const is = mapped(properties, (key, text) => {
        if (key === "trunks") return text.split(";").map(Number);
        if (key === "tag" || key === "mtu" || key === "rate") return Number(text);
        return key === "firewall" || key === "link_down" ? isOn(text) : text;
      });
      return [properties.get("name") ?? "", without(is, "name", "type") as Interface];
    }),
  );
}

function mountsOf(values: ReadonlyMap<string, string>): Record<string, Mount> {
  return Object.fromEntries(
    indexed(values, "mp", "volume").map(({ properties }) => {
      const volume = properties.get("volume") ?? "";
      const options = diskOptions(properties);
      const what = volume.startsWith("/") ? { source: volume } : { volume, storage: volume.replace(/:.*/, "") };
      return [mountPath(properties.get("mp") ?? ""), { ...what, ...without(options, "volume", "mp") }];
    }),
  );
}

function diskOptions(properties: ReadonlyMap<string, string>): Record<string, unknown> {
  return mapped(properties, (key, text) => {
    if (key === "mountoptions") return text.split(";");
    return key === "size" ? text : isOn(text);
  });
}

function devicesOf(values: ReadonlyMap<string, string>): Record<string, Device> {
  return Object.fromEntries(
    indexed(values, "dev", "path").map(({ properties }) => {
      const is = mapped(properties, (key, text) => {
        if (key === "uid" || key === "gid") return Number(text);
        return key === "deny-write" ? isOn(text) : text;
      });
      return [properties.get("path") ?? "", without(is, "path")];
    }),
  );
}

function mapOf(lxc: readonly string[]): IdMap[] | undefined {
  const map = lxc.flatMap((line) => {
    const [, type, container, host, size] = /^lxc\.idmap: ([ugb]) (\d+) (\d+) (\d+)$/.exec(line) ?? [];
    if (type === undefined) return [];
    const one = { container_id: Number(container), host_id: Number(host), size: Number(size) };
    return (type === "b" ? (["u", "g"] as const) : ([type] as ("u" | "g")[])).map((kind) => ({ type: kind, ...one }));
  });
  return map.length === 0 ? undefined : map;
}

function single(lxc: readonly string[], key: string): string | undefined {
  return lxc.findLast((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
}

/** What stands in the pending section, by the names that changes have. */
function waiting({ current, pending }: Conf, after: ReadonlyMap<string, string>): string[] {
  const deleted = (pending.values.get("delete") ?? "").split(/[,;\s]+/).filter((key) => key !== "");
  const keys = [
    ...[...pending.values.keys()].filter((key) => key !== "delete"),
    ...deleted.map((key) => key.replace(/^!/, "")),
  ];
  return keys.toSorted().map((key) => {
    const text = after.get(key) ?? current.values.get(key) ?? "";
    if (/^mp\d+$/.test(key)) return `mounts.${mountPath(parseProperties(text, "volume").get("mp") ?? "")}`;
    if (/^net\d+$/.test(key)) return `interfaces.${parseProperties(text, "").get("name") ?? key}`;
    return /^dev\d+$/.test(key) ? `devices.${parseProperties(text, "path").get("path") ?? key}` : key;
  });
}

/** Lines of the file that the running container was not started with, and those that it was and that are gone. */
function unstarted(lxc: readonly string[], { running, started, dropped = [] }: Beside): string[] {
  if (!running || started === undefined) return [];
  const missing = lxc.filter((line) => !started.includes(line));
  const left = dropped.filter((line) => started.includes(line) && !lxc.includes(line));
  const name = (line: string) =>
    line.startsWith("lxc.idmap:") ? "idmap" : line.startsWith("lxc.apparmor.profile:") ? "apparmorProfile" : "lxc";
  return [...new Set([...missing, ...left].map(name))];
}

function mapped<Value>(
  properties: ReadonlyMap<string, string>,
  read: (key: string, text: string) => Value,
): Record<string, Value> {
  return Object.fromEntries([...properties].map(([key, text]) => [key, read(key, text)]));
}

/** The rest of what was read: the spec's own members. */
function without(is: Readonly<Record<string, unknown>>, ...keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(is).filter(([key]) => !keys.includes(key)));
}

function given<Value>(key: string, value: Value | undefined): Partial<Record<string, Value>> {
  return value === undefined ? {} : { [key]: value };
}
