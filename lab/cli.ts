/** `npm run lab -- COMMAND`: the lab host of this checkout, by hand. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { say } from "../setup/cache.mjs";
import { runningLab, startLab } from "./host.ts";
import { STACK_ENV, STATE } from "./stack.ts";

/** The name of the host that `npm run up` converges: .lab/ssh_config leads to it. */
export const HOST = "dev";

const USAGE = `npm run lab -- COMMAND
  start    start the lab host
  stop     stop it; its disks stay
  status   whether it runs, and where
  ssh …    a shell on it, or a command
  reset    back to a pristine host: everything on it is gone, and stack dev's state too
  env      shell lines that let plain pulumi commands work on stack dev: eval "$(npm run -s lab -- env)"`;

const commands: Record<string, (args: readonly string[]) => Promise<number>> = {
  async start() {
    const lab = await startLab(HOST, { kept: true });
    say(`the lab host runs; its sshd is at 127.0.0.1:${String(lab.port)}`);
    return 0;
  },
  async stop() {
    if (runningLab(HOST) === undefined) say("the lab host is not running");
    else await (await startLab(HOST, { kept: true })).stop();
    return 0;
  },
  async status() {
    const record = runningLab(HOST);
    if (record === undefined) console.log("stopped");
    else console.log(`running, process ${String(record.pid)}, sshd at 127.0.0.1:${String(record.port)}`);
    return Promise.resolve(0);
  },
  async ssh(args) {
    const { sshConfig } = await startLab(HOST, { kept: true });
    return spawnSync("ssh", ["-F", sshConfig, "lab", ...args], { stdio: "inherit" }).status ?? 1;
  },
  async reset() {
    await (await startLab(HOST, { kept: true })).reset();
    // The state would tell of pools that were there, and must not be taken for gone.
    rmSync(STATE, { recursive: true, force: true });
    say("the lab host is pristine again, and stack dev's state is gone with it; `npm run up` converges it anew");
    return 0;
  },
  async env() {
    mkdirSync(STATE, { recursive: true });
    const lines = { PATH: process.env["PHOENIX_TOOLS"] ?? process.env["PATH"], ...STACK_ENV };
    for (const [name, value] of Object.entries(lines)) console.log(`export ${name}=${quote(value ?? "")}`);
    return Promise.resolve(0);
  },
};

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

if (import.meta.main) {
  const [name = "", ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined) console.error(USAGE);
  process.exit(command === undefined ? 2 : await command(args));
}
