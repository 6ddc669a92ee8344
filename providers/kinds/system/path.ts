import { z } from "zod";

/** An absolute path of a file or folder, one that can be written down in a line. */
export const absolutePath = z.string().check(({ value, issues }) => {
  const message = badPath(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: value });
});

export const account = z
  .string("must be a name or a number in quotes")
  .regex(/^(\d{1,10}|[A-Za-z_][\w.-]{0,31})$/, "must be a name or a number in quotes");

export const mode = z
  .string('must be octal, in quotes, such as "0644"')
  .regex(/^[0-7]{3,4}$/, 'must be octal, in quotes, such as "0644"');

/** The name that the new content has until it counts is longer by this: see host/file.ts. */
const LONGEST = 255 - ".".length - ".phoenix-new".length;

function badPath(value: string): string | undefined {
  const parts = value.split("/").slice(1);
  if (!value.startsWith("/")) return "must be absolute, such as /etc/issue";
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    return "must have no empty, `.` or `..` part, and no / at its end";
  if (/[\u0000-\u001f\u007f]/.test(value)) return "must have no control characters";
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST))
    return `must have at most ${String(LONGEST)} bytes between two slashes`;
  return Buffer.byteLength(value) > 1000 ? "must have at most 1000 bytes" : undefined;
}
