// Programs that come from npm's registry, and are no part of the project's own packages.
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { locked, ROOT } from "./cache.mjs";
import { step } from "./run-step.mjs";

/**
 * Installs what the lock file in setup/toolchain/`from` names into the folder `home` of the cache, once.
 * @param {string} from
 * @param {string} home
 * @param {string} what as the user is told
 */
export async function npmFolder(from, home, what) {
  await locked(basename(home), async () => {
    if (existsSync(home)) return;
    const draft = `${home}.draft`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(join(ROOT, "setup", "toolchain", from), draft, { recursive: true });
    await step(what, ["npm", "ci", "--prefix", draft]);
    renameSync(draft, home);
  });
}
