/** Commands captured on a real Proxmox VE, one a file, and how they are run again on the lab host. */
import { readdirSync, readFileSync } from "node:fs";

/** One command as it was captured on Proxmox VE. */
export interface Capture {
  readonly name: string;
  readonly command: string;
  readonly failed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export function captures(family: string): Capture[] {
  const folder = new URL(`../fixtures/${family}/`, import.meta.url);
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const text = readFileSync(new URL(name, folder), "utf8");
      const parts =
        /^\$ (?<command>[^]*?)\nexit: (?<code>\d+)\nseconds: .*\n--- stdout\n(?<stdout>[^]*?)--- stderr\n(?<stderr>[^]*)$/.exec(
          text,
        )?.groups ?? {};
      const { command = "", code = "", stdout = "", stderr = "" } = parts;
      return { name, command, failed: code !== "0", stdout, stderr };
    });
}

/** Runs the commands in turn; prints of each its exit code, and what it printed as base64. */
export const RUN = `
code=0
for command
do
  sh -c "$command" >/run/stdout 2>/run/stderr </dev/null || code=$?
  printf '%s\\n' "== $code" "$(base64 -w0 /run/stdout)" "$(base64 -w0 /run/stderr)"
  code=0
done
`;
