import { z } from "zod";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { parse, query, ROOT, type Facts } from "./access.facts.ts";
import { tool } from "./tool.ts";

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
    groups: z.array(z.string().regex(/^[A-Za-z0-9._-]+$/, "must be a group of Proxmox VE")).optional(),
  })
  .check(({ value, issues }) => {
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
 * A user of Proxmox VE. The password is not its matter: one of the realm `pam` is the host account's. What the user may
 * do is declared with proxmox:Acl. `root@pam` is always there and is never removed.
 */
export const user = defineKind<UserSpec, Facts>({
  type: "proxmox:User",
  holdsData: false,
  spec: UserSpec,
  id: ({ userid }) => userid,
  unfit: ({ userid }, platform) =>
    platform === "proxmox"
      ? []
      : [`the user ${userid} needs Proxmox VE, and the host is Debian without it: take it out of the stack`],
  query,
  parse,

  view(facts, spec, { was }) {
    const found = facts.users.get(spec.userid);
    if (found === undefined) return undefined;
    const shown = PROPS.flatMap((prop) => {
      const [is, want] = [found[prop], spec[prop]];
      if (want !== undefined) return [[prop, same(is, want) ? want : is] as const];
      return was?.[prop] === undefined || same(is, STANDARD[prop]) ? [] : [[prop, is] as const];
    });
    return { userid: spec.userid, ...Object.fromEntries(shown) };
  },

  plan(live, want) {
    const { userid } = want;
    const declared = PROPS.filter((prop) => want[prop] !== undefined);
    if (live === undefined) {
      const changes = [{ prop: "userid", from: undefined, to: userid }];
      return { changes, refusals: [], commands: [tool("pveum", "user", "add", userid, ...options(want, declared))] };
    }
    const changes = PROPS.flatMap((prop): Change[] => {
      const [from, to] = [live[prop], want[prop]];
      return same(from, to) ? [] : [{ prop, from, to }];
    });
    if (changes.length === 0) return nothing;
    const props = changes.map(({ prop }) => prop as Prop);
    return { changes, refusals: [], commands: [tool("pveum", "user", "modify", userid, ...options(want, props))] };
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

function same(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && written(a) === written(b));
}

function written(value: Value): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "object" ? [...new Set(value)].sort().join(",") : String(value);
}
