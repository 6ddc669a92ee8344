/** A container as it is, in the words of its declaration: what nobody declares is left out. */
import type { Context } from "../../kind.ts";
import { isRepeated, lineKey, same } from "./container.compare.ts";
import { nodesOf } from "./container.gpu.ts";
import type { Device } from "./container.parts.ts";
import { OWN, type Facts, type Found, type Held, type State } from "./container.state.ts";
import type { ContainerSpec } from "./container.spec.ts";

type Values = Readonly<Record<string, unknown>>;

/** What is left as it is when it is declared no more: it has no state of never having been set. */
const STAYS = new Set(
  "hostname memory swap size storage ostype unprivileged template running volume hwaddr bridge source uid gid mode".split(
    " ",
  ),
);

const PLAIN = [
  ..."hostname ostype storage size memory swap cores cpulimit cpuunits nameserver searchdomain unprivileged".split(" "),
  ..."idmap apparmorProfile tags description protection onboot startup timezone hookscript console tty cmode".split(
    " ",
  ),
  ..."running template".split(" "),
] as readonly (keyof Held)[];

export function view(
  found: Found,
  defaults: Partial<Held>,
  facts: Facts,
  spec: ContainerSpec,
  { was }: Context<State>,
): State {
  const own = Object.fromEntries(OWN.map((key) => [key, spec[key]]));
  const pending = spec.restart === "whenNeeded" && found.running ? found.restartPending : [];
  return {
    ...(own as Pick<ContainerSpec, (typeof OWN)[number]>),
    // What it is a copy of cannot change: where the host does not tell, the declaration that it was made by counts.
    clone: spec.clone === undefined ? undefined : origin(found, facts.made.get(spec.vmid) ?? was?.clone ?? spec.clone),
    vmid: spec.vmid,
    ...pick(PLAIN, found, defaults, spec, was, found.now),
    ...section("features", found.features, defaults.features, spec.features, was?.features),
    ...section("rootfs", found.rootfs, USUAL, spec.rootfs, was?.rootfs),
    ...records(found, facts, spec, was),
    ...(spec.lxc === undefined && was?.lxc === undefined ? {} : { lxc: lines(found.lxc, spec.lxc, was?.lxc) }),
    ...(pending.length === 0 ? {} : { restartPending: pending }),
    ...(found.unfinished === true ? { unfinished: true } : {}),
    ...(spec.ready !== undefined && found.running && facts.starting.has(spec.vmid) ? { unready: true } : {}),
  };
}

/** A linked clone shows what it was made of. */
function origin({ clonedFrom }: Found, clone: NonNullable<ContainerSpec["clone"]>): ContainerSpec["clone"] {
  return clonedFrom === undefined ? clone : { ...clone, from: clonedFrom };
}

/** Those of the members that are declared, or that were. */
function pick(
  keys: readonly string[],
  found: object,
  defaults: object,
  spec: object,
  was?: object,
  now?: object,
): Values {
  const [is, usual, declared, before] = [found, defaults, spec, was ?? {}] as [Values, Values, Values, Values];
  const present = (now ?? {}) as Values;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = is[key] ?? usual[key];
      if (value === undefined) return [];
      if (declared[key] !== undefined) {
        // What will count is as declared: then it is told where that does not count yet.
        if (!same(key, value, declared[key])) return [[key, value]];
        return [[key, present[key] ?? declared[key]]];
      }
      const takenBack = before[key] !== undefined && !STAYS.has(key) && !same(key, value, usual[key]);
      return takenBack ? [[key, value]] : [];
    }),
  );
}

function section(key: string, found: object | undefined, usual: object | undefined, spec?: object, was?: object) {
  if (spec === undefined && was === undefined) return {};
  const keys = [...new Set([...Object.keys(spec ?? {}), ...Object.keys(was ?? {})])];
  const there = pick(keys, found ?? {}, usual ?? {}, spec ?? {}, was);
  return spec === undefined && Object.keys(there).length === 0 ? {} : { [key]: there };
}

type Records = Pick<Held, "interfaces" | "mounts" | "devices">;

function records(found: Found, facts: Facts, spec: ContainerSpec, was: State | undefined): Records {
  const devices = { ...found.devices, ...gpus(found, facts, spec, was) };
  const entries = { interfaces: found.interfaces, mounts: found.mounts, devices };
  return Object.fromEntries(
    (["interfaces", "mounts", "devices"] as const).flatMap((key) => {
      const [declared, before] = [spec[key], was?.[key]] as (Readonly<Record<string, object>> | undefined)[];
      if (declared === undefined && before === undefined) return [];
      const names = [...new Set([...Object.keys(declared ?? {}), ...Object.keys(before ?? {})])];
      const there = names.flatMap((name) => {
        const is = (entries[key] as Readonly<Record<string, object>>)[name];
        const now = key === "interfaces" ? found.now?.interfaces?.[name] : undefined;
        return is === undefined ? [] : [[name, entry(is, declared?.[name], before?.[name], now)] as const];
      });
      return [[key, Object.fromEntries(there)]];
    }),
  );
}

/** Usual values of what an entry does not say. */
const USUAL = {
  ...{ ro: false, backup: false, acl: false, quota: false, replicate: true, shared: false, firewall: false },
  ...{ link_down: false, "deny-write": false },
  ...{ uid: 0, gid: 0 },
};

function entry(is: object, declared: object | undefined, before: object | undefined, now: object | undefined): Values {
  const keys = [...new Set([...Object.keys(declared ?? {}), ...Object.keys(before ?? {})])];
  return pick(keys, is, USUAL, declared ?? {}, before, now);
}

/** GPUs by the names that are declared: there where all its devices are, as the first one that is not as declared. */
function gpus(found: Found, facts: Facts, spec: ContainerSpec, was: State | undefined): Record<string, Device> {
  const declared = Object.keys(spec.devices ?? {});
  const shared = new Set(declared.flatMap((name) => nodesOf(facts.gpus, name) ?? []));
  const names = [...new Set([...declared, ...Object.keys(was?.devices ?? {})])].filter((name) => /^gpu:/i.test(name));
  return Object.fromEntries(
    names.flatMap((name) => {
      const nodes = nodesOf(facts.gpus, name) ?? [];
      const want = spec.devices?.[name];
      if (want === undefined) {
        const left = nodes.find((node) => !shared.has(node) && found.devices[node] !== undefined);
        return left === undefined ? [] : [[name, found.devices[left] ?? {}]];
      }
      const there = nodes.flatMap((node) => found.devices[node] ?? []);
      if (nodes.length === 0 || there.length < nodes.length) return [];
      const odd = there.find((one) =>
        Object.entries(want).some(([key, value]) => !same(key, { ...USUAL, ...one }[key as keyof Device], value)),
      );
      return [[name, odd ?? there[0] ?? {}]];
    }),
  );
}

/** The declared lines that are there, those that were declared and still are, and others that stand in a declared one's place. */
function lines(found: readonly string[], spec: readonly string[] = [], was: readonly string[] = []): string[] {
  const single = new Set(spec.map(lineKey).filter((key) => !isRepeated(key)));
  return [
    ...spec.filter((line) => found.includes(line)),
    ...found.filter((line) => !spec.includes(line) && (was.includes(line) || single.has(lineKey(line)))),
  ];
}
