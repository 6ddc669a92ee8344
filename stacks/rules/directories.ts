/** One directory of the host, of which several entries say whose it is. */
import type { StackConfig } from "../config.ts";
import { mountpoint } from "../../providers/index.ts";
import { type Breach, type Rule, twins } from "./breach.ts";

export const DIRECTORIES: readonly Rule[] = [directoryOfTwoMinds, directoryOfDataset, sourceOfTwoMinds];

interface Declared {
  /** As messages name it: `dataset tank/media`. */
  readonly what: string;
  readonly owner?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly mode?: string | undefined;
}

/** The directories whose owner, group and mode can be said on their own: mounted datasets, and those of area system. */
function directories({ storage, system }: StackConfig): ReadonlyMap<string, Declared> {
  const mounted = storage.datasets.flatMap(({ type, name, owner, group, mode }): [string, Declared][] => {
    const path = type === "filesystem" ? mountpoint(name, storage) : undefined;
    return path === undefined ? [] : [[path, { what: `dataset ${name}`, owner, group, mode }]];
  });
  const others = system.directories.map(({ path, ...of }): [string, Declared] => [
    path,
    { what: `directory ${path}`, ...of },
  ]);
  return new Map([...others, ...mounted]);
}

function directoryOfTwoMinds(config: StackConfig): Breach[] {
  const all = directories(config);
  return config.sharing.exports.flatMap((entry) =>
    (["owner", "group", "mode"] as const).flatMap((key): Breach[] => {
      const is = all.get(entry.path);
      const [one, other] = [is?.[key], entry[key]];
      if (is === undefined || one === undefined || other === undefined || one === other) return [];
      const message = `must be what ${is.what} has, ${JSON.stringify(one)}: it is the same directory`;
      return [{ path: ["sharing", "exports", entry.path, key], message }];
    }),
  );
}

function directoryOfDataset(config: StackConfig): Breach[] {
  const all = directories(config);
  return config.system.directories.flatMap(({ path }) => {
    const what = all.get(path)?.what ?? "";
    const message = `must not be declared: ${what} is mounted there, and can say owner, group and mode`;
    return what.startsWith("dataset ") ? [{ path: ["system", "directories", path], message }] : [];
  });
}

/** A directory of the host that several containers show has one owner and mode, said by them or where it is declared. */
function sourceOfTwoMinds(config: StackConfig): Breach[] {
  const all = directories(config);
  const shown = config.containers.flatMap(({ vmid: id, unprivileged = true, idmap, mounts = {} }) =>
    Object.entries(mounts).flatMap(([at, { source, ...mount }]) => {
      const path = ["containers", String(id), "mounts", at];
      // Numbers of containers with other id maps are other numbers on the host.
      return source === undefined ? [] : [{ source, path, mount, ids: JSON.stringify([unprivileged, idmap]) }];
    }),
  );
  const keys = ["uid", "gid", "mode"] as const;
  const among = keys.flatMap((key) =>
    twins(
      shown.filter(({ mount }) => mount[key] !== undefined),
      ({ source, ids }) => `${source} ${key === "mode" ? "" : ids}`,
    ).flatMap(([first, { path, mount }]) =>
      first.mount[key] === mount[key]
        ? []
        : [{ path: [...path, key], message: `must be as in ${first.path.join(".")}: it is the same directory` }],
    ),
  );
  const declared = shown.flatMap(({ source, path, mount }) => {
    const is = all.get(source);
    const twice = { uid: is?.owner, gid: is?.group, mode: is?.mode };
    return keys.flatMap((key): Breach[] =>
      mount[key] === undefined || twice[key] === undefined
        ? []
        : [{ path: [...path, key], message: `must not be declared: ${is?.what ?? ""} declares it too` }],
    );
  });
  return [...among, ...declared];
}
