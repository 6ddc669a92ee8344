import { defineKind, nothing, type Change, type Context, type Plan, type Platform } from "../../kind.ts";
import { differences, isOnHost, noteOf, refusedChange } from "./container.changes.ts";
import { parse, query, type Facts } from "./container.facts.ts";
import { ContainerSpec } from "./container.spec.ts";
import { carried, isReplaced, isSettled, refusedLoss, refusedReplacement } from "./container.replace.ts";
import type { Backend, Found, Run, State, Steps } from "./container.state.ts";
import { view } from "./container.view.ts";
import { debian } from "./debian.ts";
import { proxmox } from "./pve.ts";

export { ContainerSpec };

/** A Linux container: on Proxmox VE, or of LXC's own tools. What exists is adopted; what is not declared is left alone. */
export const container = defineKind<State, Facts>({
  type: "lxc:Container",
  holdsData: true,
  outputNames: ["status", "restartPending", "macs"],
  spec: ContainerSpec,
  id: ({ vmid }) => String(vmid),
  secrets: ({ password }) => (password === undefined ? [] : [password]),
  unfit: (spec, platform) => backendOf(platform).unfit(spec),
  query,
  parse,

  outputs(facts, id) {
    const found = foundIn(facts, Number(id));
    if (found === undefined) return {};
    const macs = Object.entries(found.interfaces).map(([name, { hwaddr }]) => [name, hwaddr]);
    return {
      status: found.template ? "template" : found.running ? "running" : "stopped",
      restartPending: found.running ? found.restartPending : [],
      macs: Object.fromEntries(macs),
    };
  },

  warnings(facts, id, spec) {
    const found = foundIn(facts, Number(id));
    const waits = found?.running === true && spec.restart === "never" ? found.restartPending : [];
    const used = waits.filter((name) => found?.used?.includes(name) === true);
    return [
      ...(waits.length === 0 ? [] : [`waits for a restart: ${waits.join(", ")}`]),
      ...used.map((name) => `${name} was in use and is still there: unmount it in the container, or restart that`),
    ];
  },

  view(facts, spec, context) {
    const found = foundIn(facts, spec.vmid);
    return found === undefined ? undefined : view(found, backend(facts).defaults, facts, spec, context);
  },

  plan(live, want, context, facts) {
    if (live === undefined) return creation(want, context, facts);
    const side = facts === undefined ? context.platform && backendOf(context.platform) : backend(facts);
    const all = differences(live, want);
    const changes = all.map((change): Change => {
      const note = noteOf(change, side?.live(change) ?? false, live, want);
      return note === undefined ? change : { ...change, note };
    });
    const anew = isReplaced(all, want);
    const refusals = [
      ...all.flatMap((change) => (anew && isSettled(change) ? [] : refusedChange(change, want.vmid))),
      ...(anew ? refusedReplacement(want) : []),
    ];
    const found = facts === undefined ? undefined : foundIn(facts, want.vmid);
    const mine = changes.filter(isOnHost);
    if (facts !== undefined && anew) return { changes, ...replacement(live, want, context, facts, refusals) };
    if (facts === undefined || found === undefined || mine.length === 0) return { ...nothing, changes, refusals };
    const on = { on: facts.on, facts, want, context };
    const steps = backend(facts).update({
      ...on,
      live,
      found,
      changes: mine,
      run: runOf(mine, want, found, backend(facts)),
    });
    return { changes, ...steps, refusals: [...refusals, ...steps.refusals] };
  },

  destroy(live, _context, facts) {
    const found = foundIn(facts, live.vmid);
    if (found === undefined) return nothing;
    const steps = backend(facts).destroy(live, found, facts.on);
    const changes = [{ prop: "vmid", from: live.vmid, to: undefined }];
    const refusals = [...(live.allowDestroy ? [] : [WAY_OUT]), ...steps.refusals];
    return refusals.length > 0 ? { ...nothing, changes, refusals } : { changes, ...steps };
  },
});

const WAY_OUT =
  "it holds data. To destroy it with its root file system, declare allowDestroy: true and apply that first; " +
  "to keep it, take it out of the state: pulumi state delete";

/** While there is a refusal, nothing is begun. */
function replacement(
  live: State,
  want: State,
  context: Context<State>,
  facts: Facts,
  refused: readonly string[],
): Steps {
  const found = foundIn(facts, want.vmid);
  if (found === undefined) return { refusals: [`container ${String(want.vmid)} is gone`], commands: [] };
  const whole = carried(found, want, live);
  const steps = backend(facts).replace({ on: facts.on, facts, want: whole, context, live, found });
  const refusals = [...refused, ...refusedLoss(found), ...steps.refusals];
  return refusals.length > 0 ? { refusals, commands: [] } : steps;
}

function creation(want: State, context: Context<State>, facts: Facts | undefined): Plan {
  const changes = [{ prop: "vmid", from: undefined, to: want.vmid }];
  if (facts === undefined) return { ...nothing, changes };
  return { changes, ...backend(facts).create({ on: facts.on, facts, want, context }) };
}

/** What has to happen beside the settings: as declared, and a restart only where it was allowed and something needs it. */
function runOf(changes: readonly Change[], want: State, found: Found, side: Backend<Facts["on"]>): Run {
  const { running, restartPending } = found;
  if (running && (want.running === false || want.template === true)) return "stop";
  if (!running) return want.running === true ? "start" : undefined;
  const needed =
    restartPending.length > 0 ||
    changes.some(
      (change) => !["running", "unfinished", "unready"].includes(change.prop) && side.live(change) === false,
    );
  return want.restart === "whenNeeded" && needed ? "restart" : undefined;
}

function foundIn(facts: Facts, id: number): Found | undefined {
  return backend(facts).found(facts.on, id, facts);
}

/** The one that these facts are of: each is given facts of its own platform only. */
function backend(facts: Facts): Backend<Facts["on"]> {
  return backendOf(facts.on.is);
}

function backendOf(platform: Platform): Backend<never> {
  return platform === "proxmox" ? proxmox : debian;
}
