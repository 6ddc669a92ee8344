import type { Command } from "../../host/command.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { STAYS } from "./ours.ts";
import { add, comparePassword, modify, remove, setPassword, writeKeys, writeSudo } from "./user.commands.ts";
import { parse, query, type Account, type Facts } from "./user.facts.ts";
import { keepsInUse, wanted } from "./user.keys.ts";
import { refused, refusedRemoval } from "./user.refusals.ts";
import { UserSpec } from "./user.spec.ts";
import { view, wish, type State } from "./user.view.ts";

export { UserSpec };

/**
 * A Unix account with its groups, password, authorized keys and sudo rules. Deleting it keeps its home folder, unless
 * told; an account that was there before it was declared stays, without the sudo rules that we gave it.
 */
export const user = defineKind<State, Facts>({
  type: "system:User",
  holdsData: false,
  spec: UserSpec,
  id: ({ name }) => name,
  secrets: ({ password }) => (password === undefined ? [] : [password]),
  byName: true,
  query,
  parse,
  probe: ({ name, password }, context) =>
    password === undefined ? undefined : comparePassword(name, context.secret(password)),

  view(facts, spec, context) {
    const is = facts.get(spec.name);
    return is === undefined ? undefined : view(is, spec, context);
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    const refusals = refused(live, want, context);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes, refusals };
    const is = facts.get(want.name);
    return { changes, refusals, commands: commands(is, want, changes, context), ...says(is, want, context) };
  },

  destroy({ name, sudo }, context, facts) {
    const is = facts.get(name);
    const rules = sudo.length > 0 ? [writeSudo(name, [])] : [];
    if (is?.made !== true) {
      const changes = rules.length > 0 ? [{ prop: "sudo", from: sudo, to: [] }] : [];
      const refusals = rules.length > 0 ? refusedRemoval(name, context) : [];
      return { ...nothing, changes, refusals, commands: rules, says: STAYS };
    }
    return {
      changes: [{ prop: "name", from: name, to: undefined }],
      refusals: refusedRemoval(name, context),
      commands: [...rules, remove(name, context.was?.removeHome === true)],
    };
  },
});

/** Expired on the second of January 1970. */
const CLOSED = ["--expiredate", "1"];
const PLAIN = ["uid", "group", "home", "shell", "comment", "locked"] as const;

function differences(live: State | undefined, want: UserSpec): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  const lists = ["groups", "authorizedKeys", "sudo"] as const;
  return [
    ...PLAIN.flatMap((prop): Change[] =>
      want[prop] === undefined || live[prop] === want[prop] ? [] : [{ prop, from: live[prop], to: want[prop] }],
    ),
    ...(want.password === undefined || live.password === want.password
      ? []
      : [{ prop: "password", from: "another one", to: `the secret ${want.password}` }]),
    ...lists.flatMap((prop): Change[] =>
      equal(live[prop], want[prop], prop === "sudo") ? [] : [{ prop, from: live[prop], to: want[prop] }],
    ),
    ...(live.looseKeys === undefined || want.authorizedKeys.length === 0
      ? []
      : [{ prop: "authorizedKeys", from: live.looseKeys, to: `${want.name} 700 and 600` }]),
  ];
}

/** Of rules in sudoers the last one counts, so their order matters. */
function equal(a: readonly string[], b: readonly string[], ordered: boolean): boolean {
  const text = (list: readonly string[]) => JSON.stringify(ordered ? list : [...new Set(list)].toSorted());
  return text(a) === text(b);
}

function commands(
  is: Account | undefined,
  want: UserSpec,
  changes: readonly Change[],
  context: Context<State>,
): Command[] {
  const { name, password, sudo, authorizedKeys } = want;
  const differs = (prop: string) => changes.some((change) => change.prop === prop);
  const isNew = is === undefined;
  // useradd(8) forgets the day of expiry for system accounts.
  const closed = want.locked === true ? CLOSED : [];
  const options = isNew ? closed : modifications(is, want, differs, context);
  return [
    ...(isNew ? [add(want)] : []),
    ...(options.length > 0 ? [modify(name, options)] : []),
    ...(password !== undefined && (isNew || differs("password")) ? [setPassword(name, context.secret(password))] : []),
    ...((isNew && authorizedKeys.length > 0) || differs("authorizedKeys")
      ? [writeKeys(name, wanted(is?.keys ?? [], wish(want, context)))]
      : []),
    ...((isNew && sudo.length > 0) || differs("sudo") ? [writeSudo(name, sudo)] : []),
  ];
}

function modifications(
  is: Account,
  want: UserSpec,
  differs: (prop: string) => boolean,
  { was }: Context<State>,
): string[] {
  const { uid, group, groups, exclusiveGroups, home, shell, comment, locked } = want;
  const others = is.groups.filter((one) => !exclusiveGroups && !was?.groups.includes(one));
  const supplementary = [...new Set([...others, ...groups])].join(",");
  return [
    ...(differs("uid") ? ["--uid", String(uid)] : []),
    ...(differs("group") && group !== undefined ? ["--gid", group] : []),
    ...(differs("groups") ? ["--groups", supplementary] : []),
    ...(differs("home") && home !== undefined ? ["--home", home] : []),
    ...(differs("shell") && shell !== undefined ? ["--shell", shell] : []),
    ...(differs("comment") && comment !== undefined ? ["--comment", comment] : []),
    ...(differs("locked") ? (locked === true ? CLOSED : ["--expiredate", ""]) : []),
  ];
}

function says(is: Account | undefined, want: UserSpec, context: Context<State>): Pick<Plan, "says"> {
  if (!keepsInUse(is?.keys ?? [], wish(want, context))) return {};
  return { says: `keeps the key that we are logged in with, ${context.login?.key ?? ""}, though it is not declared` };
}
