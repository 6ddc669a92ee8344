/** The end of a container of Proxmox VE: volumes of its mounts, and those that it no longer uses, are kept. */
import { same } from "./container.compare.ts";
import { carried } from "./container.replace.ts";
import type { Found, Replacement, State, Steps } from "./container.state.ts";
import { end, inOrder, stop, type Step } from "./pve.commands.ts";
import { given, keptOf, making } from "./pve.create.ts";
import type { PveFacts } from "./pve.facts.ts";
import { refusedLock } from "./pve.refusals.ts";

export function destroyed(live: State, found: Found, on: PveFacts): Steps {
  const { vmid: id, shutdown } = live;
  const values = [...(on.containers.get(id)?.current.values ?? [])];
  const kept = values.flatMap(([key, text]) =>
    /^(mp|unused)\d+$/.test(key) && !text.startsWith("/") ? [text.replace(/,.*/, "")] : [],
  );
  return {
    refusals: [
      ...refusedEnd(id, found, on),
      ...(found.protection === true ? ["it is protected: declare protection: false, and apply that first"] : []),
    ],
    commands: [inOrder(ending(live, found), 600 + shutdown.timeout)],
    ...(kept.length === 0 ? {} : { says: `these volumes are kept: ${kept.join(", ")}` }),
  };
}

function ending({ vmid, shutdown }: State, { running }: Found, anew = false): Step[] {
  return [...(running ? [stop(String(vmid), shutdown)] : []), end(String(vmid), anew)];
}

function refusedEnd(id: number, found: Found, on: PveFacts): string[] {
  const clones = linkedTo(id, on);
  return [
    ...refusedLock(found),
    ...(clones.length > 0 ? [`linked clones are made of it (${clones.join(", ")}): end these first`] : []),
  ];
}

/** Ended and made again by one command; where that is cut off, what it was is kept for the next one. */
export function replaced({ live, found, ...task }: Replacement<PveFacts>): Steps {
  const { on, context } = task;
  const before = keptOf(on, task.want.vmid);
  const want = before === undefined ? task.want : carried(before, task.want);
  const { refusals, steps } = making({ ...task, want }, true);
  const seconds = 3600 + live.shutdown.timeout + (want.ready?.timeout ?? 0);
  return {
    refusals: [...refusedEnd(want.vmid, found, on), ...resized(before ?? found, want), ...refusals],
    commands: [inOrder([...ending(live, found, true), ...steps], seconds, given(want, context))],
  };
}

function resized({ mounts: is }: Found, { mounts = {} }: State): string[] {
  return Object.entries(mounts).flatMap(([path, { volume, size }]) => {
    const before = is[path];
    return volume === undefined || volume !== before?.volume || same("size", size, before.size)
      ? []
      : [`mounts.${path}.size: it is not changed while the container is made anew; do that in a run of its own`];
  });
}

function linkedTo(id: number, { containers }: PveFacts): number[] {
  const base = new RegExp(`\\bbase(vol)?-${String(id)}-`);
  return [...containers].flatMap(([other, { current }]) =>
    other !== id && base.test(current.values.get("rootfs") ?? "") ? [other] : [],
  );
}
