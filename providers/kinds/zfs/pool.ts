import { script, sh, type Command } from "../../host/command.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { nativeProperties, ruleOf } from "./dataset.properties.ts";
import { GROUPS, PoolSpec } from "./pool.spec.ts";
import { parse, query, type LivePool, type PoolFacts, type Vdev } from "./pool.facts.ts";
import { canonical, shown, written } from "./values.ts";

export { PoolSpec };

/** A ZFS pool. */
export const pool = defineKind<PoolSpec, PoolFacts>({
  type: "zfs:Pool",
  holdsData: true,
  outputNames: ["health", "size", "allocated", "errors"],
  spec: PoolSpec,
  id: ({ name }) => name,
  outputs: (facts, id) => {
    const { health, size, allocated, errors } = facts.pools.get(id) ?? {};
    return { health, size, allocated, errors };
  },
  warnings(facts, id) {
    const found = facts.pools.get(id);
    if (found === undefined) return [];
    const ill = found.health === "ONLINE" ? [] : [`is ${found.health}: see zpool status ${id}`];
    return found.errors === "none" ? ill : [...ill, found.errors];
  },
  query,
  parse,
  view,
  plan(live, want, _context, facts) {
    if (live === undefined) return creation(want, facts);
    return changes(live, want, facts);
  },
  destroy({ name, allowDestroy }, _context, facts) {
    const below = facts.datasets.filter((dataset) => dataset.startsWith(`${name}/`));
    const refusals = [
      ...(allowDestroy
        ? []
        : [
            "a pool is destroyed only with consent: declare allowDestroy: true and apply that first, or take it out of the stack's care: pulumi state delete",
          ]),
      ...(below.length > 0
        ? [`it still has datasets, which are not ours to destroy: ${below.slice(0, 3).join(", ")}`]
        : []),
    ];
    const disks = everyDisk(facts.pools.get(name));
    return {
      ...nothing,
      changes: [{ prop: "name", from: name, to: undefined }],
      refusals,
      commands: [script("zpool-destroy", DESTROY, [name, ...disks])],
    };
  },
});

// The disks are left as blank as they were: the labels, and the partition table that ZFS made, go with the pool.
const DESTROY = `
name=$1; shift
zpool destroy "$name"
for disk; do
  [ -b "$disk" ] || continue
  for part in "$disk"*[0-9]; do [ ! -b "$part" ] || wipefs --quiet --all "$part"; done
  wipefs --quiet --all "$disk"
  blockdev --rereadpt "$disk"
done
udevadm settle`;

// Only what was consented to by name; a disk in use makes wipefs fail, and nothing has happened to the pool yet.
const WIPE = `
for disk; do
  for part in $(lsblk -n -l -p -o NAME "$disk" | tac); do wipefs --quiet --all "$part"; done
  blockdev --rereadpt "$disk"
done
udevadm settle`;

function everyDisk(found: LivePool | undefined): string[] {
  return found === undefined ? [] : Object.values(found.groups).flatMap((vdevs) => vdevs.flatMap(({ disks }) => disks));
}

function view(facts: PoolFacts, spec: PoolSpec, { was }: Context<PoolSpec>): PoolSpec | undefined {
  const found = facts.pools.get(spec.name);
  if (found === undefined) return undefined;
  // A disk is shown by its declared path where it is the declared disk, whatever path the pool knows it by.
  const declared = new Map(
    [spec, ...(was === undefined ? [] : [was])].flatMap(disksOf).map((path) => [facts.disks.get(path) ?? path, path]),
  );
  const byId = new Map(
    [...facts.disks].filter(([path]) => path.startsWith("/dev/disk/by-id/")).map(([path, device]) => [device, path]),
  );
  const named = (device: string) => declared.get(device) ?? byId.get(device) ?? device;
  const vdevs = (live: readonly Vdev[], as: readonly { disks: readonly string[] }[]) =>
    inOrderOf(
      live.map(({ type, disks }) => ({ type, disks: disks.map(named) })),
      as,
    );
  const flat = (live: readonly Vdev[], as: readonly string[]) => {
    const disks = live.flatMap((one) => one.disks.map(named));
    return [...as.filter((one) => disks.includes(one)), ...disks.filter((one) => !as.includes(one))];
  };
  return {
    ...spec,
    vdevs: vdevs(found.groups.vdevs, spec.vdevs) as PoolSpec["vdevs"],
    special: vdevs(found.groups.special, spec.special) as PoolSpec["special"],
    log: vdevs(found.groups.log, spec.log) as PoolSpec["log"],
    cache: flat(found.groups.cache, spec.cache),
    spare: flat(found.groups.spare, spec.spare),
    properties: liveOf(
      spec.properties,
      was?.properties,
      (name) => found.properties.get(name)?.value,
      (a, b) => a === b,
    ),
    rootProperties: liveOf(
      spec.rootProperties,
      was?.rootProperties,
      (name) => {
        const live = found.root.get(name);
        return live?.source === "local" || live?.source === "received" ? shown(ruleOf(name), live.value) : undefined;
      },
      (a, b, name) => canonical(ruleOf(name), a) === canonical(ruleOf(name), b),
    ),
  };
}

