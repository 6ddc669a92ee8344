// The npm packages of package-lock.json.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { locked, ROOT } from "./cache.mjs";
import { step } from "./run-step.mjs";

/** @param {NodeJS.ProcessEnv} env */
export async function installModules(env) {
  await locked("npm", async () => {
    const installed = join(ROOT, "node_modules", ".package-lock.json");
    const lock = join(ROOT, "package-lock.json");
    if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
    await step("npm packages", ["npm", "ci"], { cwd: ROOT, env });
  });
}
