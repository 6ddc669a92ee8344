/** Mistakes that no entry shows by itself: those that only several together make. One function for each rule. */
import type { StackConfig } from "./config.ts";
import { mountpoint } from "../providers/index.ts";
import { numberOf } from "./containers.ts";

export interface Breach {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Rule = (config: StackConfig) => readonly Breach[];

const RULES: readonly Rule[] = [
  diskOfTwoPools,
  renamedFromAnother,
  belowVolume,
  mountedOverAnother,
  exportedByZfsToo,
  directoryOfTwoMinds,
  directoryOfDataset,
  fsidOfTwoExports,
  accountOfTwoMinds,
  memberOfTwoMinds,
  storageOfTwo,
  oneOfTwoNames,
  driverOfTwoMinds,
  afterNobody,
  sourceOfTwoMinds,
  snapshotOfTemplate,
  builtByNothing,
];

export function breaches(config: StackConfig): Breach[] {
  return RULES.flatMap((rule) => rule(config));
}

/** Hot spares are left out: one may serve several pools. */
function diskOfTwoPools({ storage }: StackConfig): Breach[] {
  const disks = storage.pools.flatMap(({ name, cache = [], ...pool }) => {
    const roles = { vdevs: pool.vdevs, special: pool.special, dedup: pool.dedup, log: pool.log };
    const at = (path: (string | number)[]) => (disk: string, i: number) => ({ disk, name, path: [...path, i] });
    return [
      ...Object.entries(roles).flatMap(([role, vdevs = []]) =>
        vdevs.flatMap((vdev, i) => vdev.disks.map(at(["storage", "pools", name, role, i, "disks"]))),
      ),
      ...cache.map(at(["storage", "pools", name, "cache"])),
    ];
  });
  return twins(disks, ({ disk }) => disk).flatMap(([first, { name, path }]) =>
    first.name === name ? [] : [{ path, message: `must not be a disk of pool ${first.name} too` }],
  );
}

function renamedFromAnother({ storage: { datasets } }: StackConfig): Breach[] {
  const declared = new Set(datasets.map(({ name }) => name));
  const renamed = datasets.filter(({ renamedFrom }) => renamedFrom !== undefined);
  const at = (name: string) => ["storage", "datasets", name, "renamedFrom"];
  return [
    ...renamed.flatMap(({ name, renamedFrom = "" }) =>
      declared.has(renamedFrom) ? [{ path: at(name), message: "must not be declared itself" }] : [],
    ),
    ...twins(renamed, ({ renamedFrom }) => renamedFrom).map(([first, { name }]) => ({
      path: at(name),
      message: `must not be what ${first.name} was renamed from too`,
    })),
  ];
}

function belowVolume({ storage: { datasets } }: StackConfig): Breach[] {
  const volumes = datasets.filter(({ type }) => type === "volume");
  return datasets.flatMap(({ name }) => {
    const above = volumes.find((volume) => name.startsWith(`${volume.name}/`));
    const message = `must not be below ${above?.name ?? ""}: a volume has no children`;
    return above === undefined ? [] : [{ path: ["storage", "datasets", name], message }];
  });
}

function mountedOverAnother({ storage }: StackConfig): Breach[] {
  const mounted = storage.datasets.flatMap(({ name, type, properties }) => {
    const path = type === "volume" || "canmount" in properties ? undefined : mountpoint(name, storage);
    return path === undefined ? [] : [{ name, path }];
  });
  return twins(mounted, ({ path }) => path).map(([first, { name, path }]) => ({
    path: ["storage", "datasets", name],
    message: `must not be mounted at ${path} as well as ${first.name}`,
  }));
}

/** Each exported path with the dataset that is mounted there. */
function exportedDatasets({ storage, sharing }: StackConfig) {
  return sharing.exports.flatMap((entry) => {
    const dataset = storage.datasets.find(
      ({ name, type }) => type === "filesystem" && mountpoint(name, storage) === entry.path,
    );
    return dataset === undefined ? [] : [{ entry, dataset }];
  });
}

function exportedByZfsToo(config: StackConfig): Breach[] {
  return exportedDatasets(config).flatMap(({ entry, dataset: { name, properties } }) => {
    const { sharenfs = "off" } = properties;
    const path = ["sharing", "exports", entry.path];
    const message = `must not be exported by dataset ${name} too, which has sharenfs=${sharenfs}`;
    return sharenfs === "off" ? [] : [{ path, message }];
  });
}

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

function fsidOfTwoExports({ sharing }: StackConfig): Breach[] {
  const fsids = sharing.exports.flatMap(({ path, clients }) => {
    const options = new Set(Object.values(clients).flat());
    return [...options].flatMap((option) => (option.startsWith("fsid=") ? [{ path, option }] : []));
  });
  return twins(fsids, ({ option }) => option).flatMap(([first, { path, option }]) =>
    first.path === path
      ? []
      : [{ path: ["sharing", "exports", path, "clients"], message: `${option} must not be that of ${first.path} too` }],
  );
}

function storageOfTwo({ sharing, proxmox }: StackConfig): Breach[] {
  const declared = new Set(proxmox.storage.map(({ storage }) => storage));
  const shared = sharing.exports.flatMap(({ path, proxmox: of }) =>
    of === undefined ? [] : [{ path, id: of.storage }],
  );
  const at = (path: string) => ["sharing", "exports", path, "proxmox", "storage"];
  return [
    ...shared.flatMap(({ path, id }) =>
      declared.has(id) ? [{ path: at(path), message: "must not be declared in proxmox.storage too" }] : [],
    ),
    ...twins(shared, ({ id }) => id).map(([first, { path }]) => ({
      path: at(path),
      message: `must not be that of ${first.path} too`,
    })),
  ];
}

function accountOfTwoMinds({ access, sharing }: StackConfig): Breach[] {
  const accounts = new Set(access.users.map(({ name }) => name));
  return sharing.samba.users.flatMap(({ name, createAccount }) => {
    const path = ["sharing", "samba", "users", name, "createAccount"];
    const message = `must not be true: the account ${name} is declared in access.users`;
    return createAccount && accounts.has(name) ? [{ path, message }] : [];
  });
}

/** Who is in a group is said by the group or by the account: with both, neither could be made first. */
function memberOfTwoMinds({ access: { groups, users } }: StackConfig): Breach[] {
  return users.flatMap((user) =>
    user.groups.flatMap((name, i) => {
      const told = groups.some((one) => one.name === name && (one.exclusiveMembers || one.members.includes(user.name)));
      const message = `must not be ${name}: access.groups.${name} says who is in it`;
      return told ? [{ path: ["access", "users", user.name, "groups", i], message }] : [];
    }),
  );
}

/** What can be written in two ways is one object nevertheless: `vfio-pci` and `vfio_pci`. */
function oneOfTwoNames({ system: { services, modules, sysctl } }: StackConfig): Breach[] {
  const names = {
    services: services.map(({ name }) => name),
    modules: modules.map(({ name }) => name),
    sysctl: sysctl.map(({ key }) => key),
  };
  return Object.entries(names).flatMap(([member, all]) =>
    twins(all, (name) => name).map(([name]) => ({
      path: ["system", member, name],
      message: "must be declared once: another entry is the same by another name",
    })),
  );
}

/** Modules that the driver's own declaration is about. */
function driverOfTwoMinds({ gpu: { driver }, system: { modules } }: StackConfig): Breach[] {
  if (driver === undefined) return [];
  return modules.flatMap(({ name, loaded, blacklist }): Breach[] => {
    const path = ["system", "modules", name];
    const nouveau = name === "nouveau" && driver.blacklistNouveau && (blacklist === false || loaded === true);
    const nvidia = /^nvidia(_|$)/.test(name) && (blacklist === true || loaded === false);
    return [
      ...(nouveau ? [{ path, message: "must not be wanted: gpu.driver has blacklistNouveau" }] : []),
      ...(nvidia ? [{ path, message: "must not be kept out: gpu.driver is declared" }] : []),
    ];
  });
}

function afterNobody({ containers }: StackConfig): Breach[] {
  return containers.flatMap(({ vmid: id, after }) =>
    after.flatMap((one, i) => {
      const path = ["containers", String(id), "after", i];
      const other = numberOf(containers, one);
      if (other === id) return [{ path, message: "must be another container" }];
      return other === undefined ? [{ path, message: "must be the number or host name of a declared container" }] : [];
    }),
  );
}

/** A template never changes, and Proxmox VE makes none of a container that has snapshots. */
function snapshotOfTemplate({ containers }: StackConfig): Breach[] {
  return containers.flatMap(({ vmid, template, snapshots }) =>
    template !== true
      ? []
      : Object.keys(snapshots).map((name) => ({
          path: ["containers", String(vmid), "snapshots", name],
          message: "must not be declared: the container is a template, which never changes",
        })),
  );
}

/** So that a preview says it, and not the run that would build. */
function builtByNothing({ templates, system }: StackConfig): Breach[] {
  if (system.packages.some(({ name, state }) => name === "mmdebstrap" && state !== "absent")) return [];
  return templates.flatMap(({ ostemplate, build }) =>
    build === undefined
      ? []
      : [
          {
            path: ["templates", ostemplate, "build"],
            message: "needs the package mmdebstrap on the host: declare system.packages.mmdebstrap",
          },
        ],
  );
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

/** Every entry that has the key of an earlier one, with that one. */
function twins<Entry>(entries: readonly Entry[], key: (entry: Entry) => unknown): [first: Entry, twin: Entry][] {
  const first = new Map<unknown, Entry>();
  return entries.flatMap((entry) => {
    const earlier = first.get(key(entry));
    if (earlier !== undefined) return [[earlier, entry] as [Entry, Entry]];
    first.set(key(entry), entry);
    return [];
  });
}