function disksOf(spec: PoolSpec): string[] {
  return [...GROUPS.flatMap((group) => spec[group].flatMap(({ disks }) => disks)), ...spec.cache, ...spec.spare];
}

/** Order means nothing, neither of vdevs nor of their disks: shown as declared. */
function inOrderOf(live: readonly { type: string; disks: string[] }[], as: readonly { disks: readonly string[] }[]) {
  const rank = (disks: readonly string[]) => {
    const i = as.findIndex((one) => one.disks.some((disk) => disks.includes(disk)));
    return i === -1 ? as.length : i;
  };
  return live
    .toSorted((a, b) => rank(a.disks) - rank(b.disks))
    .map(({ type, disks }) => {
      const order = as[rank(disks)]?.disks ?? [];
      return {
        type,
        disks: [...order.filter((disk) => disks.includes(disk)), ...disks.filter((disk) => !order.includes(disk))],
      };
    });
}

function liveOf(
  want: Readonly<Record<string, string>>,
  was: Readonly<Record<string, string>> | undefined,
  value: (name: string) => string | undefined,
  same: (a: string, b: string, name: string) => boolean,
): Record<string, string> {
  const names = [...new Set([...Object.keys(want), ...Object.keys(was ?? {})])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const live = value(name);
      const declared = want[name];
      if (live === undefined) return [];
      return [[name, declared !== undefined && same(declared, live, name) ? declared : live]];
    }),
  );
}

function creation(want: PoolSpec, facts: PoolFacts | undefined): Plan {
  const { name, properties, rootProperties } = want;
  const refusals = facts === undefined ? [] : [...unusable(disksOf(want), want, facts), ...importable(name, facts)];
  const pairs = (flag: string, record: Readonly<Record<string, string>>) =>
    Object.entries(record).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  const root = Object.entries(rootProperties).flatMap(([key, value]) => [
    "-O",
    `${key}=${written(ruleOf(key), value)}`,
  ]);
  const create = sh`zpool create ${[...pairs("-o", properties), ...root]} ${name} ${layout(want)}`;
  return {
    changes: [{ prop: "name", from: undefined, to: name }],
    refusals,
    commands: [...wiping(disksOf(want), want, facts), create],
  };
}

/** A pool of that name that is merely not imported is never written over. */
function importable(name: string, facts: PoolFacts): string[] {
  return facts.importable.includes(name)
    ? [
        `a pool ${name} is on the host's disks and not imported; import it first: zpool import -d /dev/disk/by-id ${name}`,
      ]
    : [];
}

function layout(spec: Pick<PoolSpec, "vdevs" | "special" | "log" | "cache" | "spare">): string[] {
  const vdevs = (all: readonly { type: string; disks: readonly string[] }[]) =>
    all.flatMap(({ type, disks }) => [...(type === "stripe" ? [] : [type]), ...disks]);
  const group = (word: string, words: readonly string[]) => (words.length === 0 ? [] : [word, ...words]);
  return [
    ...vdevs(spec.vdevs),
    ...group("special", vdevs(spec.special)),
    ...group("log", vdevs(spec.log)),
    ...group("cache", spec.cache),
    ...group("spare", spec.spare),
  ];
}

/** Why disks cannot be taken: absent, or carrying something that nobody consented to lose. */
function unusable(disks: readonly string[], { wipe }: PoolSpec, facts: PoolFacts): string[] {
  return disks.flatMap((path) => {
    const device = facts.disks.get(path);
    if (device === undefined)
      return [
        `there is no disk ${path} on the host; it has ${[...facts.disks.keys()].filter((one) => one.startsWith("/dev/disk/by-id/") && !one.includes("-part")).join(", ") || "none by id"}`,
      ];
    const holder = [...facts.pools].find(([, found]) => everyDisk(found).includes(device))?.[0];
    if (holder !== undefined) return [`${path} is in use by the pool ${holder}`];
    const carried = facts.carries.get(device);
    if (carried === undefined) return [];
    if (carried.includes("is mounted at")) return [`${path} is in use: ${carried}`];
    return wipe.includes(path) ? [] : [`${path} is not blank: ${carried}; to lose that, name the disk in \`wipe\``];
  });
}

function wiping(disks: readonly string[], { wipe }: PoolSpec, facts: PoolFacts | undefined): Command[] {
  const dirty = disks.filter(
    (path) => wipe.includes(path) && facts?.carries.get(facts.disks.get(path) ?? "") !== undefined,
  );
  return dirty.length === 0 ? [] : [script("wipe-disks", WIPE, dirty)];
}

