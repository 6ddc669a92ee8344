/** What is not done to an account: what would lock us out. */
import type { Context } from "../../kind.ts";
import type { UserSpec } from "./user.spec.ts";
import type { State } from "./user.view.ts";

export function refused(live: State | undefined, want: UserSpec, { login }: Context<State>): string[] {
  const { name } = want;
  if (live === undefined || login?.user !== name) return [];
  const us = `we are logged in as ${name}`;
  const lost = [live.group, ...live.groups].filter((one) => one !== want.group && !want.groups.includes(one ?? ""));
  const lostGroup = live.sudoGroups?.find((one) => lost.includes(one));
  const lostRule = live.sudo.find((rule) => !want.sudo.includes(rule));
  const shell = want.shell !== undefined && want.shell !== live.shell && /\/(nologin|false|true)$/.test(want.shell);
  return [
    ...(want.locked === true ? [`${us}: the account is not locked`] : []),
    ...(shell ? [`${us}: its shell does not become ${want.shell ?? ""}`] : []),
    ...(want.uid !== undefined && want.uid !== live.uid ? [`${us}: its number does not change`] : []),
    ...(lostGroup === undefined || name === "root" ? [] : [`${us}: it does not leave the group ${lostGroup}`]),
    ...(lostRule === undefined || name === "root" ? [] : [`${us}: the sudo rule ${lostRule} is not taken from it`]),
  ].map((reason) => `${reason}; connect as another user first`);
}

export function refusedRemoval(name: string, { login }: Context<State>): string[] {
  if (name === "root") return ["root is not deleted"];
  return login?.user === name ? [`we are logged in as ${name}: connect as another user to take it away`] : [];
}
