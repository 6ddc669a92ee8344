/** Containers on Proxmox VE: pct and /etc/pve/lxc. Pure. */
import type { Backend, Facts } from "./container.state.ts";
import { create } from "./pve.create.ts";
import { DEFAULTS } from "./pve.defaults.ts";
import { destroyed, replaced } from "./pve.destroy.ts";
import type { PveFacts } from "./pve.facts.ts";
import { foundOf } from "./pve.found.ts";
import { update } from "./pve.update.ts";

/** What Proxmox VE changes in a running container at once (LXC_FASTPLUG_OPTIONS and what it plugs in and out). */
const LIVE = new Set(
  "memory swap cores cpulimit cpuunits description tags onboot startup protection hostname hookscript interfaces".split(
    " ",
  ),
);

export const proxmox: Backend<PveFacts> = {
  defaults: DEFAULTS,

  unfit: ({ storage, mounts = {} }) => [
    ...Object.entries(mounts).flatMap(([path, { idmap }]) =>
      idmap === undefined
        ? []
        : [`mounts.${path}.idmap: it is for plain Debian; on Proxmox VE declare the container's idmap`],
    ),
    ...[
      ["storage", storage],
      ...Object.entries(mounts).map(([path, mount]) => [`mounts.${path}.storage`, mount.storage]),
    ].flatMap(([at = "", named]) =>
      named?.includes("/") === true
        ? [`${at}: ${named} is a dataset, and Proxmox VE has storages: give the ID of one`]
        : [],
    ),
  ],

  live({ prop, from, to }) {
    const root = prop.replace(/\..*/, "");
    if (prop === "size" || /^mounts\..*\.(size|uid|gid|mode)$/.test(prop)) return true;
    // A new mount and a new device are plugged in; one that there is stays as it is until the next start.
    if (root === "mounts" || root === "devices") return from === undefined && typeof to === "object";
    return LIVE.has(root);
  },

  found(on, id, facts) {
    const conf = on.containers.get(id);
    return conf === undefined ? undefined : foundOf(conf, beside(on, id, facts));
  },

  create,
  update,
  replace: replaced,
  destroy: destroyed,
};

function beside(on: PveFacts, id: number, { directories }: Facts) {
  const [started, dropped] = [on.started.get(id), on.dropped.get(id)];
  return {
    running: on.running.has(id),
    unfinished: on.unfinished.has(id) || on.kept.has(id),
    directories,
    ...(started === undefined ? {} : { started }),
    ...(dropped === undefined ? {} : { dropped }),
  };
}
