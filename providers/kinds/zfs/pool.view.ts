/** A live pool in the words of the spec. */
import { nativeProperties, ruleOf } from "./dataset.properties.ts";
import type { LivePool, Property } from "./pool.facts.ts";
import type { LiveVdev, Top } from "./pool.members.ts";
import {
  livePoolValue,
  poolPropertyDefault,
  poolPropertyName,
  samePoolValue,
  unlistedPoolValue,
} from "./pool.properties.ts";
import type { DiskRole, PoolSpec, Vdev, VdevRole } from "./pool.spec.ts";
import { canonical, shown } from "./values.ts";

type Values = Readonly<Record<string, string>>;

/** What is there, as `want` would declare it; of what `want` does not mention only what `was` declared. */
export function viewOf(live: LivePool, vdevs: readonly LiveVdev[], want: PoolSpec, was?: PoolSpec): PoolSpec {
  const of = (role: VdevRole | DiskRole): Top[] =>
    vdevs
      .filter((vdev) => vdev.role === role)
      .map(({ type, places }) => ({ type, disks: places.map(({ disk }) => disk) }));
  const disks = (role: DiskRole) => of(role).flatMap((top) => top.disks);
  const optional = <Key extends keyof PoolSpec>(key: Key, value: PoolSpec[Key] & object, always = false) => {
    const filled = Object.keys(value).length > 0;
    const shows = want[key] !== undefined || (filled && (always || was?.[key] !== undefined));
    return shows ? { [key]: value } : {};
  };
  return {
    ...want,
    vdevs: arranged(of("vdevs"), want.vdevs),
    // What holds the pool's data is looked at whether it is declared or not.
    ...optional("special", arranged(of("special"), want.special ?? []), true),
    ...optional("dedup", arranged(of("dedup"), want.dedup ?? []), true),
    ...optional("log", arranged(of("log"), want.log ?? []) as NonNullable<PoolSpec["log"]>),
    ...optional("cache", inOrder(disks("cache"), want.cache ?? [])),
    ...optional("spare", inOrder(disks("spare"), want.spare ?? [])),
    ...optional("properties", poolValues(live.properties, want.properties ?? {}, was?.properties ?? {})),
    ...optional(
      "rootProperties",
      live.root === undefined
        ? (want.rootProperties ?? {})
        : rootValues(live.root, want.rootProperties ?? {}, was?.rootProperties ?? {}),
    ),
  };
}

/** Live vdevs in the order and grouping of the declared ones; what is not declared comes last. */
function arranged(live: readonly Top[], declared: readonly Vdev[]): Vdev[] {
  const left = new Set(live);
  const asDeclared = declared.flatMap(({ type, disks }) => {
    const some = [...left].filter((top) => top.disks.some((disk) => disks.includes(disk)));
    const found = type === "stripe" ? some.filter((top) => top.type === "disk") : best(some, disks);
    for (const top of found) left.delete(top);
    return found.length === 0 ? [] : [vdev(found, disks)];
  });
  return [...asDeclared, ...[...left].map((top) => vdev([top], []))];
}

/** The vdev that has the most of these disks. */
function best(tops: readonly Top[], disks: readonly string[]): Top[] {
  const shared = (top: Top) => top.disks.filter((disk) => disks.includes(disk)).length;
  return tops
    .filter(({ type }) => type !== "disk")
    .toSorted((a, b) => shared(b) - shared(a))
    .slice(0, 1);
}

function vdev(tops: readonly Top[], order: readonly string[]): Vdev {
  const type = tops[0]?.type ?? "disk";
  const disks = inOrder(
    tops.flatMap((top) => top.disks),
    order,
  );
  // A pool may have vdevs that cannot be declared (draid): they are shown by ZFS's word for them.
  return { type: (type === "disk" ? "stripe" : type) as Vdev["type"], disks };
}

function inOrder(disks: readonly string[], order: readonly string[]): string[] {
  return [...order.filter((disk) => disks.includes(disk)), ...disks.filter((disk) => !order.includes(disk))];
}

function poolValues(live: LivePool["properties"], want: Values, was: Values): Record<string, string> {
  return values(want, was, (name, declared) => {
    const property = live.get(poolPropertyName(name));
    const value = property === undefined ? unlistedPoolValue(name) : livePoolValue(name, property);
    if (value === undefined) return undefined;
    if (declared !== undefined) return samePoolValue(name, value, declared) ? declared : value;
    const back = poolPropertyDefault(name);
    return back === undefined || samePoolValue(name, value, back) ? undefined : value;
  });
}

function rootValues(live: ReadonlyMap<string, Property>, want: Values, was: Values): Record<string, string> {
  return values(want, was, (name, declared) => {
    const { value, source } = live.get(name) ?? { value: "", source: "" };
    const rule = ruleOf(name);
    const native = nativeProperties[name];
    const createOnly = native?.createOnly === true;
    const isSet = source === "local" || source === "received" || (createOnly && source !== "");
    if (declared !== undefined && isSet) return same(declared, value) ? declared : shown(rule, value);
    const back = rootPropertyBack(name);
    // Some defaults can only be set, not inherited: then the value says whether anything is to be taken back.
    const isBack = back === undefined || (typeof back === "object" && same(back.default, value));
    return isSet && !isBack ? shown(rule, value) : undefined;

    function same(a: string, b: string): boolean {
      return canonical(rule, a) === canonical(rule, b);
    }
  });
}

/** What a root property goes back to when it is no longer declared. Undefined: it stays. */
export function rootPropertyBack(name: string) {
  const native = nativeProperties[name];
  return native === undefined ? "inherited" : native.back;
}

function values(
  want: Values,
  was: Values,
  value: (name: string, declared: string | undefined) => string | undefined,
): Record<string, string> {
  const names = new Set([...Object.keys(want), ...Object.keys(was)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const live = value(name, want[name]);
      return live === undefined ? [] : [[name, live]];
    }),
  );
}
