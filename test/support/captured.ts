/** Captured output: `code`, then what the command printed, behind a first line that names the command. */
import { readFileSync } from "node:fs";
import type { Result } from "../../providers/host/host.ts";

export function captured(name: string): Result {
  const text = readFileSync(new URL(`../fixtures/${name}.txt`, import.meta.url), "utf8");
  const [, code = "", output = ""] = /^#.*\n(\d+)\n--- stdout\n([^]*)$/.exec(text) ?? [];
  const [stdout = "", stderr = ""] = output.split(/^--- stderr\n/m);
  return { code: Number(code), stdout: stdout.replaceAll("␀", "\0"), stderr };
}
