/** How the topology of a live pool is changed in place. */
import { nothing, type Change, type Plan } from "../../kind.ts";
import { claim } from "./pool.claim.ts";
import { layout, remove, zpool } from "./pool.commands.ts";
import { erasable } from "./pool.disks.ts";
import { guidOf, type DeepPoolFacts, type LivePool } from "./pool.facts.ts";
import { liveVdevs, pathOf, tops, type LiveVdev, type Place } from "./pool.members.ts";
import type { PoolSpec, Role } from "./pool.spec.ts";
import { growth, inWords, type Growth, type Step } from "./pool.topology.ts";

interface Ground {
  readonly facts: DeepPoolFacts;
  readonly pool: LivePool;
  readonly was: PoolSpec | undefined;
}

export function topologyPlan(live: PoolSpec, want: PoolSpec, ground: Ground | undefined): Plan {
  const ways = growth(live, want);
  const changes = ways.map(({ role, steps }): Change => {
    const note = steps.map(inWords).join("; ");
    return { prop: role, from: live[role], to: want[role], ...(note === "" ? {} : { note }) };
  });
  if (ways.length === 0) return nothing;
  if (ground === undefined) return { changes, refusals: certain(ways, live, want), commands: [] };
  return { changes, ...carriedOut(ways, want, ground) };
}

/**
 * Of the refusals those that hold whatever the host says. Where only names differ, they may be other names of the same
 * disks: then the plan that is made with facts finds no difference.
 */
function certain(ways: readonly Growth[], live: PoolSpec, want: PoolSpec): string[] {
  const shape = (spec: PoolSpec, role: Role) =>
    tops(spec, role)
      .map(({ type, disks }) => `${type} ${String(disks.length)}`)
      .sort()
      .join();
  return ways.flatMap(({ role, refusals }) => (shape(live, role) === shape(want, role) ? [] : refusals));
}

function carriedOut(ways: readonly Growth[], want: PoolSpec, { facts, pool, was }: Ground) {
  const steps = ways.flatMap((way) => way.steps);
  const vdevs = liveVdevs(facts.devices, pool.status, guidOf(pool), want, was);
  const places = new Map(vdevs.flatMap((vdev) => vdev.places.map((place) => [place.disk, { ...place, vdev }])));
  const taken = steps.flatMap((step) =>
    step.do === "add" ? step.vdev.disks : step.do === "remove" ? [] : [step.disk],
  );
  const { refusals, erase } = claim(taken, want, facts, pool);
  const nameOf = (disk: string) => places.get(disk)?.node.name ?? disk;
  return {
    refusals: [...ways.flatMap((way) => way.refusals), ...refusals, ...steps.flatMap((step) => hindered(step, places))],
    commands: [
      ...removals(want.name, steps, places, facts),
      ...steps.flatMap((step) => {
        const own = step.do === "attach" || step.do === "replace" ? erase.filter((disk) => disk === step.disk) : [];
        if (step.do === "replace") return [zpool(["replace", want.name, nameOf(step.old), step.disk], own)];
        return step.do === "attach" ? [zpool(["attach", want.name, nameOf(step.to), step.disk], own)] : [];
      }),
      ...additions(want.name, steps, erase),
    ],
  };
}

type Places = ReadonlyMap<string, Place & { readonly vdev: LiveVdev }>;

/** All vdevs that go, at once, and their disks blank. */
function removals(pool: string, steps: readonly Step[], places: Places, { devices }: DeepPoolFacts) {
  const out = steps.flatMap((step) => (step.do === "remove" ? [step.vdev] : []));
  if (out.length === 0) return [];
  const vdevs = out.map(({ disks: [disk = ""] }) => places.get(disk)?.vdev.node.name ?? disk);
  const present = out.flatMap(({ disks }) => disks).filter((disk) => places.get(disk)?.device !== undefined);
  return [
    remove(
      pool,
      vdevs,
      present.flatMap((disk) => erasable(devices, disk)),
    ),
  ];
}

/** All vdevs that come, at once. */
function additions(pool: string, steps: readonly Step[], erase: readonly string[]) {
  const added = steps.flatMap((step) => (step.do === "add" ? [step] : []));
  const disks = added.flatMap(({ vdev }) => vdev.disks);
  const own = erase.filter((disk) => disks.includes(disk));
  return added.length === 0 ? [] : [zpool(["add", pool, ...layout(added)], own)];
}

/** What the state of a vdev forbids. */
function hindered(step: Step, places: Places): string[] {
  if (step.do === "replace") {
    const place = places.get(step.old);
    const under = place?.vdev.node;
    const group =
      under === undefined ? undefined : [under, ...under.children].find((one) => replacing(one, place?.node.name));
    if (group === undefined) return [];
    const old = group.children[0];
    return [
      `${step.old} is just taking the place of ${(old && pathOf(old)) ?? "another disk"}: wait until it has (zpool status), or declare it`,
    ];
  }
  if (step.do !== "remove" || step.role !== "spare") return [];
  return step.vdev.disks
    .filter((disk) => places.get(disk)?.node.state === "INUSE")
    .map((disk) => `the spare ${disk} has stepped in for a failed disk: replace that one first`);
}

function replacing(
  { name, children }: { name: string; children: readonly { name: string }[] },
  disk: string | undefined,
) {
  return name.startsWith("replacing-") && children.some((child) => child.name === disk);
}
