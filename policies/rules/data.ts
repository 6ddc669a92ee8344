import { DatasetSpec } from "../../providers/kinds/zfs/dataset.spec.ts";
import { PoolSpec } from "../../providers/kinds/zfs/pool.spec.ts";
import { definePolicy, none } from "../policy.ts";
import type { Stack } from "../stack.ts";

/** The kinds whose objects hold data. */
export const HOLD_DATA: readonly string[] = ["zfs:Pool", "zfs:Dataset", "lxc:Container", "lxc:Snapshot"];

export const dataProtected = definePolicy({
  name: "data-protected",
  rule: "Pulumi refuses to delete what holds data.",
  level: "mandatory",
  reason: "a line that is deleted from the configuration by mistake would take the data with it.",
  remedy: "take `protect: false` out of the stack's configuration; to delete one thing on purpose, except it.",
  settings: none,
  find: (stack) =>
    stack.resources.flatMap((resource) =>
      HOLD_DATA.includes(resource.type) && !resource.protect
        ? [{ on: resource, subject: resource.name, message: "holds data and is not protected" }]
        : [],
    ),
});

export const poolRedundancy = definePolicy({
  name: "pool-redundancy",
  rule: "A pool that holds data for good survives the loss of a disk.",
  level: "mandatory",
  reason: "disks fail; without a second copy the pool and all that is in it are lost with the first one that does.",
  remedy:
    "make its vdevs mirrors or raidz (special and dedup too), or say of every dataset that can be had again: allowDestroy: true.",
  settings: none,
  find: (stack) =>
    stack.of("zfs:Pool", PoolSpec).flatMap(({ resource, spec }) => {
      const alone = (["vdevs", "special", "dedup"] as const).filter((role) =>
        spec[role]?.some(({ type }) => type === "stripe"),
      );
      const kept = keptIn(stack, spec.name) ?? (spec.allowDestroy ? [] : ["whatever is in it"]);
      if (alone.length === 0 || kept.length === 0) return [];
      const message = `${alone.join(" and ")} without redundancy, and it holds ${kept.join(", ")}`;
      return [{ on: resource, subject: spec.name, message }];
    }),
});

/** The datasets of a pool that nobody may destroy; undefined where none is declared. */
function keptIn(stack: Stack, pool: string): string[] | undefined {
  const all = stack.of("zfs:Dataset", DatasetSpec).filter(({ spec }) => spec.name.startsWith(`${pool}/`));
  if (all.length === 0) return undefined;
  return all.flatMap(({ spec: { name, allowDestroy } }) => (allowDestroy ? [] : [name]));
}
