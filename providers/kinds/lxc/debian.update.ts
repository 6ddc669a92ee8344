/** A container of plain Debian that is there, and what changes of it: one command. Pure. */
import type { Change } from "../../kind.ts";
import { bindStep, idsIn, idsOf, unmapped } from "./container.bind.ts";
import { entryNames } from "./container.compare.ts";
import { nodesOf } from "./container.gpu.ts";
import type { Mount } from "./container.parts.ts";
import { readyCall, startCalls } from "./container.ready.ts";
import type { Found, State, Steps, Task, Update } from "./container.state.ts";
import { entriesOf } from "./debian.conf.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { datasetAt, rootfsOf } from "./debian.found.ts";
import { isAsked, methods, networkFile } from "./debian.guest.ts";
import { isGoneMount, live } from "./debian.live.ts";
import { nodeOf } from "./debian.mounts.ts";
import { nets } from "./debian.net.ts";
import { containerCommand, step, stepWith, type Step } from "./debian.script.ts";
import { drawn, volumes, type Volume } from "./debian.volumes.ts";
import { devicesAfter, netsAfter, rewritten, type NetAfter, type Pen } from "./debian.write.ts";

export function updated(update: Update<DebianFacts>): Steps {
  const { on, want, found, changes, run } = update;
  const text = on.configs.get(String(want.vmid)) ?? "";
  const all = volumes(on, want, changes, found);
  const refusals = [...refusedChanges(update), ...refusedWish(update, changes, found), ...all.refusals];
  if (refusals.length > 0) return { refusals, commands: [] };
  const pen = penOf(update, changes, found, all.made);
  const after = rewritten(text, pen);
  const rootfs = rootfsOf(entriesOf(text));
  const runs = found.running && (run === undefined || run === "start");
  const asked = new Set(nets(entriesOf(text), want.vmid).flatMap((net) => (isAsked(net.interface) ? [net.name] : [])));
  const asking = netsAfter(text, pen).filter((one) => asked.has(one.net.name) || isAsked(one.net.interface));
  const steps = [
    ...(run === "stop" ? [stop(want)] : []),
    ...before(pen, all.made, found),
    ...(after === text ? [] : [stepWith(after, "config", want.vmid)]),
    ...all.made.map(({ dataset }) => step("in_use", dataset)),
    ...all.grown.map(({ dataset, size }) => step("grow", dataset, size)),
    ...root(update, rootfs),
    ...asking.flatMap((net) => guest(rootfs, net)),
    ...(runs ? asking.map(({ net }) => step("guest_asks", want.vmid, net.name)) : []),
    ...(runs ? live(pen, text, found, on) : []),
    ...(found.running && run === undefined && changes.some(isGoneMount) ? restartWhereUsed(want) : []),
    ...(run === "restart" ? [stop(want)] : []),
    ...(run === "restart" || run === "start" ? start(want) : waited(update)),
  ];
  const seconds = 600 + want.shutdown.timeout + (want.ready?.timeout ?? 0);
  const command = containerCommand(want.vmid, "change", steps, seconds);
  return { refusals, commands: steps.length === 0 ? [] : [command] };
}

export function penOf(
  task: Task<DebianFacts>,
  changes: readonly Change[],
  found: Pen["found"],
  made: readonly Volume[],
): Pen {
  const { on, facts, want } = task;
  return {
    id: want.vmid,
    cpus: on.cpus,
    gpus: facts.gpus,
    live: "live" in task ? (task as Update<DebianFacts>).live : undefined,
    want,
    changes,
    found,
    source: (path, mount) => sourceOf(on, path, mount, made),
    draw: (name) => drawn(on.machine, want.vmid, name),
  };
}

function sourceOf(on: DebianFacts, path: string, { source, volume }: Mount, made: readonly Volume[]): string {
  if (source !== undefined) return source;
  return made.find((one) => one.path === path)?.mountpoint ?? on.datasets.get(volume ?? "")?.mountpoint ?? "";
}

