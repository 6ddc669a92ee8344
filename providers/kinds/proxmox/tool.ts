import { script, withTimeLimit, type Command } from "../../host/command.ts";

const TEXTS = {
  pvesm: 'exec flock -w 500 /run/lock/phoenix-pvesm.lock pvesm "$@"',
  pveum: 'exec flock -w 500 /run/lock/phoenix-pveum.lock pveum "$@"',
};

/**
 * One after the other: a tool waits ten seconds for the lock of its file and then fails, and adding an NFS storage holds
 * that for as long as the mount takes.
 */
export function tool(name: keyof typeof TEXTS, ...args: readonly string[]): Command {
  return withTimeLimit(script(name, TEXTS[name], args), 600);
}
