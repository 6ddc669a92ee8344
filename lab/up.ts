/** `npm run up`: a lab host, and stack dev on it. */
import { spawnSync } from "node:child_process";
import { say } from "../setup/cache.mjs";
import { HOST } from "./cli.ts";
import { startLab } from "./host.ts";
import { pulumi, selectStack } from "./stack.ts";

const SHOW = "zpool list -o name,size,alloc,health; echo; zfs list -o name,used,mountpoint; echo; exportfs -v";

const began = Date.now();
const lab = await startLab(HOST, { kept: true });
say(`lab host: runs, sshd at 127.0.0.1:${String(lab.port)} (${String(Math.round((Date.now() - began) / 1000))} s)`);
selectStack();
const code = pulumi("up", "--yes", "--stack", "dev");
if (code !== 0) {
  say("`pulumi up` failed: see above. What was done is recorded; `npm run up` again goes on from there.");
  process.exit(code);
}
console.log("\nOn the host now:\n");
spawnSync("ssh", ["-F", lab.sshConfig, "lab", SHOW], { stdio: ["ignore", "inherit", "inherit"] });
console.log(`
What to try next:
  npm run lab -- ssh                    a shell on the host: change something by hand, such as
                                        zfs set compression=off tank/media
  eval "$(npm run -s lab -- env)"       lets this shell run plain pulumi commands:
  pulumi preview --diff --stack dev     what differs, and what would be done
  npm run up                            heals it
  npm run down                          takes everything back and stops the host`);
process.exit(0);
