/** A container of Proxmox VE that is there, and is to be as declared. */
import { differences, isOnHost } from "./container.changes.ts";
import { nodesOf } from "./container.gpu.ts";
import { carried } from "./container.replace.ts";
import type { Found, Steps, Update } from "./container.state.ts";
import { view } from "./container.view.ts";
import { given, keptOf, ownSteps } from "./pve.create.ts";
import { inOrder, pct, restored, start, stop, waited } from "./pve.commands.ts";
import { DEFAULTS } from "./pve.defaults.ts";
import type { PveFacts } from "./pve.facts.ts";
import { afterRestart } from "./pve.found.ts";
import { refusedLock, refusedProtected, refusedTemplate, refusedWish } from "./pve.refusals.ts";
import { settings } from "./pve.set.ts";
import { directories, setSteps } from "./pve.steps.ts";

/** What is set is measured against the values that will count after a restart. */
export function update(task: Update<PveFacts>): Steps {
  const before = keptOf(task.on, task.want.vmid);
  const { on, facts, live, want, found, changes, run, context } = before === undefined ? task : resumed(task, before);
  const id = String(want.vmid);
  const conf = on.containers.get(want.vmid);
  if (conf === undefined) return { refusals: [`container ${id} is gone`], commands: [] };
  const refusals = [
    ...refusedLock(found),
    ...refusedProtected(found, changes),
    ...refusedTemplate(want, found, changes),
    ...refusedWish(on, facts, want, changes, found),
  ];
  const base = {
    values: afterRestart(conf),
    taken: new Set([...conf.current.values.keys(), ...conf.pending.values.keys()]),
    lxc: conf.current.lxc,
  };
  const set = settings(base, live, want, changes, (name) => nodesOf(facts.gpus, name) ?? []);
  const isUnfinished = on.unfinished.has(want.vmid);
  const steps = [
    ...(run === "stop" ? [stop(id, want.shutdown)] : []),
    ...directories(want, changes, found),
    ...setSteps(id, set),
    ...(isUnfinished ? ownSteps(want) : []),
    ...(before === undefined ? [] : [restored(id)]),
    ...(changes.some(({ prop }) => prop === "template") ? [pct("template", id)] : []),
    ...(run === "restart" ? [stop(id, want.shutdown)] : []),
    ...(run === "restart" || run === "start" ? start(want) : []),
    ...(run === undefined ? waited(live, want) : []),
  ];
  const seconds = 600 + want.shutdown.timeout + (want.ready?.timeout ?? 0);
  const stdin = isUnfinished ? given(want, context) : undefined;
  return { refusals, commands: steps.length === 0 ? [] : [inOrder(steps, seconds, stdin)] };
}

/**
 * One that was being made anew, and that a run was cut off at: it is given what it had. Mounts that it has are left as
 * they are.
 */
function resumed(task: Update<PveFacts>, before: Found): Update<PveFacts> {
  const { facts, found, live } = task;
  const whole = carried(before, task.want);
  const lacking = Object.entries(whole.mounts ?? {}).filter(([path]) => !(path in found.mounts));
  const want = { ...whole, mounts: { ...task.want.mounts, ...Object.fromEntries(lacking) } };
  const is = view(found, DEFAULTS, facts, want, { ...task.context, was: live });
  return { ...task, live: is, want, changes: differences(is, want).filter(isOnHost) };
}
