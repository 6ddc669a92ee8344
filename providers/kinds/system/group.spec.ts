import { z } from "zod";
import { accountId, accountName } from "./user.spec.ts";

export const GroupSpec = z
  .strictObject({
    /** The group's name. */
    name: accountName,
    /** Its number; files of the old number keep that. Default: the next free one. */
    gid: accountId.optional(),
    /** Accounts that it is a supplementary group of; they must be there. Default: none. */
    members: z.array(accountName).default([]),
    /** Whether all other members leave. Default: false, others stay. */
    exclusiveMembers: z.boolean("must be true or false").default(false),
    /** Whether it is made as a system group: a low number. Default: false. */
    system: z.boolean("must be true or false").default(false),
  })
  .check(({ value, issues }) => {
    if (value.name === "root" && value.gid !== undefined)
      issues.push({ code: "custom", message: "is not changed for root", path: ["gid"], input: value.gid });
  });
export type GroupSpec = z.infer<typeof GroupSpec>;
