import { z } from "zod";
import { absolutePath, account, mode } from "./path.ts";

const unit = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9:_.@\\-]{0,254}$/, "must be a unit's name, such as smbd.service");

export const FileSpec = z
  .strictObject({
    /** Where it is: an absolute path. A symbolic link there is refused. A missing folder is made, its parent not. */
    path: absolutePath,
    /** All of its content, exactly: a text that is to end with a line's end has it at its end. */
    content: z.string("must be a text").max(1_000_000, "must have at most 1,000,000 characters").optional(),
    /** Name of the stack's secret that is its content, in place of `content`. It is shown nowhere. */
    secret: z.string("must be the name of one of the stack's secrets").min(1).optional(),
    /** Name or number. Default: root. */
    owner: account.default("root"),
    /** Name or number. Default: root. */
    group: account.default("root"),
    /** Octal. Default: `"0644"`, and `"0600"` for a secret. */
    mode: mode.optional(),
    /** Must succeed before new content counts: a program and its arguments, to which the new file's path is added. */
    check: z.array(z.string().min(1)).min(1, "must have a program").optional(),
    /** A unit that reads its configuration again, where it runs, when the file has changed. */
    reloads: unit.optional(),
    /** A unit that is restarted, where it runs, when the file has changed: for those that cannot reload. */
    restarts: unit.optional(),
  })
  .check(({ value: { content, secret, reloads, restarts }, issues }) => {
    if ((content === undefined) === (secret === undefined))
      issues.push({ code: "custom", message: "say content or secret", input: content });
    if (reloads !== undefined && restarts !== undefined)
      issues.push({ code: "custom", message: "excludes reloads", path: ["restarts"], input: restarts });
  });
export type FileSpec = z.infer<typeof FileSpec>;

export function modeOf({ mode: declared, secret }: Pick<FileSpec, "mode" | "secret">): string {
  return declared ?? (secret === undefined ? "0644" : "0600");
}
