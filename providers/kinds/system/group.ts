import type { Command } from "../../host/command.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { add, remove, renumber, setMembers } from "./group.commands.ts";
import { parse, query, type Facts, type Group } from "./group.facts.ts";
import { GroupSpec } from "./group.spec.ts";
import { STAYS } from "./ours.ts";

export { GroupSpec };

/** A spec, and what of the host it says nothing about. */
interface State extends GroupSpec {
  /** Its members may use sudo. */
  readonly sudo?: true;
}

/**
 * A Unix group and its members. A group that was there before it was declared stays at the end, without the members that
 * we put in.
 */
export const group = defineKind<State, Facts>({
  type: "system:Group",
  holdsData: false,
  spec: GroupSpec,
  id: ({ name }) => name,
  byName: true,
  query,
  parse,

  view(facts, spec, { was }) {
    const is = facts.get(spec.name);
    if (is === undefined) return undefined;
    const { gid, members, exclusiveMembers, ...rest } = spec;
    const surplus = is.members.filter((one) => !members.includes(one));
    return {
      ...rest,
      ...(gid === undefined ? {} : { gid: Number(is.gid) }),
      members: [
        ...members.filter((one) => is.members.includes(one)),
        ...surplus.filter((one) => exclusiveMembers || was?.members.includes(one)),
      ],
      exclusiveMembers,
      ...(is.sudo ? { sudo: true } : {}),
    };
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    const refusals = refused(live, want, context);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes, refusals };
    return { changes, refusals, commands: commands(facts.get(want.name), want, live) };
  },

  destroy(live, context, facts): Plan {
    const { name } = live;
    const is = facts.get(name);
    if (is?.made === true) {
      const changes = [{ prop: "name", from: name, to: undefined }];
      return { changes, refusals: refusedRemoval(live, is, context), commands: [remove(name)] };
    }
    const gone = is?.members.filter((one) => is.added.includes(one)) ?? [];
    if (is === undefined || gone.length === 0) return { ...nothing, says: STAYS };
    const rest = is.members.filter((one) => !gone.includes(one));
    return {
      changes: [{ prop: "members", from: gone, to: [] }],
      refusals: lockOut(live, gone, context),
      commands: [setMembers(name, rest, { added: [], gone })],
      says: STAYS,
    };
  },
});

function differences(live: GroupSpec | undefined, want: GroupSpec): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  const sorted = (members: readonly string[]) => [...new Set(members)].toSorted().join();
  return [
    ...(want.gid === undefined || live.gid === want.gid ? [] : [{ prop: "gid", from: live.gid, to: want.gid }]),
    ...(sorted(live.members) === sorted(want.members)
      ? []
      : [{ prop: "members", from: live.members, to: want.members }]),
  ];
}

function commands(is: Group | undefined, want: GroupSpec, live: GroupSpec | undefined): Command[] {
  const { name, gid, members } = want;
  const there = is?.members ?? [];
  const gone = (live?.members ?? []).filter((one) => !members.includes(one));
  const added = members.filter((one) => !there.includes(one));
  const all = [...new Set([...there.filter((one) => !gone.includes(one)), ...members])];
  return [
    ...(is === undefined ? [add(want)] : []),
    ...(is !== undefined && gid !== undefined && is.gid !== String(gid) ? [renumber(name, gid)] : []),
    ...(added.length > 0 || gone.length > 0 ? [setMembers(name, all, { added, gone })] : []),
  ];
}

function refused(live: State | undefined, want: GroupSpec, context: Context<State>): string[] {
  if (live === undefined) return [];
  const gone = live.members.filter((one) => !want.members.includes(one));
  return lockOut(live, gone, context);
}

/** What would take from us what we work with. */
function lockOut({ name, sudo }: State, gone: readonly string[], { login }: Context<State>): string[] {
  const us = login?.user;
  if (us === undefined || us === "root" || sudo !== true || !gone.includes(us)) return [];
  return [`we are logged in as ${us}: it does not leave the group ${name}; connect as another user first`];
}

function refusedRemoval(live: State, { primaryOf, members }: Group, context: Context<State>): string[] {
  if (primaryOf.length === 0) return lockOut(live, members, context);
  return [
    `${live.name} is the primary group of ${primaryOf.join(", ")}: give these another one, or delete them, first`,
  ];
}
