/** What it takes to bring a dataset to what is declared, or the reasons why it cannot be. */
import { withStdin } from "../../host/command.ts";
import { nothing, type Context, type Plan } from "../../kind.ts";
import { inOrder, isKeyed, keyed, type Part } from "./dataset.commands.ts";
import { cipher, rekeyed } from "./dataset.encryption.ts";
import { parentOf, type DatasetFacts } from "./dataset.facts.ts";
import { directory, mount, unhidden } from "./dataset.mount.ts";
import { nativeProperties } from "./dataset.properties.ts";
import { assign, valued } from "./dataset.set.ts";
import type { DatasetState } from "./dataset.state.ts";
import { valueOf } from "./dataset.view.ts";
import { sized } from "./values.ts";

export function plan(
  live: DatasetState | undefined,
  want: DatasetState,
  context: Context<DatasetState>,
  facts?: DatasetFacts,
): Plan {
  const { changes, refusals = [], steps = [] } = live === undefined ? creation(want, facts) : update(live, want, facts);
  const all = [...unknownToHost(want, facts), ...refusals];
  if (steps.length === 0) return { ...nothing, changes, refusals: all };
  const command = inOrder(steps);
  const secret = isKeyed(steps) ? want.encryption?.secret : undefined;
  const commands = [secret === undefined ? command : withStdin(command, context.secret(secret))];
  return { changes, refusals: all, commands };
}

/** One command: when it is cut off after the dataset was made, the next run does what is left. */
function creation(want: DatasetState, facts: DatasetFacts | undefined): Part {
  const { name, volsize, sparse, encryption } = want;
  const properties = { ...want.properties, ...(encryption === undefined ? {} : cipher(encryption)) };
  const options = Object.entries(properties).flatMap(([property, value]) => ["-o", assign(property, value)]);
  const volume = volsize === undefined ? [] : [...(sparse === true ? ["-s"] : []), "-V", String(sized(volsize))];
  const create = ["zfs", "create", ...options, ...volume, name];
  const root = directory(undefined, want, facts);
  return {
    changes: [{ prop: "name", from: undefined, to: name }],
    refusals: [...homeless(name, facts), ...(root.refusals ?? [])],
    steps: [
      ...unhidden(undefined, want, facts),
      encryption === undefined ? create : keyed(create),
      ...(root.steps ?? []),
    ],
  };
}

function update(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): Part {
  if (live.type !== want.type)
    return {
      changes: [{ prop: "type", from: live.type, to: want.type }],
      refusals: [`it is a ${live.type} and declared a ${want.type}: that is settled when a dataset is made`],
    };
  const parts = [
    renamed(live, want, facts),
    valued(live, want, facts),
    rekeyed(live, want, facts),
    mount(live, want, facts),
    directory(live, want, facts),
    consent(live, want),
  ];
  const steps = parts.flatMap((part) => part.steps ?? []);
  return {
    changes: parts.flatMap(({ changes }) => changes),
    refusals: parts.flatMap((part) => part.refusals ?? []),
    steps: steps.length === 0 ? [] : [...unhidden(live, want, facts), ...steps],
  };
}

function renamed(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): Part {
  if (live.name === want.name) return { changes: [] };
  return {
    changes: [{ prop: "name", from: live.name, to: want.name }],
    refusals: homeless(want.name, facts),
    steps: [["zfs", "rename", live.name, want.name]],
  };
}

/** Nothing to do on the host: the state has to know. */
function consent(live: DatasetState, want: DatasetState): Part {
  if (live.allowDestroy === want.allowDestroy) return { changes: [] };
  return { changes: [{ prop: "allowDestroy", from: live.allowDestroy, to: want.allowDestroy }] };
}

/** A parent is never made by itself: it would have no declared properties. */
function homeless(name: string, facts: DatasetFacts | undefined): string[] {
  if (facts === undefined) return [];
  const parent = parentOf(name);
  const found = facts.datasets.get(parent);
  if (found === undefined) return [`its parent ${parent} does not exist: declare it too`];
  const volume = valueOf(found, "type") === "volume";
  return volume ? [`its parent ${parent} is a volume, and volumes have nothing below them`] : [];
}

function unknownToHost({ properties }: DatasetState, facts: DatasetFacts | undefined): string[] {
  if (facts === undefined) return [];
  const unknown = Object.keys(properties).filter((name) => name in nativeProperties && !facts.known.includes(name));
  if (unknown.length === 0) return [];
  return [`OpenZFS ${facts.version}, which the host has, does not know ${unknown.join(", ")}: declare it no more`];
}
