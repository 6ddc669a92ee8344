import { defineKind } from "../../kind.ts";
import { guidOf, parse, query, type PoolFacts } from "./pool.facts.ts";
import { OUTPUTS, outputsOf, warningsOf } from "./pool.health.ts";
import { liveVdevs } from "./pool.members.ts";
import { planDestroy, planPool } from "./pool.plan.ts";
import { PoolSpec } from "./pool.spec.ts";
import { viewOf } from "./pool.view.ts";

export { PoolSpec };

/** A ZFS pool: its vdevs, its properties, and those of its root file system. */
export const pool = defineKind<PoolSpec, PoolFacts>({
  type: "zfs:Pool",
  holdsData: true,
  outputNames: OUTPUTS,
  spec: PoolSpec,
  id: ({ name }) => name,
  outputs(facts, id) {
    const live = facts.pools.get(id);
    return live === undefined ? {} : outputsOf(live);
  },
  warnings(facts, id) {
    const live = facts.pools.get(id);
    return live === undefined ? [] : warningsOf(live);
  },
  query,
  parse,
  view({ pools, devices }, spec, { was }) {
    const live = pools.get(spec.name);
    return live && viewOf(live, liveVdevs(devices, live.status, guidOf(live), spec, was), spec, was);
  },
  plan: (live, want, { was }, facts) => planPool(live, want, was, facts),
  destroy: (live, _context, facts) => planDestroy(live, facts),
});
