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
 * A changing command holds a shared lock on this file, which every host has, while it runs. So a run can wait for what
 * an earlier one began and nobody hears of any more: see runtime/session.ts. `-o`: a daemon that it starts does not hold
 * it. 124: a lock that is not had in time is told like a command that takes too long.
 */
export const lockFile = "/etc/machine-id";
const whileLocked = (seconds: string) => ["flock", "-so", "-w", seconds, "-E", "124", lockFile];

interface Wiring {
  readonly sudo: boolean;
  /** Seconds. */
  readonly timeLimit: number;
  readonly effect: "read" | "change";
}

/**
 * timeout(1) ends the command on the host when its time is over, also when the connection is gone by then.
 * It stands behind sudo, so that it may signal what root runs.
 */
export function wire(argv: readonly string[], options: Wiring): string {
  const line = forAnyShell(
    render([
      ...(options.sudo ? ["sudo", "-n", "--"] : []),
      ...["env", "LC_ALL=C", `PATH=${PATH}`],
      ...(options.effect === "change" ? whileLocked(String(options.timeLimit)) : []),
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
