/** What commands printed on a real host: test/fixtures/NAME.txt. */
import { readFileSync } from "node:fs";
import type { Result } from "../../providers/host/host.ts";

/**
 * Behind a first line that tells where it is from stands what was printed; where the exit code or stderr matter, the
 * code, and both behind lines `--- stdout` and `--- stderr`. A NUL is written ␀.
 */
export function captured(name: string): Result {
  const text = readFileSync(new URL(`../fixtures/${name}.txt`, import.meta.url), "utf8").replaceAll("␀", "\0");
  const printed = text.slice(text.indexOf("\n") + 1);
  const [, code = "0", output = printed] = /^(\d+)\n--- stdout\n([^]*)$/.exec(printed) ?? [];
  const [stdout = "", stderr = ""] = output.split(/^--- stderr\n/m);
  return { code: Number(code), stdout, stderr };
}
