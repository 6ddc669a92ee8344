import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "..");

/** As pulumi does, it notes down where it works and for whom, and brings its work to an end when it is told to stop. */
const PULUMI = `#!/bin/sh
mkdir -p "$PULUMI_HOME"; echo a secret >"$PULUMI_HOME/credentials.json"
trap 'echo stopped >>"$LOG"; echo more >"$PULUMI_HOME/more"; exit 1' INT TERM
echo "$PULUMI_HOME" >"$LOG"
while :; do sleep 0.05; done
`;

describe("a run that is ended from outside", () => {
  for (const command of ["preview", "deploy", "drift"])
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      it(`(${command}, ${signal}) lets pulumi come to an end, and leaves nothing behind`, async () => {
        const folder = mkdtempSync(join(tmpdir(), "phoenix-ended-"));
        try {
          for (const name of ["bin", "tmp"]) mkdirSync(join(folder, name));
          writeFileSync(join(folder, "bin/pulumi"), PULUMI);
          chmodSync(join(folder, "bin/pulumi"), 0o755);
          const log = join(folder, "log");
          const child = spawn(process.execPath, [join(ROOT, "pipelines", `${command}.ts`), "prod"], {
            env: {
              PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
              RUNNER_TEMP: join(folder, "tmp"),
              PULUMI_BACKEND_URL: "file:///nowhere",
              LOG: log,
            },
            stdio: "ignore",
          });
          while (!existsSync(log) || readFileSync(log, "utf8") === "") await pause(20);
          assert.ok(readFileSync(log, "utf8").startsWith(join(folder, "tmp/")));
          child.kill(signal);
          const [code] = (await once(child, "close")) as [number | null];
          assert.equal(code, 1);
          assert.match(readFileSync(log, "utf8"), /\nstopped\n$/);
          assert.deepEqual(readdirSync(join(folder, "tmp")), []);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
});
