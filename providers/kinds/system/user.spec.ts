import { z } from "zod";
import { absolutePath } from "./path.ts";
import { authorizedKey } from "./user.keys.ts";

const ACCOUNT = "must be a name of lower-case letters, digits, - and _, at most 32 characters, such as admin";
export const accountName = z.string(ACCOUNT).regex(/^[a-z_][a-z0-9_-]{0,31}$/, ACCOUNT);
export const accountId = z.int("must be a number").min(0, "must be 0 or more").max(4_294_967_294, "is too large");

const keyLine = z
  .string()
  .max(16_000, "must have at most 16,000 characters")
  .refine((line) => !/[\r\n]/.test(line) && authorizedKey(line) !== undefined, {
    error: "must be one line of an authorized_keys file, such as `ssh-ed25519 AAAA… me@laptop`",
  });

const sudoRule = z
  .string()
  .min(1)
  .max(1000, "must have at most 1000 characters")
  .regex(/^[^\u0000-\u001f\u007f\\#]+$/, "must be one line, without backslash and #")
  .regex(/=/, "must be what follows the user's name in sudoers(5), such as ALL=(ALL:ALL) NOPASSWD: ALL");

export const UserSpec = z
  .strictObject({
    /** The login name. */
    name: accountName,
    /** Its number. Default: the next free one. */
    uid: accountId.optional(),
    /** Name of the primary group, which must be there. Default: one of its own, of the same name. */
    group: accountName.optional(),
    /** Supplementary groups, which must be there. Default: none. */
    groups: z.array(accountName).default([]),
    /** Whether it leaves all groups that `groups` does not name. Default: false, others stay. */
    exclusiveGroups: z.boolean("must be true or false").default(false),
    /** The home folder; a change of it moves nothing. Default: /home/NAME. */
    home: absolutePath.optional(),
    /** The login shell. Default: that of useradd(8). */
    shell: absolutePath.optional(),
    /** The full name or purpose. Default: left as it is. */
    comment: z
      .string()
      .max(200, "must have at most 200 characters")
      .regex(/^[^:\u0000-\u001f\u007f]*$/, "must have no colon and no control characters")
      .optional(),
    /** Whether it is made as a system account: a low number, no home folder of its own. Default: false. */
    system: z.boolean("must be true or false").default(false),
    /** Whether the account is closed to every login, by key too. Default: left as it is. */
    locked: z.boolean("must be true or false").optional(),
    /** Name of the stack's secret with the crypt(5) hash of the password (`mkpasswd`, `openssl passwd -6`). */
    password: z.string("must be the name of one of the stack's secrets").min(1).optional(),
    /** Lines of ~/.ssh/authorized_keys. Options that such a key has on the host stay. Default: none. */
    authorizedKeys: z.array(keyLine).default([]),
    /** Whether all other keys go. The key that we are logged in with always stays. Default: false, others stay. */
    exclusiveKeys: z.boolean("must be true or false").default(false),
    /** What it may do as another user: sudoers(5) after the user's name. In a file of its own. Default: nothing. */
    sudo: z.array(sudoRule).default([]),
    /** Whether the home folder goes too when the account is deleted. Default: false. */
    removeHome: z.boolean("must be true or false").default(false),
  })
  .check(({ value, issues }) => {
    if (value.name !== "root") return;
    for (const key of ["uid", "group", "home", "shell", "comment", "locked"] as const)
      if (value[key] !== undefined)
        issues.push({ code: "custom", message: "is not changed for root", path: [key], input: value[key] });
    for (const key of ["groups", "sudo"] as const)
      if (value[key].length > 0)
        issues.push({ code: "custom", message: "is not changed for root", path: [key], input: value[key] });
  });
export type UserSpec = z.infer<typeof UserSpec>;
