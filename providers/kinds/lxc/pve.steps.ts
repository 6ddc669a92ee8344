/** What every change of a container on Proxmox VE is made of. */
import type { Change } from "../../kind.ts";
import { bindStep, idsOf } from "./container.bind.ts";
import { entryNames } from "./container.compare.ts";
import type { Found, State } from "./container.state.ts";
import { lines, pct, type Step } from "./pve.commands.ts";
import type { Settings } from "./pve.set.ts";

/** Lines of LXC first: a container that starts for the first time has them. */
export function setSteps(id: string, { options, deleted, resized, lines: edit }: Settings): Step[] {
  const words = [...options, ...(deleted.length === 0 ? [] : ["--delete", deleted.join(",")])];
  return [
    ...(edit.length === 0 ? [] : [lines(id, edit)]),
    ...(words.length === 0 ? [] : [pct("set", id, ...words)]),
    ...resized.map(([disk, size]) => pct("resize", id, disk, size)),
  ];
}

/** Of bind mounts that change, or are new, the directories are seen to. */
export function directories(want: State, changes: readonly Change[], found?: Found): Step[] {
  const ids = idsIn(want, found);
  return entryNames("mounts", changes, want.mounts).flatMap((path) => {
    const mount = want.mounts?.[path];
    return mount?.source === undefined ? [] : [bindStep(mount, ids)];
  });
}

/** By what is declared, or else by what is there: a new container is unprivileged. */
export function idsIn(want: State, found?: Found) {
  return idsOf({ unprivileged: want.unprivileged ?? found?.unprivileged ?? true, idmap: want.idmap ?? found?.idmap });
}
