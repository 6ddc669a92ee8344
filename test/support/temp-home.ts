/** A home folder of their own for tests, so that the real one's ~/.ssh and agent play no part. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Before each test of the suite: an empty home, no agent. After it all is as it was. */
export function temporaryHome(): { readonly path: string; write(file: string, text: string): string } {
  const names = ["HOME", "SSH_AUTH_SOCK", "PHOENIX_LOG"];
  let path = "";
  let saved: (string | undefined)[] = [];
  beforeEach(() => {
    saved = names.map((name) => process.env[name]);
    path = mkdtempSync(join(tmpdir(), "home-"));
    for (const name of names) Reflect.deleteProperty(process.env, name);
    process.env["HOME"] = path;
  });
  afterEach(() => {
    rmSync(path, { recursive: true });
    names.forEach((name, i) => {
      if (saved[i] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = saved[i];
    });
  });
  return {
    get path() {
      return path;
    },
    write(file, text) {
      const whole = join(path, file);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, text, { mode: 0o600 });
      return whole;
    },
  };
}
