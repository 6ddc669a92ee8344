/** Properties and the size of a volume: what to set, what to take back, and what cannot be changed any more. */
import type { Change } from "../../kind.ts";
import type { Part, Step } from "./dataset.commands.ts";
import type { DatasetFacts, Property } from "./dataset.facts.ts";
import { isQuotaOf, nativeProperties, ruleOf } from "./dataset.properties.ts";
import type { DatasetState } from "./dataset.state.ts";
import { valueOf, wholeBlocks } from "./dataset.view.ts";
import { canonical, sized, written } from "./values.ts";

type Found = ReadonlyMap<string, Property>;

/** `property=value`, as `zfs set` and `zfs create -o` take it. */
export function assign(property: string, value: string): string {
  return `${property}=${written(ruleOf(property), value)}`;
}

export function valued(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): Part {
  const found = facts?.datasets.get(live.name);
  const differ = Object.entries(want.properties)
    .map(([name, to]) => ({ name, to, from: live.properties[name] }))
    .filter(({ name, to, from }) => from === undefined || !same(name, from, to));
  const dropped = Object.entries(live.properties).filter(([name]) => want.properties[name] === undefined && ends(name));
  const size = resized(live, want, found);
  const sets = [...differ.map(({ name, to }) => assign(name, to)), ...(size.set === undefined ? [] : [size.set])];
  return {
    changes: [
      ...differ.map(({ name, from, to }) => difference(name, from, to, found)),
      ...dropped.map(([name, from]) => ({ prop: `properties.${name}`, from, to: undefined })),
      ...size.changes,
    ],
    refusals: [
      ...differ.flatMap(({ name, from, to }) => [...settled(name, from, to), ...tooSmall(name, to, found)]),
      ...size.refusals,
    ],
    steps: mountPointLast(
      sets,
      dropped.map(([name]) => takenBack(name, want)),
      want.name,
    ),
  };
}

function same(name: string, one: string, other: string): boolean {
  return canonical(ruleOf(name), one) === canonical(ruleOf(name), other);
}

/** Whether a property that is no longer declared goes back to something. */
function ends(name: string): boolean {
  const native = nativeProperties[name];
  return native === undefined || native.back !== undefined;
}

function difference(name: string, from: string | undefined, to: string, found: Found | undefined): Change {
  const unseen = nativeProperties[name]?.createOnly === true && from === undefined && found === undefined;
  const note = "settled when a dataset is made: applying compares it with what the host has";
  return { prop: `properties.${name}`, from, to, ...(unseen ? { note } : {}) };
}

/** What cannot be changed any more. */
function settled(name: string, from: string | undefined, to: string): string[] {
  if (from === undefined) return [];
  if (nativeProperties[name]?.createOnly === true)
    return [
      `${name} is ${from} and declared ${to}: it is settled when a dataset is made. ` +
        `Declare ${from}, or make a new dataset and copy the data`,
    ];
  const older = name === "version" && Number(canonical(ruleOf(name), to)) < Number(from);
  return older ? [`version is ${from} and declared ${to}: ZFS cannot go back to an older one`] : [];
}

function tooSmall(name: string, to: string, found: Found | undefined): string[] {
  const measure = name === "quota" ? "used" : name === "refquota" ? "referenced" : undefined;
  if (measure === undefined || found === undefined) return [];
  const [limit, inUse] = [sized(to), BigInt(valueOf(found, measure) || "0")];
  if (limit === 0n || limit >= inUse) return [];
  return [
    `${name} ${to} (${String(limit)} bytes) is below the ${String(inUse)} bytes that are ${measure}: ` +
      "declare more, or free space first",
  ];
}

function resized(live: DatasetState, want: DatasetState, found: Found | undefined) {
  const [from, to] = [live.volsize, want.volsize];
  const none = { changes: [], refusals: [], set: undefined };
  if (from === undefined || to === undefined) return none;
  const bytes = found === undefined ? sized(to) : wholeBlocks(to, found);
  const now = found === undefined ? sized(from) : wholeBlocks(from, found);
  if (bytes === now) return none;
  const changes: Change[] = [{ prop: "volsize", from, to }];
  if (bytes > now) return { changes, refusals: [], set: `volsize=${String(bytes)}` };
  const refusal =
    `volsize is ${from} and declared ${to}: making a volume smaller cuts off what lies beyond. If nothing does, ` +
    `by hand: zfs set volsize=${String(bytes)} ${want.name}`;
  return { changes, refusals: [refusal], set: undefined };
}

/** `-S`: as though it had never been set. Where a value came with `zfs receive`, that is the one. */
function takenBack(name: string, want: DatasetState): Step {
  if (isQuotaOf(name)) return ["zfs", "set", `${name}=none`, want.name];
  const thick = name === "refreservation" && want.type === "volume" && want.sparse !== true;
  return thick ? ["zfs", "set", "refreservation=auto", want.name] : ["zfs", "inherit", "-S", name, want.name];
}

/** A mount point in use cannot change; that must not keep the other properties from being set. */
function mountPointLast(sets: readonly string[], back: readonly Step[], name: string): Step[] {
  const moves = (text: string) => text.startsWith("mountpoint=");
  const set = (some: readonly string[]): Step[] => (some.length === 0 ? [] : [["zfs", "set", ...some, name]]);
  return [
    ...set(sets.filter((one) => !moves(one))),
    ...back.filter((step) => !step.includes("mountpoint")),
    ...set(sets.filter(moves)),
    ...back.filter((step) => step.includes("mountpoint")),
  ];
}