/** What must be there before the file says it: directories, volumes, devices. */
export function before(pen: Pen, made: readonly Volume[], found: Pick<Found, "unprivileged" | "idmap">): Step[] {
  const { want, changes, id } = pen;
  const ids = idsOf(found);
  const [uid, gid] = [ids.outside("u", 0) ?? 0, ids.outside("g", 0) ?? 0];
  const mounts = changes.filter(({ prop }) => prop.startsWith("mounts."));
  return [
    ...entryNames("mounts", mounts, want.mounts).flatMap((path) => {
      const mount = want.mounts?.[path];
      return mount?.source === undefined ? [] : [step(...bindStep(mount, ids))];
    }),
    ...made.map(({ dataset, size, path }) => {
      const own = idsIn(want.mounts?.[path] ?? {}, ids);
      const root = [own.outside("u", 0) ?? uid, own.outside("g", 0) ?? gid];
      return step("volume", dataset, size, ...root, `${String(id)}:${path}`);
    }),
    ...[...devicesAfter(pen)].map(([path, device]) =>
      device === undefined
        ? step("no_node", nodeOf(path, id))
        : step(
            "node",
            nodeOf(path, id),
            path,
            ids.outside("u", device.uid ?? 0) ?? uid,
            ids.outside("g", device.gid ?? 0) ?? gid,
            device.mode ?? "0660",
          ),
    ),
  ];
}

/** What the system in the container has to know of an interface. */
export function guest(rootfs: string, { net, gone }: NetAfter): Step[] {
  const one = gone ? {} : net.interface;
  return [stepWith(networkFile(net.name, one), "guest", rootfs, net.name, ...methods(one))];
}

/** What stands in the container's own files, and its root. */
function root({ on, want, changes }: Update<DebianFacts>, rootfs: string): Step[] {
  const props = new Set(changes.map(({ prop }) => prop));
  const dataset = datasetAt(on, rootfs)?.name;
  return [
    ...(props.has("hostname") ? [step("name", rootfs, want.hostname ?? "")] : []),
    ...(props.has("nameserver") || props.has("searchdomain") ? [resolv(rootfs, want)] : []),
    ...(props.has("size") && dataset !== undefined ? [step("grow", dataset, want.size ?? "none")] : []),
    ...(props.has("template") && dataset !== undefined ? [step("freeze", dataset)] : []),
  ];
}

export function resolv(rootfs: string, { nameserver = [], searchdomain = [] }: State): Step {
  const search = searchdomain.length === 0 ? "" : `search ${searchdomain.join(" ")}\n`;
  return stepWith(`${search}${nameserver.map((address) => `nameserver ${address}\n`).join("")}`, "resolv", rootfs);
}

export function start(want: State): Step[] {
  return startCalls(want, ["start", String(want.vmid)]).map((words) => step(...words));
}

/** Where something uses a mount that is to go. */
function restartWhereUsed(want: State): Step[] {
  if (want.restart !== "whenNeeded") return [];
  return [stop(want), ...start(want)].map(({ words }) => step("where_used", ...words));
}

/** Where an earlier run started it and did not see it ready. */
function waited({ want, live, run }: Update<DebianFacts>): Step[] {
  if (live.unready !== true || want.ready === undefined || run === "stop") return [];
  return [step(...readyCall(want.vmid, want.ready))];
}

export function stop({ vmid: id, shutdown }: State): Step {
  return step("stop", id, shutdown.timeout, shutdown.forceStop ? "yes" : "no");
}

function refusedChanges({ want, found, changes }: Update<DebianFacts>): string[] {
  const has = (prop: string) => changes.some((change) => change.prop === prop);
  return [
    ...(has("idmap")
      ? [
          "idmap cannot be changed: all its files would need other owners; declare a container with another id beside it",
        ]
      : []),
    ...(has("size") && found.storage === undefined
      ? ["size: its root file system is no dataset, so it has no size"]
      : []),
    ...(has("running") && want.running === true && found.template
      ? ["it is a template, and templates never run: clone it"]
      : []),
  ];
}

/** What the host lacks. */
export function refusedWish(
  { on, facts, want }: Task<DebianFacts>,
  changes: readonly Change[],
  found: Pick<Found, "unprivileged" | "idmap">,
): string[] {
  const has = (prop: string) => changes.some((change) => change.prop === prop);
  const mounts = changes.filter(({ prop }) => prop.startsWith("mounts."));
  const cpus = on.cpus.length;
  return [
    ...(has("cores") && (want.cores ?? 0) > cpus ? [`cores: the host has ${String(cpus)}`] : []),
    ...(has("onboot") && want.onboot === true && !on.autostart
      ? ["onboot: lxc.service is not enabled, so no container starts with the host: systemctl enable lxc"]
      : []),
    ...Object.keys(want.devices ?? {}).flatMap((name) =>
      nodesOf(facts.gpus, name) === undefined ? [`devices.${name}: the host has no such GPU, or no driver for it`] : [],
    ),
    ...entryNames("mounts", mounts, want.mounts).flatMap((path) => {
      const mount = want.mounts?.[path];
      return mount === undefined ? [] : unmapped(path, mount, idsOf(found));
    }),
  ];
}
