/** An account as it is, in the words of its spec. */
import type { Context } from "../../kind.ts";
import type { Account } from "./user.facts.ts";
import { shown, type Wish } from "./user.keys.ts";
import type { UserSpec } from "./user.spec.ts";

/** A spec, and what of the host is not as it says. */
export interface State extends UserSpec {
  /** What of ~/.ssh has another owner or mode than sshd wants. */
  readonly looseKeys?: string;
  /** Of the account that we are logged in as: what lets it use sudo. */
  readonly sudoGroups?: readonly string[];
}

/** What is to become of the authorized keys. */
export function wish({ name, authorizedKeys, exclusiveKeys }: UserSpec, { was, login }: Context<State>): Wish {
  return {
    declared: authorizedKeys,
    dropped: was?.authorizedKeys ?? [],
    exclusive: exclusiveKeys,
    inUse: login?.user === name ? login.key : undefined,
  };
}

export function view(is: Account, spec: UserSpec, context: Context<State>): State {
  const { was, probed, login } = context;
  const { uid, group, groups, exclusiveGroups, home, shell, comment, locked, password, ...rest } = spec;
  const keys = is.keys ?? [];
  const samePassword = password !== undefined && probed?.stdout.trim() === "same";
  const isOurs = (name: string) => exclusiveGroups || was?.groups.includes(name);
  return {
    ...rest,
    ...(uid === undefined ? {} : { uid: Number(is.uid) }),
    ...(group === undefined ? {} : { group: is.group }),
    groups: [
      ...groups.filter((name) => is.groups.includes(name) || is.group === name),
      ...is.groups.filter((name) => !groups.includes(name) && isOurs(name)),
    ],
    exclusiveGroups,
    ...(home === undefined ? {} : { home: is.home }),
    ...(shell === undefined ? {} : { shell: is.shell }),
    ...(comment === undefined ? {} : { comment: is.comment }),
    ...(locked === undefined && was?.locked === undefined ? {} : { locked: is.locked }),
    ...(samePassword ? { password } : {}),
    ...(login?.user === spec.name && is.sudoGroups.length > 0 ? { sudoGroups: is.sudoGroups } : {}),
    authorizedKeys: shown(keys, wish(spec, context)),
    sudo: is.sudo.map((line) => (line.startsWith(`${spec.name} `) ? line.slice(spec.name.length + 1) : line)),
    ...(spec.authorizedKeys.length > 0 && is.looseKeys.length > 0 ? { looseKeys: is.looseKeys.join(", ") } : {}),
  };
}
