import { z } from "zod";
import { containerId, flag } from "./container.parts.ts";

/** A snapshot's name, as Proxmox VE takes it. */
export const snapshotName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{1,39}$/i, "must be 2 to 40 letters, digits, `-` and `_`, and start with a letter");

/** What stands before the content where a platform keeps it in the description. */
export const CONTENT_LINE = "phoenix-hypervisor: content = ";

export const SnapshotSpec = z.strictObject({
  /** The number of the container that it is of. */
  vmid: containerId,
  /** Its name, unique in the container. */
  snapname: snapshotName,
  /** Notes about it. Default: left alone. */
  description: z
    .string()
    .max(4000)
    .regex(/\S/, "must say something")
    .refine((text) => !text.includes(CONTENT_LINE), `must not hold \`${CONTENT_LINE.trim()}\`: declare content`)
    .transform((text) => text.replace(/\n+$/, ""))
    .optional(),
  /**
   * What the container holds when it is taken, in a word of your own, such as a version. It is kept with the snapshot.
   * Another one means another snapshot: the old one is deleted and a new one taken, which needs `allowReplace`. One that
   * has none, such as one made by hand, is taken to hold what is declared first. Default: a snapshot is taken once.
   */
  content: z
    .string()
    .regex(/^[!-~]([ -~]{0,198}[!-~])?$/, "must be 1 to 200 characters of ASCII in one line, no blanks around them")
    .optional(),
  /** Consent to delete it and take it anew where other `content` is declared. Default: false. */
  allowReplace: flag.default(false),
  /** Consent to delete it. Must be applied before it is taken out of the program. Default: false. */
  allowDestroy: flag.default(false),
});
export type SnapshotSpec = z.infer<typeof SnapshotSpec>;
