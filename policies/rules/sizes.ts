import { z } from "zod";
import { DatasetSpec } from "../../providers/kinds/zfs/dataset.spec.ts";
import { PoolSpec } from "../../providers/kinds/zfs/pool.spec.ts";
import { bytes, nice } from "../../providers/kinds/zfs/values.ts";
import { definePolicy, type Finding } from "../policy.ts";
import type { Declared, Stack } from "../stack.ts";
import { about } from "./containers.ts";
import { containerVolumes, type ContainerVolume } from "./volumes.ts";

type Dataset = Declared<z.infer<typeof DatasetSpec>>;

export const size = z.string().refine((text) => (bytes(text) ?? 0n) > 0n, "must be a size such as 64G");

export const storageFits = definePolicy({
  name: "storage-fits",
  rule: "Quotas and volumes fit into their pool.",
  level: "mandatory",
  reason: "a limit beyond the pool limits nothing: one dataset fills the pool, and then nothing in it can be written.",
  remedy:
    "make it smaller, or the pool larger; where the size of the pool is not right, say it in policies.storage-fits.pools.",
  settings: z.strictObject({
    pools: z
      .record(z.string(), size)
      .default({})
      .describe("Sizes by pool, `{ tank: 8T }`. Default: as the host told at the last run; before that, not judged."),
  }),
  find(stack, { pools }) {
    const datasets = stack.of("zfs:Dataset", DatasetSpec);
    return [
      ...datasets.flatMap((dataset) => beyondParent(dataset, datasets)),
      ...containerVolumes(stack).flatMap((volume) => beyondPlace(volume, datasets, poolSizes(stack, pools))),
      ...[...poolSizes(stack, pools)].flatMap(([pool, room]) => {
        const inside = datasets.filter(({ spec }) => spec.name.startsWith(`${pool}/`));
        return [...inside.flatMap((dataset) => beyondPool(dataset, pool, room)), ...promised(inside, pool, room)];
      }),
    ];
  },
});

/** In bytes, by the pool's name. */
function poolSizes(stack: Stack, told: Readonly<Record<string, string>>): Map<string, bigint> {
  const seen = stack
    .of("zfs:Pool", PoolSpec)
    .map(({ resource, spec }) => [spec.name, seenSize(resource.props)] as const);
  const said = Object.entries(told).map(([pool, text]) => [pool, bytes(text)] as const);
  return new Map([...seen, ...said].flatMap(([pool, room]) => (room === undefined ? [] : [[pool, room] as const])));
}

/** What `zpool list` printed; not known before the pool is there. */
function seenSize(props: Readonly<Record<string, unknown>>): bigint | undefined {
  try {
    const { size: text } = props;
    return typeof text === "string" ? bytes(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Limits and sizes that a dataset declares, in bytes. */
function limits({ spec }: Dataset): [what: string, amount: bigint][] {
  const { quota, refquota } = spec.properties;
  const all = [
    ["quota", quota],
    ["refquota", refquota],
    ["volsize", spec.volsize],
  ] as const;
  return all.flatMap(([what, text]) => {
    const amount = text === undefined || text === "none" ? 0n : (bytes(text) ?? 0n);
    return amount === 0n ? [] : [[what, amount]];
  });
}

function beyondPool(dataset: Dataset, pool: string, room: bigint): Finding[] {
  return limits(dataset).flatMap(([what, amount]) =>
    amount > room ? [finding(dataset, `${what} ${nice(amount)} is more than pool ${pool} has, ${nice(room)}`)] : [],
  );
}

function beyondParent(dataset: Dataset, all: readonly Dataset[]): Finding[] {
  const { name } = dataset.spec;
  const above = all.filter(({ spec }) => name.startsWith(`${spec.name}/`));
  return above.flatMap((parent) => {
    const [, room = 0n] = limits(parent).find(([what]) => what === "quota") ?? [];
    return limits(dataset).flatMap(([what, amount]) =>
      room > 0n && amount > room
        ? [finding(dataset, `${what} ${nice(amount)} is more than ${parent.spec.name} may hold, ${nice(room)}`)]
        : [],
    );
  });
}

/** A container's volume, and what the pool and every dataset around it have room for. */
function beyondPlace(
  { of, what, size: amount, dataset: place }: ContainerVolume,
  datasets: readonly Dataset[],
  pools: ReadonlyMap<string, bigint>,
): Finding[] {
  const around = datasets.flatMap((dataset): [where: string, room: bigint][] => {
    const { name } = dataset.spec;
    const [, room] = limits(dataset).find(([limit]) => limit === "quota") ?? [];
    return room !== undefined && (place === name || place.startsWith(`${name}/`)) ? [[name, room]] : [];
  });
  const [pool = ""] = place.split("/");
  const room = pools.get(pool);
  const all = room === undefined ? around : [...around, [`pool ${pool}`, room] as const];
  return all.flatMap(([where, most]) =>
    amount > most ? [about(of, `has ${what} of ${nice(amount)}, which is more than ${where} has, ${nice(most)}`)] : [],
  );
}

/** Space that is set aside at once, whether it is used or not. */
function promised(inside: readonly Dataset[], pool: string, room: bigint): Finding[] {
  const shares = inside.map(({ spec: { properties, type, volsize, sparse } }) => {
    const reserved = [properties["reservation"], properties["refreservation"]].map((text) => bytes(text ?? "0") ?? 0n);
    const whole = type === "volume" && sparse !== true ? (bytes(volsize ?? "0") ?? 0n) : 0n;
    return [...reserved, whole].reduce((most, one) => (one > most ? one : most), 0n);
  });
  const sum = shares.reduce((total, one) => total + one, 0n);
  const message = `reservations and volumes take ${nice(sum)}, and it has ${nice(room)}`;
  return sum > room ? [{ subject: pool, message }] : [];
}

function finding({ resource, spec }: Dataset, message: string): Finding {
  return { on: resource, subject: spec.name, message };
}
