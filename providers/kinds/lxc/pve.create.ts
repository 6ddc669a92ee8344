/** A container of Proxmox VE that is not there yet: of an archive, or as a copy of another one. */
import { secret, type Secret } from "../../host/command.ts";
import type { Change, Context } from "../../kind.ts";
import { differences, isOnHost } from "./container.changes.ts";
import { nodesOf } from "./container.gpu.ts";
import { madeCall } from "./container.made.ts";
import { carried } from "./container.replace.ts";
import type { Facts, Found, State, Steps, Task } from "./container.state.ts";
import { copied } from "./pve.clone.ts";
import { begin, inOrder, own, pct, restored, start, type Step } from "./pve.commands.ts";
import type { PveFacts } from "./pve.facts.ts";
import { foundOf } from "./pve.found.ts";
import { refusedWish } from "./pve.refusals.ts";
import { assign, printProperties } from "./pve.conf.ts";
import { inGib } from "./pve.mounts.ts";
import { settings } from "./pve.set.ts";
import { directories, setSteps } from "./pve.steps.ts";

/** One that was ended to be made anew, and was not, is made as it was. */
export function create(task: Task<PveFacts>): Steps {
  const { on, want, context } = task;
  const before = keptOf(on, want.vmid);
  const whole = before === undefined ? want : carried(before, want);
  const { refusals, steps } = making({ ...task, want: whole }, before !== undefined);
  return { refusals, commands: [inOrder(steps, 3600 + (want.ready?.timeout ?? 0), given(want, context))] };
}

/** What a container was before it was ended to be made anew, where that was cut off. */
export function keptOf({ kept }: PveFacts, id: number): Found | undefined {
  const conf = kept.get(id);
  return conf === undefined ? undefined : foundOf(conf, { running: false, directories: new Map() });
}

/** `anew`: where what it was is kept. */
export function making(task: Task<PveFacts>, anew: boolean): { refusals: readonly string[]; steps: readonly Step[] } {
  const { on, facts, want } = task;
  const id = String(want.vmid);
  const changes = differences({ vmid: want.vmid } as State, want).filter(isOnHost);
  const other = on.others.get(want.vmid);
  const { refusals: impossible, steps: begun } =
    want.clone === undefined ? made(facts, want, changes) : copied(task, want.clone);
  const refusals = [
    ...(other === undefined ? [] : [`its id is taken by another guest: ${other}`]),
    ...impossible,
    ...refusedWish(on, facts, want, changes),
  ];
  const finish = ownSteps(want);
  const steps = [
    ...directories(want, changes),
    ...(finish.length === 0 ? [] : [begin(id)]),
    ...begun,
    ...(want.clone === undefined && !facts.made.has(want.vmid) ? [] : [madeCall(want)]),
    ...finish,
    ...(anew ? [restored(id)] : []),
    ...(want.template === true ? [pct("template", id)] : []),
    ...(want.running === true ? start(want) : []),
  ];
  return { refusals, steps };
}

function made(facts: Facts, want: State, changes: readonly Change[]): { refusals: string[]; steps: Step[] } {
  const { ostemplate, storage, size, ostype, unprivileged } = want;
  if (ostemplate === undefined)
    return { refusals: ["it is not there; to have it made, declare what of: ostemplate or clone"], steps: [] };
  if (storage === undefined)
    return { refusals: ["it is not there; to have it made, declare where its root is to be: storage"], steps: [] };
  const id = String(want.vmid);
  const blank = { values: new Map<string, string>(), taken: new Set<string>(), lxc: [] };
  const set = settings(blank, undefined, want, changes, (name) => nodesOf(facts.gpus, name) ?? []);
  const root = new Map([["volume", `${storage}:${inGib(size ?? "4G")}`]]);
  for (const [key, value] of Object.entries(want.rootfs ?? {})) assign(root, key, value);
  const options = [
    ...(size === undefined && root.size === 1 ? ["--storage", storage] : ["--rootfs", printProperties(root, "volume")]),
    ...(ostype === undefined ? [] : ["--ostype", ostype]),
    ...(unprivileged === undefined ? [] : ["--unprivileged", unprivileged ? "1" : "0"]),
    ...set.options.filter((_, i, all) => !isThere(want, all[i | 1])),
  ];
  // Of volumes that are there already, pct finds out the size only when they are set.
  const volumes = set.options.filter((_, i, all) => isThere(want, all[i | 1]));
  const rest = { options: volumes, deleted: [], resized: [], lines: set.lines };
  return { refusals: [], steps: [pct("create", id, ostemplate, ...options), ...setSteps(id, rest)] };
}

/** Whether an option's value mounts a volume that is declared by its name. */
function isThere({ mounts = {} }: State, value = ""): boolean {
  return Object.values(mounts).some(({ volume }) => volume !== undefined && value.startsWith(`${volume},`));
}

/** What a new container has that is not in its file. */
export function ownSteps({ vmid: id, hostname, clone, password, sshKeys }: State): Step[] {
  const what = [
    ...(clone === undefined ? [] : (["identity"] as const)),
    ...(password === undefined ? [] : (["password"] as const)),
    ...(sshKeys === undefined ? [] : (["keys"] as const)),
  ];
  return what.length === 0 ? [] : [own(String(id), what, hostname ?? `CT${String(id)}`)];
}

/** What goes to standard input: the password's line, then the keys. */
export function given({ password, sshKeys }: State, context: Context<State>): string | Secret | undefined {
  const keys = (sshKeys ?? []).map((key) => `${key}\n`).join("");
  if (password === undefined) return sshKeys === undefined ? undefined : keys;
  return secret(`${context.secret(password).reveal()}\n${keys}`);
}
