import { defineKind, nothing, type Batch, type Change, type Context, type Plan } from "../../kind.ts";
import { STAYS } from "./ours.ts";
import { apt } from "./package.apt.ts";
import { parse, query, type Facts } from "./package.facts.ts";
import { PackageSpec } from "./package.spec.ts";

export { PackageSpec };

/** A spec, and what of the host is not as it says. */
interface State extends Omit<PackageSpec, "state"> {
  /** As declared, or dpkg's word for a package that is half there. */
  readonly state: string;
  /** The newer version that there is. */
  readonly upgradable?: string;
}

/**
 * A Debian package. All packages that change at the same time are changed by one apt transaction. Destroying one
 * removes it when it was installed by us, and only if no other needs it.
 */
export const packageKind = defineKind<State, Facts>({
  type: "system:Package",
  holdsData: false,
  spec: PackageSpec,
  id: ({ name }) => name,
  byName: true,
  query,
  parse,
  outputNames: ["installed"],
  outputs: (facts, id) => ({ installed: isThere(facts, id) ? facts.packages.get(id)?.version : undefined }),
  warnings: (facts, id) =>
    facts.awaitReboot.has(id.replace(/:.*/, "")) ? ["takes full effect after a reboot of the host"] : [],

  view(facts, { name, state, version, hold }, { was }) {
    const is = facts.packages.get(name);
    if (is === undefined || !isThere(facts, name)) return state === "absent" ? { name, state } : undefined;
    const candidate = facts.candidates.get(name);
    const upgradable = state === "latest" && candidate !== is.version ? candidate : undefined;
    const present = state === "absent" ? "present" : state;
    return {
      name,
      state: is.status === "installed" ? present : is.status,
      ...(version !== undefined || upgradable !== undefined ? { version: is.version } : {}),
      ...(hold !== undefined || was?.hold !== undefined ? { hold: is.held } : {}),
      ...(upgradable === undefined ? {} : { upgradable }),
    };
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes };
    const refusals = refused(facts, want, changes, context);
    return { changes, refusals, commands: [], batch: batch(facts, want, changes), ...waits(facts) };
  },

  destroy({ name, state }, context, facts) {
    if (state === "absent" || context.was?.state === "absent") return nothing;
    if (!facts.ours.has(name)) return { ...nothing, says: STAYS };
    const want: State = { name, state: "absent" };
    const changes = [{ prop: "name", from: name, to: undefined }];
    return {
      changes,
      refusals: refusedRemoval(facts, want, context),
      commands: [],
      batch: batch(facts, want, [{ prop: "state", from: state, to: "absent" }]),
      ...waits(facts),
    };
  },
});

function isThere({ packages }: Facts, name: string): boolean {
  const status = packages.get(name)?.status;
  return status !== undefined && status !== "not-installed" && status !== "config-files";
}

function differences(live: State | undefined, want: State): Change[] {
  const { name, state, version, hold } = want;
  if (live === undefined)
    return state === "absent" ? [] : [{ prop: "name", from: undefined, to: version ? `${name}=${version}` : name }];
  const other = version !== undefined && live.version !== version;
  return [
    ...(live.state === state ? [] : [{ prop: "state", from: live.state, to: state }]),
    ...(other ? [{ prop: "version", from: live.version, to: version }] : []),
    ...(live.upgradable !== undefined && state === "latest"
      ? [{ prop: "version", from: live.version, to: live.upgradable }]
      : []),
    ...(hold !== undefined && live.hold !== hold ? [{ prop: "hold", from: live.hold, to: hold }] : []),
  ];
}

function batch(facts: Facts, { name, state, version, hold }: State, changes: readonly Change[]): Batch {
  const held = facts.packages.get(name)?.held === true;
  const other = changes.some(({ prop }) => prop !== "hold");
  const install = version === undefined ? name : `${name}=${version}`;
  // apt leaves a held package alone: the hold is lifted for the change.
  const lift = held && (other || hold === false);
  const items = [
    ...(lift ? [`unhold:${name}`] : []),
    ...(other ? [state === "absent" ? `${name}-` : install] : []),
    ...(hold === true && (lift || !held) ? [`hold:${name}`] : []),
  ];
  return { items, command: apt };
}

function waits({ lockedBy }: Facts): Pick<Plan, "says"> {
  return lockedBy === undefined
    ? {}
    : { says: `waits, up to ten minutes, for process ${lockedBy}, which uses apt at the moment` };
}

function refused(facts: Facts, want: State, changes: readonly Change[], context: Context<State>): string[] {
  if (want.state === "absent") return refusedRemoval(facts, want, context);
  const held = facts.packages.get(want.name)?.held === true && want.hold === undefined;
  return held && changes.some(({ prop }) => prop !== "hold")
    ? [`${want.name} is on hold on the host; declare hold: true to change it and hold it again, or hold: false`]
    : [];
}

function refusedRemoval(facts: Facts, { name }: State, { login }: Context<State>): string[] {
  const only = name.replace(/:.*/, "");
  const reason = facts.packages.get(name)?.essential
    ? "the system does not work without it"
    : only === "openssh-server"
      ? "we would be locked out"
      : only === "sudo" && login?.user !== "root"
        ? `we are logged in as ${login?.user ?? "a user"} and would be locked out`
        : only === `linux-image-${facts.kernel}`
          ? "it is the running kernel"
          : undefined;
  return reason === undefined ? [] : [`${name} is not removed: ${reason}`];
}
