/** The line of text that a command is sent as. Pure. */
import { render } from "./command.ts";
import { UserError } from "./host.ts";

/** The search path of every command; a login shell need not have the sbin folders. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Seconds between the SIGTERM that ends a command which takes too long, and the SIGKILL. */
export const killAfter = 5;

/** Linux takes no argument longer than 128 KiB (MAX_ARG_STRLEN), and the login shell gets the line as one argument. */
const longest = 128 * 1024 - 1;

/**
 * `timeLimit` in seconds: timeout(1) ends the command on the host, also when the connection is gone by then.
 * It stands behind sudo, so that it may signal what root runs.
 */
export function wire(argv: readonly string[], options: { readonly sudo: boolean; readonly timeLimit: number }): string {
  const line = forAnyShell(
    render([
      ...(options.sudo ? ["sudo", "-n", "--"] : []),
      ...["env", "LC_ALL=C", `PATH=${PATH}`],
      ...["timeout", "-k", String(killAfter), String(options.timeLimit)],
      ...argv,
    ]),
  );
  const length = Buffer.byteLength(line);
  if (length <= longest) return line;
  throw new UserError(
    `a command line of ${String(length)} bytes is too long, ${String(longest)} can be sent: ${line.slice(0, 200)}…`,
  );
}

/**
 * The line goes to the user's login shell, which need not be a POSIX one. Between single quotes fish takes backslashes
 * for escapes and csh takes newlines and exclamation marks amiss, and zsh and fish read more into a word that starts
 * with = or %. A line that has any of these is sent in octal escapes for a real sh to read; all else means the same to
 * all of them.
 */
function forAnyShell(line: string): string {
  if (!/[\\\n\r!]| [=%]/.test(line)) return line;
  const escaped = line.replace(/[\\\n\r!']/g, (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `exec /bin/sh -c 'eval "exec $(printf %b "$0")"' '${escaped}'`;
}
