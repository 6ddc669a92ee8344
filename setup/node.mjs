// Node: the machine's where it is new enough, else a pinned one from npm's packages of Node binaries.
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE, locked, ROOT, say } from "./cache.mjs";
import { step } from "./run-step.mjs";

const PINNED = "24.21.0";

/** The folder whose `node` runs TypeScript natively: 22.18 or newer. */
export async function nodeFolder() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return dirname(process.execPath);
  const home = join(CACHE, `node-${PINNED}`);
  const bin = join(home, "node_modules", `node-linux-${process.arch}`, "bin");
  await locked("node", async () => {
    if (existsSync(join(bin, "node"))) return;
    say(`Node ${process.versions.node} is too old (22.18 is needed); fetching ${PINNED} from npm into ${home}`);
    const draft = `${home}.draft`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(join(ROOT, "setup", "toolchain", "node"), draft, { recursive: true });
    await step(`Node ${PINNED}`, ["npm", "ci", "--prefix", draft]);
    rmSync(home, { recursive: true, force: true });
    renameSync(draft, home);
  });
  return bin;
}
