// Node: the machine's where it is new enough, else a pinned one from npm's packages of Node binaries.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE, say } from "./cache.mjs";
import { npmFolder } from "./npm-folder.mjs";

const PINNED = "24.21.0";

/** The folder whose `node` runs TypeScript natively: 22.18 or newer. */
export async function nodeFolder() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return dirname(process.execPath);
  const home = join(CACHE, `node-${PINNED}`);
  if (!existsSync(home))
    say(`Node ${process.versions.node} is too old (22.18 is needed); fetching ${PINNED} from npm into ${home}`);
  await npmFolder("node", home, `Node ${PINNED}`);
  return join(home, "node_modules", `node-linux-${process.arch}`, "bin");
}
