import { z } from "zod";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { needsPve, parse, query, ROOT, type Facts } from "./access.facts.ts";
import { groupName } from "./group.ts";
import { comparePassword, PVE_REALM, setPassword, unfit } from "./password.ts";
import { tool } from "./tool.ts";

const ELSEWHERE = "is kept by Proxmox VE for its realm pve alone: for pam, declare that of the account (system:User)";
const line = z.string().regex(/^[^\u0000-\u001f\u007f]*$/, "must be one line of text");

export const UserSpec = z
  .strictObject({
    /** Name and realm: `alice@pam` is the host's own account alice, `alice@pve` one that only Proxmox VE knows. */
    userid: z
      .string()
      .max(64, "must have at most 64 characters")
      .regex(/^[^\s:/@]+@[A-Za-z][A-Za-z0-9._-]*$/, "must be a name and a realm, such as alice@pam"),
    /** Whether the user may log in. Default: true when added, then left alone. */
    enable: z.boolean().optional(),
    /** When the account ends, in seconds since 1970; 0: never. Default: left alone. */
    expire: z.int("must be a whole number").min(0, "must not be negative").optional(),
    /** First name. Default: left alone. */
    firstname: line.optional(),
    /** Last name. Default: left alone. */
    lastname: line.optional(),
    /** Address for mails. Default: left alone. */
    email: line.optional(),
    /** What you want to say about the user. Default: left alone. */
    comment: line.optional(),
    /** Exactly the groups of Proxmox VE that the user is in; they must exist. Default: left alone. */
    groups: z.array(groupName).optional(),
    /** Name of the stack's secret with the password. Only in the realm `pve`. Default: left alone. */
    password: z.string("must be the name of one of the stack's secrets").min(1).optional(),
  })
  .check(({ value, issues }) => {
    if (value.password !== undefined && !value.userid.endsWith(PVE_REALM))
      issues.push({ code: "custom", message: ELSEWHERE, path: ["password"], input: value.password });
    if (value.userid !== ROOT || value.enable !== false) return;
    issues.push({ code: "custom", message: `must not be false for ${ROOT}`, path: ["enable"], input: value.enable });
  });
export type UserSpec = z.infer<typeof UserSpec>;

const PROPS = ["enable", "expire", "firstname", "lastname", "email", "comment", "groups"] as const;
type Prop = (typeof PROPS)[number];
type Value = boolean | number | string | readonly string[];

/** What counts where nothing is said. */
const STANDARD: Readonly<Record<Prop, Value>> = {
  enable: true,
  expire: 0,
  firstname: "",
  lastname: "",
  email: "",
  comment: "",
  groups: [],
};

/**
 * A user of Proxmox VE. The password of one of the realm `pam` is the host account's. What the user may do is declared with
 * proxmox:Acl. `root@pam` is always there and is never removed.
 */
export const user = defineKind<UserSpec, Facts>({
  type: "proxmox:User",
  holdsData: false,
  spec: UserSpec,
  id: ({ userid }) => userid,
  unfit: ({ userid }, platform) => needsPve(`the user ${userid}`, platform),
  secrets: ({ password }) => (password === undefined ? [] : [password]),
  query,
  parse,
  probe: ({ userid, password }, context) =>
    password === undefined ? undefined : comparePassword(userid, context.secret(password)),

  view(facts, spec, { was, probed }) {
    const found = facts.users.get(spec.userid);
    if (found === undefined) return undefined;
    const shown = PROPS.flatMap((prop) => {
      const [is, want] = [found[prop], spec[prop]];
      if (want !== undefined) return [[prop, equal(is, want) ? want : is] as const];
      return was?.[prop] === undefined || equal(is, STANDARD[prop]) ? [] : [[prop, is] as const];
    });
    const same = spec.password !== undefined && probed?.stdout.trim() === "same";
    return { userid: spec.userid, ...Object.fromEntries(shown), ...(same ? { password: spec.password } : {}) };
  },

  plan(live, want, context, facts) {
    const { userid, password } = want;
    const refusals = facts === undefined || password === undefined ? [] : unfit(password, context.secret(password));
    const set = password === undefined ? [] : [setPassword(userid, context.secret(password))];
    const declared = PROPS.filter((prop) => want[prop] !== undefined);
    if (live === undefined) {
      const changes = [{ prop: "userid", from: undefined, to: userid }];
      const add = tool("pveum", "user", "add", userid, ...options(want, declared));
      return { changes, refusals, commands: [add, ...set] };
    }
    const changes = PROPS.flatMap((prop): Change[] => {
      const [from, to] = [live[prop], want[prop]];
      return equal(from, to) ? [] : [{ prop, from, to }];
    });
    const other = password !== undefined && live.password !== password;
    if (changes.length === 0 && !other) return nothing;
    const props = changes.map(({ prop }) => prop as Prop);
    const modify = tool("pveum", "user", "modify", userid, ...options(want, props));
    return {
      changes: [
        ...changes,
        ...(other ? [{ prop: "password", from: "another one", to: `the secret ${password}` }] : []),
      ],
      refusals,
      commands: [...(props.length === 0 ? [] : [modify]), ...(other ? set : [])],
    };
  },

  destroy: ({ userid }) =>
    userid === ROOT
      ? nothing
      : {
          changes: [{ prop: "userid", from: userid, to: undefined }],
          refusals: [],
          commands: [tool("pveum", "user", "delete", userid)],
        },
});

/** What is no longer declared is set back. */
function options(want: UserSpec, props: readonly Prop[]): string[] {
  return props.flatMap((prop) => [`--${prop}`, written(want[prop] ?? STANDARD[prop])]);
}

function equal(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && written(a) === written(b));
}

function written(value: Value): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "object" ? [...new Set(value)].sort().join(",") : String(value);
}
