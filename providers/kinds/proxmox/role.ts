import { z } from "zod";
import { defineKind, nothing } from "../../kind.ts";
import { needsPve, parse, query, type Facts } from "./access.facts.ts";
import { tool } from "./tool.ts";

const NAME = "must be a role: letters, digits, `.`, `_` and `-`";

export const RoleSpec = z.strictObject({
  /** Its name. */
  roleid: z
    .string(NAME)
    .regex(/^[A-Za-z0-9._-]+$/, NAME)
    .refine((name) => !/^(PVE|Administrator$|NoAccess$)/i.test(name), "must not be one of Proxmox VE's own"),
  /** Exactly the privileges that whoever has the role has: `VM.Audit`, `VM.PowerMgmt`. Default: none. */
  privs: z
    .array(z.string().regex(/^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)+$/, "must be a privilege, such as VM.Audit"))
    .default([]),
});
export type RoleSpec = z.infer<typeof RoleSpec>;

/** A role of Proxmox VE: a name for some privileges, which proxmox:Acl grants. */
export const role = defineKind<RoleSpec, Facts>({
  type: "proxmox:Role",
  holdsData: false,
  spec: RoleSpec,
  id: ({ roleid }) => roleid,
  unfit: ({ roleid }, platform) => needsPve(`the role ${roleid}`, platform),
  query,
  parse,

  view({ roles }, { roleid, privs }) {
    const is = roles.get(roleid);
    if (is === undefined) return undefined;
    return { roleid, privs: listed(is) === listed(privs) ? privs : [...is] };
  },

  plan(live, { roleid, privs }) {
    const command = (verb: string) => [tool("pveum", "role", verb, roleid, "--privs", listed(privs))];
    if (live === undefined)
      return { changes: [{ prop: "roleid", from: undefined, to: roleid }], refusals: [], commands: command("add") };
    if (listed(live.privs) === listed(privs)) return nothing;
    return { changes: [{ prop: "privs", from: live.privs, to: privs }], refusals: [], commands: command("modify") };
  },

  destroy: ({ roleid }) => ({
    changes: [{ prop: "roleid", from: roleid, to: undefined }],
    refusals: [],
    commands: [tool("pveum", "role", "delete", roleid)],
  }),
});

function listed(privs: readonly string[]): string {
  return [...new Set(privs)].toSorted().join(",");
}