function changes(live: PoolSpec, want: PoolSpec, facts: PoolFacts | undefined): Plan {
  const found: Change[] = [];
  const refusals: string[] = [];
  const commands: Command[] = [];
  for (const group of GROUPS) topology(group, live, want, facts, { found, refusals, commands });
  for (const group of ["cache", "spare"] as const) {
    if (sameSet(live[group], want[group])) continue;
    found.push({ prop: group, from: live[group], to: want[group] });
    const more = want[group].filter((disk) => !live[group].includes(disk));
    const less = live[group].filter((disk) => !want[group].includes(disk));
    if (facts !== undefined) refusals.push(...unusable(more, want, facts));
    commands.push(...wiping(more, want, facts));
    if (more.length > 0) commands.push(sh`zpool add ${want.name} ${group} ${more}`);
    if (less.length > 0) commands.push(sh`zpool remove ${want.name} ${less}`);
  }
  for (const [property, to] of Object.entries(want.properties)) {
    const from = live.properties[property];
    if (from === to) continue;
    found.push({ prop: `properties.${property}`, from, to });
    if (property === "ashift")
      refusals.push(`ashift is ${from ?? "unknown"} and declared ${to}: it is settled when the pool is made`);
    else commands.push(sh`zpool set ${`${property}=${to}`} ${want.name}`);
  }
  commands.push(...rootChanges(live, want, found));
  for (const key of ["allowDestroy", "wipe"] as const)
    if (JSON.stringify(live[key]) !== JSON.stringify(want[key]))
      found.push({ prop: key, from: live[key], to: want[key] });
  return { changes: found, refusals, commands };
}

interface Drafts {
  readonly found: Change[];
  readonly refusals: string[];
  readonly commands: Command[];
}

/** Data, special and log vdevs: one more vdev, one more leg of a mirror, or one disk in place of another. */
function topology(
  group: (typeof GROUPS)[number],
  live: PoolSpec,
  want: PoolSpec,
  facts: PoolFacts | undefined,
  { found, refusals, commands }: Drafts,
): void {
  want[group].forEach((vdev, i) => {
    const is =
      live[group].find(({ disks }) => disks.some((disk) => vdev.disks.includes(disk))) ??
      (live[group].length === want[group].length ? live[group][i] : undefined);
    if (is !== undefined && is.type === vdev.type && sameSet(is.disks, vdev.disks)) return;
    found.push({ prop: `${group}[${String(i)}]`, from: is, to: vdev });
    const more = vdev.disks.filter((disk) => is?.disks.includes(disk) !== true);
    const less = is?.disks.filter((disk) => !vdev.disks.includes(disk)) ?? [];
    if (facts !== undefined) refusals.push(...unusable(more, want, facts));
    commands.push(...wiping(more, want, facts));
    const [first] = is?.disks ?? [];
    if (is === undefined) {
      const like = live[group][0]?.type;
      if (like !== undefined && like !== vdev.type)
        refusals.push(
          `${group}[${String(i)}] is a ${vdev.type} and the pool has ${like}s: a vdev of another redundancy weakens the whole pool`,
        );
      commands.push(
        sh`zpool add ${want.name} ${group === "vdevs" ? [] : [group]} ${vdev.type === "stripe" ? [] : [vdev.type]} ${vdev.disks}`,
      );
    } else if (less.length === 0 && vdev.type === "mirror" && first !== undefined)
      commands.push(...more.map((disk) => sh`zpool attach ${want.name} ${first} ${disk}`));
    else if (less.length === 1 && more.length === 1 && is.type === vdev.type)
      commands.push(sh`zpool replace ${want.name} ${less} ${more}`);
    else
      refusals.push(
        `${group}[${String(i)}] is a ${is.type} of ${is.disks.join(", ")} and declared as a ${vdev.type} of ${vdev.disks.join(", ")}: ZFS cannot turn one into the other without losing redundancy or data`,
      );
  });
  const declared = new Set(want[group].flatMap(({ disks }) => disks));
  for (const { type, disks } of live[group].filter(
    (one, i) => !one.disks.some((disk) => declared.has(disk)) && want[group][i] === undefined,
  )) {
    found.push({ prop: group, from: { type, disks }, to: undefined });
    if (group === "log") commands.push(sh`zpool remove ${want.name} ${disks}`);
    else
      refusals.push(
        `the pool has a ${type} of ${disks.join(", ")} in its ${group}, which is not declared: it is never removed by us`,
      );
  }
}

function rootChanges(live: PoolSpec, want: PoolSpec, found: Change[]): Command[] {
  const sets = Object.entries(want.rootProperties).filter(([property, to]) => {
    const from = live.rootProperties[property];
    const same = from !== undefined && canonical(ruleOf(property), from) === canonical(ruleOf(property), to);
    if (!same) found.push({ prop: `rootProperties.${property}`, from, to });
    return !same;
  });
  const drops = Object.keys(live.rootProperties).filter((property) => !(property in want.rootProperties));
  for (const property of drops)
    found.push({ prop: `rootProperties.${property}`, from: live.rootProperties[property], to: undefined });
  return [
    ...(sets.length === 0
      ? []
      : [sh`zfs set ${sets.map(([key, value]) => `${key}=${written(ruleOf(key), value)}`)} ${want.name}`]),
    ...drops.map((property) => {
      const back = nativeProperties[property]?.back;
      return typeof back === "object"
        ? sh`zfs set ${`${property}=${back.default}`} ${want.name}`
        : sh`zfs inherit ${property} ${want.name}`;
    }),
  ];
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
