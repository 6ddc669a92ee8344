/** The end of a container of plain Debian, for good or to be made anew: its mounts' volumes are kept. Pure. */
import type { Found, Replacement, State, Steps } from "./container.state.ts";
import { entriesOf } from "./debian.conf.ts";
import { making } from "./debian.create.ts";
import type { Dataset, DebianFacts } from "./debian.facts.ts";
import { datasetAt, rootfsOf } from "./debian.found.ts";
import { containerCommand, step } from "./debian.script.ts";
import { stop } from "./debian.update.ts";

export function destroyed(live: State, is: Found, on: DebianFacts): Steps {
  const { vmid: id } = live;
  const root = rootOf(on, id);
  const kept = Object.values(is.mounts).flatMap(({ volume }) => volume ?? []);
  return {
    refusals: [
      ...(is.protection === true ? ["it is protected: declare protection: false, and apply that first"] : []),
      ...refusedEnd(on, root),
      ...(root === undefined && !isGone(on, id) ? ["its root file system is no dataset: end it with lxc-destroy"] : []),
    ],
    commands: [
      containerCommand(
        id,
        "destroy",
        [
          ...(is.running ? [stop(live)] : []),
          ...(root === undefined ? [] : [step("destroy", root.name)]),
          step("remove", id),
        ],
        600 + live.shutdown.timeout,
      ),
    ],
    ...(kept.length === 0 ? {} : { says: `these volumes are kept: ${kept.join(", ")}` }),
  };
}

const ASIDE = ".phoenix-replaced";

/** Its root is put aside, and destroyed once the new one is in its place. */
export function replaced({ live, found, ...task }: Replacement<DebianFacts>): Steps {
  const { on, want } = task;
  const { vmid: id } = want;
  const root = rootOf(on, id);
  // Where an attempt was cut off, it is aside.
  const left = [...on.datasets.keys()].find((name) => name.endsWith(`/subvol-${String(id)}-disk-0${ASIDE}`));
  const old = root?.name ?? left?.slice(0, -ASIDE.length);
  if (old === undefined)
    return { refusals: ["its root file system is no dataset: it cannot be made anew"], commands: [] };
  const aside = `${old}${ASIDE}`;
  const { refusals, steps, dataset } = making(task, [step("settled", id, aside)]);
  const seconds = 3600 + live.shutdown.timeout + (want.ready?.timeout ?? 0);
  const all = [...(found.running ? [stop(live)] : []), step("aside", id, old, dataset, aside), ...steps];
  const back = step("back", id, old, dataset, aside, found.running ? "running" : "");
  return {
    refusals: [...refusedEnd(on, root), ...refusals],
    commands: [containerCommand(id, "replace", all, seconds)],
    undo: [containerCommand(id, "restore", [back], seconds)],
  };
}

function rootOf(on: DebianFacts, id: number): Dataset | undefined {
  return datasetAt(on, rootfsOf(entriesOf(on.configs.get(String(id)) ?? "")));
}

function refusedEnd({ datasets }: DebianFacts, root: Dataset | undefined): string[] {
  if (root === undefined) return [];
  const below = [...datasets.keys()].filter((name) => name.startsWith(`${root.name}/`));
  const clones = [...datasets.values()].filter(({ origin }) => origin?.startsWith(`${root.name}@`) === true);
  return [
    ...(clones.length === 0 ? [] : [`${clones.map(({ name }) => name).join(", ")} are clones of it: end these first`]),
    ...(below.length === 0 ? [] : [`its dataset has others below it: ${below.join(", ")}; move them away`]),
  ];
}

/** An attempt to end it that was cut off has taken its dataset away. */
function isGone({ datasets }: DebianFacts, id: number): boolean {
  return ![...datasets.keys()].some((name) => name.endsWith(`/subvol-${String(id)}-disk-0`));
}
