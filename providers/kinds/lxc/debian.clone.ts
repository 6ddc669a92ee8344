/** What a container of plain Debian begins as that is a copy of another one. Pure. */
import { USUAL_MAP } from "./container.bind.ts";
import { same } from "./container.compare.ts";
import type { State, Task } from "./container.state.ts";
import { places, poolOf, sizeOf, type Beginning, type Impossible } from "./debian.begin.ts";
import { entriesOf, replaced, type Entry } from "./debian.conf.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { above, datasetAt, found as foundOf, rootfsOf } from "./debian.found.ts";
import { simpleMemberOf } from "./debian.members.ts";
import { mounted, MOUNT_ENTRY } from "./debian.mounts.ts";
import { isOfNet, netEntries, nets, vethOf } from "./debian.net.ts";
import { step } from "./debian.script.ts";
import { drawn } from "./debian.volumes.ts";

export function ofContainer(
  { on, facts, want }: Task<DebianFacts>,
  clone: NonNullable<State["clone"]>,
): Beginning | Impossible {
  const { from, snapname } = clone;
  const name = String(from);
  const source = foundOf(on, from, facts);
  const text = on.configs.get(name) ?? "";
  const entries = entriesOf(text);
  const rootfs = rootfsOf(entries);
  const root = datasetAt(on, rootfs);
  if (source === undefined || root === undefined)
    return { refusals: [`clone.from: there is no container ${name} with a dataset as its root`] };
  const full = clone.full ?? !source.template;
  const snapshot = snapname ?? (source.template ? "__base__" : undefined);
  const storage = want.storage ?? above(root.name);
  const parent = on.datasets.get(storage);
  const refusals = [
    ...(parent?.mountpoint === undefined ? [`storage: there is no mounted dataset ${storage}`] : []),
    ...(snapname !== undefined && !source.snapshots.includes(snapname)
      ? [`clone.snapname: container ${name} has no snapshot ${snapname}`]
      : []),
    ...(!full && snapshot === undefined
      ? ["clone.full: without all data it is a copy of a snapshot or of a template: declare snapname"]
      : []),
    ...(!full && poolOf(storage) !== poolOf(root.name)
      ? [`storage: a copy that shares data must be in ${poolOf(root.name)}`]
      : []),
    ...(want.unprivileged !== undefined && want.unprivileged !== source.unprivileged
      ? [`unprivileged: container ${name} is otherwise, and so is what is copied of it`]
      : []),
    ...(want.idmap !== undefined && !same("idmap", want.idmap, source.idmap ?? USUAL_MAP)
      ? [`idmap: container ${name} has another one, and so has what is copied of it`]
      : []),
  ];
  if (refusals.length > 0 || parent === undefined) return { refusals };
  const [dataset, path] = places(storage, parent, want.vmid);
  const size = want.size === undefined ? (root.refquota === 0n ? "none" : String(root.refquota)) : sizeOf(want.size);
  const steps =
    full || snapshot === undefined
      ? [step("copy", want.vmid, dataset, root.name, snapshot ?? "", size)]
      : [step("link", want.vmid, dataset, root.name, snapshot, size)];
  const own = ownText(on, text, [from, want.vmid], path);
  return {
    text: own,
    dataset,
    path,
    found: {
      ...source,
      interfaces: Object.fromEntries(nets(entriesOf(own), want.vmid).map((net) => [net.name, net.interface])),
      mounts: {},
      devices: {},
    },
    steps,
    defaults: {},
  };
}

/** The source's settings with an identity of their own, and without what is the source's alone. */
function ownText({ machine }: DebianFacts, text: string, [from, id]: [number, number], path: string): string {
  const entries = entriesOf(text);
  const rootfs = rootfsOf(entries);
  const isTheirs = (entry: Entry) =>
    ["template", "protection"].includes(simpleMemberOf(entry) ?? "") ||
    (entry.key === MOUNT_ENTRY && ["mount", "device"].includes(mounted(entry.value, rootfs)?.is ?? ""));
  const moved = replaced(replaced(text, isTheirs, []), ({ key }) => key === "lxc.rootfs.path", [
    { key: "lxc.rootfs.path", value: `dir:${path}` },
  ]);
  return nets(entries, from).reduce((before_, net) => {
    const own = {
      ...net,
      veth: vethOf(id, net.index),
      interface: { ...net.interface, hwaddr: drawn(machine, id, net.name) },
    };
    return replaced(before_, isOfNet(net), netEntries(own));
  }, moved);
}
