/** `npm run down`: everything that stack dev made goes, and the lab host stops. */
import { say } from "../setup/cache.mjs";
import { HOST } from "./cli.ts";
import { startLab } from "./host.ts";
import { pulumi, selectStack } from "./stack.ts";

const lab = await startLab(HOST, { kept: true });
selectStack();
const code = pulumi("destroy", "--yes", "--stack", "dev");
if (code !== 0) {
  say("`pulumi destroy` refused: see above. The lab host still runs.");
  process.exit(code);
}
await lab.stop();
say("the lab host is stopped");
process.exit(0);
