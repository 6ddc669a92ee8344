import { z } from "zod";
import { defineKind, nothing } from "../../kind.ts";
import { needsPve, parse, query, type Facts } from "./access.facts.ts";
import { tool } from "./tool.ts";

const NAME = "must be a group of Proxmox VE: letters, digits, `.`, `_` and `-`";
export const groupName = z.string(NAME).regex(/^[A-Za-z0-9._-]+$/, NAME);

export const GroupSpec = z.strictObject({
  /** Its name. Who is in it is said by proxmox:User. */
  groupid: groupName,
  /** What you want to say about it. Default: left alone. */
  comment: z
    .string()
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must be one line of text")
    .optional(),
});
export type GroupSpec = z.infer<typeof GroupSpec>;

/** A group of users of Proxmox VE. With it go its permissions, and nobody. */
export const group = defineKind<GroupSpec, Facts>({
  type: "proxmox:Group",
  holdsData: false,
  spec: GroupSpec,
  id: ({ groupid }) => groupid,
  unfit: ({ groupid }, platform) => needsPve(`the group ${groupid}`, platform),
  query,
  parse,

  view({ groups }, { groupid, comment }, { was }) {
    const is = groups.get(groupid);
    if (is === undefined) return undefined;
    const shown = comment !== undefined || (was?.comment !== undefined && is !== "");
    return { groupid, ...(shown ? { comment: is } : {}) };
  },

  plan(live, want) {
    const { groupid, comment = "" } = want;
    const command = (verb: string) => [tool("pveum", "group", verb, groupid, "--comment", comment)];
    if (live === undefined)
      return { changes: [{ prop: "groupid", from: undefined, to: groupid }], refusals: [], commands: command("add") };
    if ((live.comment ?? "") === comment) return nothing;
    const changes = [{ prop: "comment", from: live.comment, to: want.comment }];
    return { changes, refusals: [], commands: command("modify") };
  },

  destroy: ({ groupid }) => ({
    changes: [{ prop: "groupid", from: groupid, to: undefined }],
    refusals: [],
    commands: [tool("pveum", "group", "delete", groupid)],
  }),
});
