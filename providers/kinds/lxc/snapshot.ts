import { defineKind, nothing, type Change, type Plan, type Platform } from "../../kind.ts";
import { refusedLock } from "./pve.refusals.ts";
import { debian } from "./snapshot.debian.ts";
import { parse, query } from "./snapshot.facts.ts";
import { proxmox } from "./snapshot.pve.ts";
import { snapshotName, SnapshotSpec } from "./snapshot.spec.ts";
import type { Facts, Found, Side, State } from "./snapshot.state.ts";

export { snapshotName, SnapshotSpec };

/** A snapshot of a container by its name: taken once, and again only where other content is declared. */
export const snapshot = defineKind<State, Facts>({
  type: "lxc:Snapshot",
  holdsData: true,
  outputNames: ["snaptime"],
  spec: SnapshotSpec,
  id: ({ vmid, snapname }) => `${String(vmid)}@${snapname}`,
  unfit: ({ snapname }, platform) =>
    platform === "proxmox" && snapname === "current" ? ["snapname: Proxmox VE keeps `current` for itself"] : [],
  byName: true,
  query,
  parse,

  outputs({ containers }, id) {
    const [vmid, snapname = ""] = id.split("@");
    const snaptime = containers.get(Number(vmid))?.snapshots.get(snapname)?.snaptime;
    return snaptime === undefined ? {} : { snaptime };
  },

  view(facts, spec, { was }) {
    const found = facts.containers.get(spec.vmid)?.snapshots.get(spec.snapname);
    if (found === undefined) return undefined;
    const { description, snapstate, begun, clones } = found;
    const { vmid, snapname, allowReplace, allowDestroy } = spec;
    const told = spec.description ?? was?.description;
    return {
      ...{ vmid, snapname, allowReplace, allowDestroy },
      ...(told === undefined || description === undefined ? {} : { description }),
      ...(spec.content === undefined ? {} : { content: found.content ?? was?.content ?? spec.content }),
      ...(clones.length === 0 ? {} : { clones }),
      ...(snapstate === undefined ? {} : { snapstate }),
      ...(begun === undefined ? {} : { begun }),
    };
  },

  plan(live, want, _context, facts) {
    if (live === undefined) return taken(want, facts);
    const changes = differences(live, want);
    const others = changes.some(({ prop }) => prop === "content");
    const half = changes.some(({ prop }) => prop === "snapstate");
    const holder = facts?.containers.get(want.vmid);
    const refusals = [
      ...unfinished(live),
      ...(others && !want.allowReplace ? [REPLACING] : []),
      ...(others || half ? inUse(live.clones) : []),
      ...((others || half) && holder !== undefined ? holder.impossible : []),
    ];
    const found = holder?.snapshots.get(want.snapname);
    const todo = changes.some(({ prop }) => !prop.startsWith("allow"));
    if (facts === undefined || holder === undefined || found === undefined || !todo)
      return { ...nothing, changes, refusals };
    const side = sideOf(facts.on);
    const anew = others ? side.replace(want, holder) : side.describe(want, found, holder);
    // What is left of it is deleted before it is taken.
    const command = half ? side.take(want, holder) : anew;
    return { changes, refusals: [...refusals, ...refusedLock(holder)], commands: [command] };
  },

  destroy(live, _context, { on, containers }) {
    const holder = containers.get(live.vmid);
    if (holder === undefined) return nothing;
    return {
      changes: [{ prop: "snapname", from: live.snapname, to: undefined }],
      refusals: [
        ...unfinished(live),
        ...(live.allowDestroy ? [] : [ENDING]),
        ...inUse(live.clones),
        ...refusedLock(holder),
      ],
      commands: [sideOf(on).remove(live, holder)],
    };
  },
});

const REPLACING =
  "other content is another snapshot, and what this one holds would be gone: to have it deleted and taken anew, " +
  "declare allowReplace: true; to keep it, declare another snapname beside it";
const ENDING =
  "what it holds would be gone. To delete it, declare allowDestroy: true and apply that first; " +
  "to keep it, take it out of the state: pulumi state delete";

function sideOf(platform: Platform): Side {
  return platform === "proxmox" ? proxmox : debian;
}

function taken(want: State, facts: Facts | undefined): Plan {
  const changes = [{ prop: "snapname", from: undefined, to: want.snapname }];
  if (facts === undefined) return { ...nothing, changes };
  const holder = facts.containers.get(want.vmid);
  if (holder === undefined)
    return { ...nothing, changes, refusals: [`the host has no container ${String(want.vmid)} to take it of`] };
  const refusals = [...holder.impossible, ...refusedLock(holder)];
  return { changes, refusals, commands: [sideOf(facts.on).take(want, holder)] };
}

function differences(live: State, want: State): Change[] {
  // What is half done has nothing else that counts.
  if (live.snapstate !== undefined)
    return [{ prop: "snapstate", from: live.snapstate, to: undefined, note: "it is deleted, and taken anew" }];
  const keys = ["description", "content", "allowReplace", "allowDestroy"] as const;
  return keys.flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    // Declared no more, the content is of no concern.
    if (from === to || (prop === "content" && (from === undefined || to === undefined))) return [];
    return [{ prop, from, to, ...(prop === "content" ? { note: "it is deleted, and taken anew" } : {}) }];
  });
}

function unfinished({ vmid, snapname, snapstate, begun }: State): string[] {
  if (snapstate === undefined || begun === true) return [];
  const id = String(vmid);
  return [
    `it is half done (${snapstate}), and not by us; when nobody is at it any more: pct unlock ${id}; ` +
      `pct delsnapshot ${id} ${snapname} --force 1`,
  ];
}

function inUse(clones: Found["clones"] = []): string[] {
  return clones.length === 0 ? [] : [`clones depend on it: ${clones.join(", ")}; end these first`];
}
