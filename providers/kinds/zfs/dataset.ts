import { defineKind } from "../../kind.ts";
import { destroy } from "./dataset.destroy.ts";
import { parse, query, type DatasetFacts } from "./dataset.facts.ts";
import { plan } from "./dataset.plan.ts";
import { probe } from "./dataset.probe.ts";
import { DatasetSpec } from "./dataset.spec.ts";
import type { DatasetState } from "./dataset.state.ts";
import { valueOf, view } from "./dataset.view.ts";

export { DatasetSpec };

/** A ZFS file system or volume. What exists is adopted; what is not declared is left alone. */
export const dataset = defineKind<DatasetState, DatasetFacts>({
  type: "zfs:Dataset",
  holdsData: true,
  outputNames: ["mountpoint"],
  spec: DatasetSpec,
  id: ({ name }) => name,
  renamedFrom: ({ renamedFrom }) => renamedFrom,
  secrets: ({ encryption }) => (encryption === undefined ? [] : [encryption.secret]),
  outputs(facts, id) {
    const found = facts.datasets.get(id);
    return found === undefined || valueOf(found, "type") === "volume"
      ? {}
      : { mountpoint: valueOf(found, "mountpoint") };
  },
  query,
  parse,
  probe,
  view,
  plan,
  destroy,
});
