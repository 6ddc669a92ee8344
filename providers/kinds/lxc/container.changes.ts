/** What differs between a container and its declaration, when each change counts, and what cannot be changed. */
import type { Change } from "../../kind.ts";
import { bytes } from "../zfs/values.ts";
import { isRepeated, lineKey, same } from "./container.compare.ts";
import { isSettled } from "./container.replace.ts";
import { OWN, type Live, type State } from "./container.state.ts";

const RECORDS = ["interfaces", "mounts", "devices"] as const;
const SECTIONS = ["features", "rootfs"] as const;

/** Changes of settings on the host, and of what only the state has to know. */
export function differences(live: State, want: State): Change[] {
  const keys = [...new Set([...Object.keys(live), ...Object.keys(want)])] as (keyof State)[];
  return keys.flatMap((key): Change[] => {
    const [from, to] = [live[key], want[key]];
    if (isOneOf(RECORDS, key)) return ofEntries(key, from as Entries, to as Entries);
    if (isOneOf(SECTIONS, key)) return ofMembers(key, (from ?? {}) as Members, (to ?? {}) as Members);
    if (key === "lxc") return ofLines(live.lxc ?? [], want.lxc ?? []);
    // Declared no more, it is of no concern: nothing on the host goes by it.
    if ((key === "clone" || key === "ostemplate" || key === "password" || key === "sshKeys") && to === undefined)
      return [];
    return same(key, from, to) ? [] : [{ prop: key, from, to }];
  });
}

type Members = Readonly<Record<string, unknown>>;
type Entries = Readonly<Record<string, Members>> | undefined;

function ofEntries(key: string, from: Entries = {}, to: Entries = {}): Change[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name): Change[] => {
    const [is, want] = [from[name], to[name]];
    if (is === undefined || want === undefined) return [{ prop: `${key}.${name}`, from: is, to: want }];
    return ofMembers(`${key}.${name}`, is, want);
  });
}

/** What a mount's volume is made by means nothing once it is there. */
const MADE_BY = new Set(["storage"]);

function ofMembers(path: string, from: Members, to: Members): Change[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((member): Change[] => {
    const [is, want] = [from[member], to[member]];
    if (MADE_BY.has(member) && want === undefined) return [];
    return same(member, is, want) ? [] : [{ prop: `${path}.${member}`, from: is, to: want }];
  });
}

/** Lines that may repeat are a set; of others the one value counts. */
function ofLines(from: readonly string[], to: readonly string[]): Change[] {
  const sort = (lines: readonly string[]) => [
    ...lines.filter((line) => isRepeated(lineKey(line))),
    ...lines.filter((line) => !isRepeated(lineKey(line))).toSorted(),
  ];
  return same("lxc", sort(from), sort(to)) ? [] : [{ prop: "lxc", from, to }];
}

/** Whether something is to be done on the host about a change. */
export function isOnHost({ prop }: Change): boolean {
  return !isOneOf(OWN, prop);
}

/** Why a change is impossible, each with a way forward. */
export function refusedChange({ prop, from, to }: Change, id: number): string[] {
  const was = `${prop} is ${JSON.stringify(from)}, declared ${JSON.stringify(to)}, and that cannot be changed`;
  const another =
    "declare a container with another id beside it, move the data, and then end this one; or have it made anew, with " +
    "the mounts that it has and without its root file system: declare allowReplace: true";
  if (prop === "unprivileged" || prop === "ostype" || prop === "storage") return [`${was}: ${another}`];
  if (prop === "clone" && from !== undefined) return [`${was}: it says what was copied when it was made; ${another}`];
  if (prop === "template" && from === true)
    return [`it is a template, and there is no way back: clone it to have one that runs`];
  if (/^mounts\..*\.storage$/.test(prop))
    return [`${was}: pct move-volume ${String(id)} moves the volume, or declare a mount with another path beside it`];
  if (prop === "size" || /^mounts\..*\.size$/.test(prop)) {
    if (typeof from !== "string" || typeof to !== "string" || (bytes(to) ?? 0n) >= (bytes(from) ?? 0n)) return [];
    return [`${was}: a volume is never made smaller; declare at least ${from}`];
  }
  return [];
}

/** What the values do not say. */
export function noteOf(change: Change, live: Live, { running }: State, { restart }: State): string | undefined {
  const { prop } = change;
  if (prop === "ostemplate" || prop === "password" || prop === "sshKeys")
    return "counts when a container is made: this one stays as it is";
  if (isSettled(change))
    return "the container is made anew: its root file system is destroyed, its settings and mounts are kept";
  if (!isOnHost(change) || ["running", "restartPending", "unfinished", "unready"].includes(prop) || running === false)
    return undefined;
  if (prop === "template") return "makes it a template for ever";
  const data = change.to === undefined && prop.startsWith("mounts.") ? "; the data is kept" : "";
  if (live === "unlessUsed")
    return `applied live, ${restart === "whenNeeded" ? "by" : "or with the next"} restart where something uses it${data}`;
  if (live) return `applied live${data}`;
  return `${restart === "whenNeeded" ? "the container is restarted for it" : "waits for a restart"}${data}`;
}

function isOneOf(all: readonly string[], one: string): boolean {
  return all.includes(one);
}
