import { z } from "zod";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { needsPve, parse, query, ROOT, type Facts } from "./access.facts.ts";
import { tool } from "./tool.ts";

export const AclSpec = z.strictObject({
  /** What it is about: `/` for everything, `/vms/101`, `/storage/tank`, `/pool/lab`. */
  path: z
    .string()
    .regex(/^(\/|(\/[^/\s]+)+)$/, "must be a path of Proxmox VE, such as /vms/101, without a slash at its end"),
  /** Who `ugid` is: a `user`, a `group` of Proxmox VE, or an API `token`. Default: `user`. */
  type: z.enum(["user", "group", "token"], "must be user, group or token").default("user"),
  /** Name of the user, group or token, which must exist: `alice@pam`, `admins`, `alice@pam!backup`. */
  ugid: z
    .string()
    .regex(/^[^\s,;:/]+$/, "must be one user, group or token")
    .refine((value) => value !== ROOT, `must not be ${ROOT}, who may do everything`),
  /** The role that is granted, such as `Administrator` or `PVEAuditor`; it must exist. */
  roleid: z.string().regex(/^[A-Za-z0-9._-]+$/, "must be one role"),
  /** Whether it counts for all that is below the path too. Default: true. */
  propagate: z.boolean().default(true),
});
export type AclSpec = z.infer<typeof AclSpec>;

/** One permission in Proxmox VE: who has which role on what. Permissions that are not declared are left alone. */
export const acl = defineKind<AclSpec, Facts>({
  type: "proxmox:Acl",
  holdsData: false,
  spec: AclSpec,
  id: ({ path, type, ugid, roleid }) => `${path} ${type} ${ugid} ${roleid}`,
  unfit: ({ ugid }, platform) => needsPve(`the permission of ${ugid}`, platform),
  query,
  parse,

  view(facts, spec) {
    const same = (["path", "type", "ugid", "roleid"] as const).map((key) => [key, spec[key]] as const);
    const found = facts.acl.find((entry) => same.every(([key, value]) => entry[key] === value));
    return found === undefined ? undefined : { ...spec, propagate: found.propagate };
  },

  plan(live, want) {
    if (live?.propagate === want.propagate) return nothing;
    const change: Change =
      live === undefined
        ? { prop: "roleid", from: undefined, to: want.roleid }
        : { prop: "propagate", from: live.propagate, to: want.propagate };
    const propagate = ["--propagate", want.propagate ? "1" : "0"];
    return {
      changes: [change],
      refusals: [],
      commands: [tool("pveum", "acl", "modify", ...words(want), ...propagate)],
    };
  },

  destroy: (live) => ({
    changes: [{ prop: "roleid", from: live.roleid, to: undefined }],
    refusals: [],
    commands: [tool("pveum", "acl", "delete", ...words(live))],
  }),
});

function words({ path, type, ugid, roleid }: AclSpec): string[] {
  return [path, `--${type}s`, ugid, "--roles", roleid];
}
