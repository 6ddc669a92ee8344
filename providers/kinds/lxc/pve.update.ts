/** A container of Proxmox VE that is there, and is to be as declared. */
import { nodesOf } from "./container.gpu.ts";
import type { Steps, Update } from "./container.state.ts";
import { given, ownSteps } from "./pve.create.ts";
import { inOrder, pct, start, stop, waited } from "./pve.commands.ts";
import type { PveFacts } from "./pve.facts.ts";
import { afterRestart } from "./pve.found.ts";
import { refusedLock, refusedProtected, refusedTemplate, refusedWish } from "./pve.refusals.ts";
import { settings } from "./pve.set.ts";
import { directories, setSteps } from "./pve.steps.ts";

/** What is set is measured against the values that will count after a restart. */
export function update({ on, facts, live, want, found, changes, run, context }: Update<PveFacts>): Steps {
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
  const steps = [
    ...(run === "stop" ? [stop(id, want.shutdown)] : []),
    ...directories(want, changes, found),
    ...setSteps(id, set),
    ...(live.unfinished === true ? ownSteps(want) : []),
    ...(changes.some(({ prop }) => prop === "template") ? [pct("template", id)] : []),
    ...(run === "restart" ? [stop(id, want.shutdown)] : []),
    ...(run === "restart" || run === "start" ? start(want) : []),
    ...(run === undefined ? waited(live, want) : []),
  ];
  const seconds = 600 + want.shutdown.timeout + (want.ready?.timeout ?? 0);
  const stdin = live.unfinished === true ? given(want, context) : undefined;
  return { refusals, commands: steps.length === 0 ? [] : [inOrder(steps, seconds, stdin)] };
}
