/** What it takes to bring a pool to what is declared, and why it may not be done. */
import { nothing, type Plan } from "../../kind.ts";
import { nativeProperties, ruleOf } from "./dataset.properties.ts";
import { destroyPool, setProperties, setRootProperties } from "./pool.commands.ts";
import { creation } from "./pool.create.ts";
import { erasable } from "./pool.disks.ts";
import { guidOf, type DeepPoolFacts, type LivePool, type PoolFacts } from "./pool.facts.ts";
import { topologyPlan } from "./pool.grow.ts";
import { isMissing, liveVdevs, pathOf } from "./pool.members.ts";
import { cannotHave, cannotSet, poolPropertyDefault, samePoolValue } from "./pool.properties.ts";
import type { PoolSpec } from "./pool.spec.ts";
import { leaves } from "./pool.status.ts";
import { rootPropertyBack } from "./pool.view.ts";
import { canonical } from "./values.ts";

export function planPool(live: PoolSpec | undefined, want: PoolSpec, was?: PoolSpec, facts?: PoolFacts): Plan {
  const known = facts === undefined ? undefined : deep(facts);
  if (live === undefined) return creation(want, known);
  const pool = known?.pools.get(want.name);
  const ground = known && pool && { facts: known, pool, was };
  const { changes, refusals, commands } = joined(
    topologyPlan(live, want, ground),
    propertiesPlan(live, want, ground),
    rootPlan(live, want),
    consentPlan(live, want),
  );
  const blocked =
    ground === undefined
      ? []
      : [...(commands.length === 0 ? [] : unable(ground.pool)), ...wrongAshift(ground.pool, want, ground.facts)];
  return { changes, refusals: [...blocked, ...refusals], commands };
}

export function planDestroy({ name, allowDestroy }: PoolSpec, facts: PoolFacts): Plan {
  const children = deep(facts).deep.children.get(name) ?? [];
  const pool = facts.pools.get(name);
  if (pool === undefined) return nothing;
  const refusals = [
    ...(allowDestroy ? [] : [`it is destroyed only with consent: declare \`allowDestroy: true\`, and run up, first`]),
    ...unable(pool),
    ...(children.length === 0
      ? []
      : [`it still holds what is not declared here, or may not be destroyed: ${some(children)}`]),
  ];
  const erase = Object.values(pool.status.classes)
    .flat()
    .flatMap(leaves)
    .filter((node) => !isMissing(node))
    .flatMap((node) => erasable(facts.devices, pathOf(node)));
  return {
    changes: [{ prop: "name", from: name, to: undefined }],
    refusals,
    commands: [destroyPool(name, [...new Set(erase)])],
  };
}

function propertiesPlan(live: PoolSpec, want: PoolSpec, ground?: { facts: DeepPoolFacts }): Plan {
  const [has, to] = [live.properties ?? {}, want.properties ?? {}];
  const differing = Object.entries(to).filter(
    ([name, value]) => !samePoolValue(name, has[name] ?? "", value) || has[name] === undefined,
  );
  const dropped = Object.keys(has).filter((name) => !(name in to));
  const back = dropped.flatMap((name): [string, string][] => {
    const value = poolPropertyDefault(name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    changes: [...differing.map(([name]) => name), ...back.map(([name]) => name)].map((name) => ({
      prop: `properties.${name}`,
      from: has[name],
      to: to[name],
    })),
    refusals: differing.flatMap(([name, value]) => {
      const never = ground && cannotHave(name, value, ground.facts.deep.features);
      return never ?? cannotSet(name, has[name], value) ?? [];
    }),
    commands: setProperties(want.name, [...differing, ...back]),
  };
}

function rootPlan(live: PoolSpec, want: PoolSpec): Plan {
  const [has, to] = [live.rootProperties ?? {}, want.rootProperties ?? {}];
  const same = (name: string, value: string) => {
    const is = has[name];
    return is !== undefined && canonical(ruleOf(name), is) === canonical(ruleOf(name), value);
  };
  const differing = Object.entries(to).filter(([name, value]) => !same(name, value));
  const dropped = Object.keys(has).filter((name) => !(name in to) && rootPropertyBack(name) !== undefined);
  const settled = differing.filter(([name]) => nativeProperties[name]?.createOnly === true);
  return {
    changes: [...differing.map(([name]) => name), ...dropped].map((name) => ({
      prop: `rootProperties.${name}`,
      from: has[name],
      to: to[name],
    })),
    refusals: settled.map(
      ([name, value]) =>
        `${name} of the root file system is ${has[name] ?? "unset"} and declared ${value}: it is settled when the pool is made`,
    ),
    commands: setRootProperties(want.name, differing, dropped),
  };
}

/** Consent is no matter of the host, but the state must remember it. */
function consentPlan(live: PoolSpec, want: PoolSpec): Plan {
  const changes = (["allowDestroy", "wipe"] as const)
    .filter((key) => JSON.stringify(live[key]) !== JSON.stringify(want[key]))
    .map((key) => ({ prop: key, from: live[key], to: want[key] }));
  return { ...nothing, changes };
}

/** Why nothing can be changed on the pool as it is. */
function unable({ name, status, properties }: LivePool): string[] {
  if (status.state === "SUSPENDED")
    return [
      `the pool ${name} is SUSPENDED: it does no I/O until its disks are back and \`zpool clear ${name}\` was run`,
    ];
  if (status.state !== "ONLINE" && status.state !== "DEGRADED")
    return [`the pool ${name} is ${status.state}: ${status.status}`];
  if (properties.get("readonly")?.value === "on")
    return [`the pool ${name} is imported read-only: export it, and import it without readonly=on`];
  return [];
}

/** The sector size of a vdev is settled when it is made; the property only rules those to come. */
function wrongAshift(pool: LivePool, want: PoolSpec, { devices, deep: { ashifts } }: DeepPoolFacts): string[] {
  const declared = want.properties?.["ashift"];
  if (declared === undefined || declared === "0") return [];
  const wrong = liveVdevs(devices, pool.status, guidOf(pool), want).flatMap(({ node, places: [place] }) => {
    // zpool shows a disk without folder and partition here. The disks in a vdev have values of their own: no matter.
    const names = [node.name, pathOf(node), place?.disk, place?.device?.kname].map((name) =>
      name?.replace(/^.*\//, ""),
    );
    const vdev = names.find((name) => name !== undefined && ashifts.get(pool.name)?.has(name));
    const ashift = vdev === undefined ? undefined : ashifts.get(pool.name)?.get(vdev);
    return vdev === undefined || ashift === declared ? [] : [`${vdev} has ${ashift ?? ""}`];
  });
  if (wrong.length === 0) return [];
  return [
    `ashift is declared as ${declared}, and ${some(wrong)}: it is settled when a vdev is made; declare what is there, or leave it out`,
  ];
}

function deep(facts: PoolFacts): DeepPoolFacts {
  if (facts.deep === undefined) throw new Error("a pool is changed on facts that were asked for by name only");
  return { ...facts, deep: facts.deep };
}

function some(all: readonly string[]): string {
  return all.length <= 5 ? all.join(", ") : `${all.slice(0, 5).join(", ")} and ${String(all.length - 5)} more`;
}

function joined(...plans: readonly Plan[]): Plan {
  return {
    changes: plans.flatMap(({ changes }) => changes),
    refusals: plans.flatMap(({ refusals }) => refusals),
    commands: plans.flatMap(({ commands }) => commands),
  };
}
