/** What Proxmox VE would take and not do, or do by halves: it is told before anything is done. */
import type { Change } from "../../kind.ts";
import { unmapped } from "./container.bind.ts";
import { entryNames } from "./container.compare.ts";
import { nodesOf } from "./container.gpu.ts";
import type { Facts, Found, State } from "./container.state.ts";
import type { PveFacts } from "./pve.facts.ts";
import { idsIn } from "./pve.steps.ts";

/** Locks that last, and what to do about them; those that pct holds for a moment are waited for. */
const LASTING: Readonly<Record<string, string>> = {
  backup: "wait until the backup is done",
  migrate: "wait until the migration is done",
  mounted: "somebody has it mounted: pct unmount",
  destroyed: "it is being destroyed",
};

export function refusedLock({ lock = "" }: Pick<Found, "lock">): string[] {
  const way = LASTING[lock];
  return way === undefined ? [] : [`it is locked (${lock}): ${way}; a lock that was left behind goes with pct unlock`];
}

export function refusedTemplate(
  { vmid: id, template }: State,
  { snapshots }: Found,
  changes: readonly Change[],
): string[] {
  if (template !== true || snapshots.length === 0 || !changes.some(({ prop }) => prop === "template")) return [];
  const names = snapshots.join(", ");
  return [`it has snapshots (${names}), and a template has none: remove them with pct delsnapshot ${String(id)} NAME`];
}

/** Also where the protection ends with the same change: Proxmox VE looks at what was before. */
export function refusedProtected({ protection }: Found, changes: readonly Change[]): string[] {
  const touched = changes.some(({ prop }) => /^(mounts|rootfs)\./.test(prop) && !/\.(size|uid|gid|mode)$/.test(prop));
  if (protection !== true || !touched) return [];
  return ["it is protected, and so are its volumes: declare protection: false, and apply that first"];
}

/** What is declared and cannot be on this host. */
export function refusedWish(
  on: PveFacts,
  facts: Facts,
  want: State,
  changes: readonly Change[],
  found?: Found,
): string[] {
  const ids = idsIn(want, found);
  return [
    ...bridges(on, want, changes),
    ...gpus(facts, want),
    ...entryNames("mounts", changes, want.mounts).flatMap((path) => {
      const mount = want.mounts?.[path];
      return mount === undefined ? [] : unmapped(path, mount, ids);
    }),
  ];
}

/** pct keeps the name of a bridge that is not there, and the container would not start. */
function bridges({ links }: PveFacts, want: State, changes: readonly Change[]): string[] {
  return entryNames("interfaces", changes, want.interfaces).flatMap((name) => {
    const bridge = want.interfaces?.[name]?.bridge;
    return bridge === undefined || links.has(bridge)
      ? []
      : [`interfaces.${name}.bridge: the host has no bridge ${bridge}; make it first, or name another one`];
  });
}

function gpus({ gpus: all }: Facts, { devices = {} }: State): string[] {
  const has = all.map(({ address }, i) => `gpu:${String(i)} at ${address}`).join(", ");
  return Object.keys(devices).flatMap((name) =>
    nodesOf(all, name) === undefined
      ? [`devices.${name}: the host has no such GPU${has === "" ? ", or no driver for it" : ` (it has ${has})`}`]
      : [],
  );
}
