/** Containers on plain Debian: LXC's own tools, and datasets of ZFS. Pure. */
import type { Backend, Found, State, Steps } from "./container.state.ts";
import { created } from "./debian.create.ts";
import { entriesOf } from "./debian.conf.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { datasetAt, found, rootfsOf } from "./debian.found.ts";
import { containerCommand, step } from "./debian.script.ts";
import { unfit } from "./debian.unfit.ts";
import { stop, updated } from "./debian.update.ts";

export const debian: Backend<DebianFacts> = {
  defaults: {
    ...{ cpulimit: 0, cpuunits: 100, onboot: false, protection: false, console: true, template: false },
    ...{ tty: 4, description: "", tags: [], unprivileged: false },
    features: { nesting: false, keyctl: true, fuse: false, mknod: false, force_rw_sys: false },
  },
  unfit,
  live: ({ prop }) => LIVE.has(prop.replace(/\..*/, "")) || /^mounts\..*\.(size|uid|gid|mode)$/.test(prop),
  found,
  create: created,
  update: updated,
  destroy,
};

const LIVE = new Set(
  (
    "size memory swap cores cpulimit cpuunits hostname interfaces nameserver searchdomain " +
    "tags description protection onboot startup"
  ).split(" "),
);

function destroy(live: State, is: Found, on: DebianFacts): Steps {
  const { vmid: id } = live;
  const path = rootfsOf(entriesOf(on.configs.get(String(id)) ?? ""));
  const root = datasetAt(on, path);
  const below = [...on.datasets.keys()].filter((name) => root !== undefined && name.startsWith(`${root.name}/`));
  const clones = [...on.datasets.values()].filter(
    ({ origin }) => root !== undefined && origin?.startsWith(`${root.name}@`) === true,
  );
  const kept = Object.values(is.mounts).flatMap(({ volume }) => volume ?? []);
  return {
    refusals: [
      ...(is.protection === true ? ["it is protected: declare protection: false, and apply that first"] : []),
      ...(clones.length === 0
        ? []
        : [`${clones.map(({ name }) => name).join(", ")} are clones of it: end these first`]),
      ...(below.length === 0 ? [] : [`its dataset has others below it: ${below.join(", ")}; move them away`]),
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

/** An attempt to end it that was cut off has taken its dataset away. */
function isGone({ datasets }: DebianFacts, id: number): boolean {
  return ![...datasets.keys()].some((name) => name.endsWith(`/subvol-${String(id)}-disk-0`));
}
