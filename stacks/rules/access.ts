/** Accounts and groups. */
import type { StackConfig } from "../config.ts";
import type { Breach, Rule } from "./breach.ts";

export const ACCESS: readonly Rule[] = [accountOfTwoMinds, memberOfTwoMinds];

function accountOfTwoMinds({ access, sharing }: StackConfig): Breach[] {
  const accounts = new Set(access.users.map(({ name }) => name));
  return sharing.samba.users.flatMap(({ name, createAccount }) => {
    const path = ["sharing", "samba", "users", name, "createAccount"];
    const message = `must not be true: the account ${name} is declared in access.users`;
    return createAccount && accounts.has(name) ? [{ path, message }] : [];
  });
}

/** Who is in a group is said by the group or by the account: with both, neither could be made first. */
function memberOfTwoMinds({ access: { groups, users } }: StackConfig): Breach[] {
  return users.flatMap((user) =>
    user.groups.flatMap((name, i) => {
      const told = groups.some((one) => one.name === name && (one.exclusiveMembers || one.members.includes(user.name)));
      const message = `must not be ${name}: access.groups.${name} says who is in it`;
      return told ? [{ path: ["access", "users", user.name, "groups", i], message }] : [];
    }),
  );
}
