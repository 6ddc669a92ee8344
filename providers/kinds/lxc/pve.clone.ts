/** A copy of another container: what pct makes of it is foretold, so that the rest can be set in the same command. */
import { differences, isOnHost, refusedChange } from "./container.changes.ts";
import { nodesOf } from "./container.gpu.ts";
import type { State, Task } from "./container.state.ts";
import { view } from "./container.view.ts";
import { pct, type Step } from "./pve.commands.ts";
import { isOn, parseProperties, printProperties, type Conf, type Section } from "./pve.conf.ts";
import { DEFAULTS } from "./pve.defaults.ts";
import type { PveFacts } from "./pve.facts.ts";
import { foundOf } from "./pve.found.ts";
import { settings } from "./pve.set.ts";
import { setSteps } from "./pve.steps.ts";

export function copied(
  { on, facts, want }: Task<PveFacts>,
  { from, snapname, full }: NonNullable<State["clone"]>,
): { refusals: string[]; steps: Step[] } {
  const conf = on.containers.get(from);
  if (conf === undefined) return { refusals: [`its source, container ${String(from)}, is not there`], steps: [] };
  const source = snapname === undefined ? conf.current : conf.snapshots.find(({ name }) => name === snapname);
  if (source === undefined) return { refusals: [noSnapshot(from, snapname ?? "", conf)], steps: [] };
  const storage = /^([^:]+):/.exec(source.values.get("rootfs") ?? "")?.[1];
  const moved = want.storage !== undefined && want.storage !== storage;
  const hostname = want.hostname ?? `CT${String(want.vmid)}`;
  const foretold = foretell(source, { hostname, ...(moved ? { storage: want.storage } : {}) });
  const found = foundOf({ ...conf, current: foretold, pending: { ...conf.pending, values: new Map() } }, ABSENT);
  const live = view(found, DEFAULTS, facts, want, { secret: unneeded });
  const changes = differences(live, want).filter(
    (change) => isOnHost(change) && !["running", "template", "restartPending"].includes(change.prop),
  );
  const base = { values: foretold.values, taken: new Set(foretold.values.keys()), lxc: foretold.lxc };
  const set = settings(base, live, want, changes, (name) => nodesOf(facts.gpus, name) ?? []);
  const options = [
    ...(snapname === undefined ? [] : ["--snapname", snapname]),
    ...(full === true || moved ? ["--full", "1"] : []),
    "--hostname",
    hostname,
    ...(moved ? ["--storage", want.storage ?? ""] : []),
  ];
  const id = String(want.vmid);
  return {
    refusals: [
      ...binds(from, source),
      ...(full === false && !isOn(conf.current.values.get("template"))
        ? [`clone.full: container ${String(from)} is no template, and of others Proxmox VE makes full copies only`]
        : []),
      ...(moved && full === false
        ? [`clone.full: a linked clone is in the storage of its source, ${storage ?? ""}`]
        : []),
      ...changes.flatMap((change) => [
        ...refusedChange(change, want.vmid),
        ...mountOfSource(change.prop, from, found.mounts),
      ]),
    ],
    steps: [pct("clone", String(from), id, ...options), ...setSteps(id, set)],
  };
}

const ABSENT = { running: false, directories: new Map<string, never>() };

function unneeded(name: string): never {
  throw new Error(`no secret is needed to foretell a copy: ${name}`);
}

function noSnapshot(from: number, name: string, { snapshots }: Conf): string {
  const has = snapshots.map((one) => one.name).join(", ");
  return `clone.snapname: container ${String(from)} has no snapshot ${name}${has === "" ? "" : ` (it has ${has})`}`;
}

/** A copy has the source's settings, MAC addresses of its own, and nothing of its past. */
function foretell(source: Section, { hostname, storage }: { hostname: string; storage?: string | undefined }): Section {
  const values = [...source.values].flatMap(([key, text]): (readonly [string, string])[] => {
    if (/^(template|parent|snaptime|lock|unused\d+)$/.test(key)) return [];
    if (key === "rootfs" && storage !== undefined) return [[key, text.replace(/^[^:]+/, storage)]];
    if (!/^net\d+$/.test(key)) return [[key, text]];
    const properties = parseProperties(text, "");
    properties.delete("hwaddr");
    return [[key, printProperties(properties, "")]];
  });
  return { ...source, name: "", values: new Map([...values, ["hostname", hostname]]) };
}

function binds(from: number, { values }: Section): string[] {
  const all = [...values].flatMap(([key, text]) =>
    /^mp\d+$/.test(key) && text.startsWith("/") ? [text.replace(/,.*/, "")] : [],
  );
  if (all.length === 0) return [];
  return [`container ${String(from)} has bind mounts (${all.join(", ")}), and Proxmox VE copies no container that has`];
}

/** The copy's volumes get names that are not known before: their mounts can be changed once it is there. */
function mountOfSource(prop: string, from: number, mounts: object): string[] {
  if (prop.startsWith("rootfs."))
    return [`${prop}: the root is copied as container ${String(from)} has it; declare it so, and change it after that`];
  const path = Object.keys(mounts).find((one) => prop.startsWith(`mounts.${one}.`));
  if (path === undefined || prop.endsWith(".size")) return [];
  return [`${prop}: the mount is copied as container ${String(from)} has it; declare it so, and change it after that`];
}
