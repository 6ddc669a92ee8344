/** Containers on plain Debian: LXC's own tools, and datasets of ZFS. Pure. */
import type { Backend } from "./container.state.ts";
import { created } from "./debian.create.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { destroyed, replaced } from "./debian.destroy.ts";
import { found } from "./debian.found.ts";
import { unfit } from "./debian.unfit.ts";
import { isGoneMount, isNewMount } from "./debian.live.ts";
import { updated } from "./debian.update.ts";

export const debian: Backend<DebianFacts> = {
  defaults: {
    ...{ cpulimit: 0, cpuunits: 100, onboot: false, protection: false, console: true, template: false },
    ...{ tty: 4, description: "", tags: [], unprivileged: false },
    features: { nesting: false, keyctl: true, fuse: false, mknod: false, force_rw_sys: false },
  },
  unfit,
  live: (change) =>
    (isGoneMount(change) && "unlessUsed") ||
    isNewMount(change) ||
    LIVE.has(change.prop.replace(/\..*/, "")) ||
    /^mounts\..*\.(size|uid|gid|mode)$/.test(change.prop),
  found,
  create: created,
  update: updated,
  replace: replaced,
  destroy: destroyed,
};

const LIVE = new Set(
  (
    "size memory swap cores cpulimit cpuunits hostname interfaces nameserver searchdomain " +
    "tags description protection onboot startup"
  ).split(" "),
);
