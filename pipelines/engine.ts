/** Runs pulumi on a stack and tells what came of it: the engine's events, in our words. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAB } from "../lab/record.ts";
import { ROOT } from "../setup/cache.mjs";
import { stackEnvironment } from "../setup/pulumi.mjs";
import { outcome, type EngineEvent, type Outcome } from "./outcome.ts";

/** Every stack that has a file. */
export function allStacks(): string[] {
  return globSync("Pulumi.*.yaml", { cwd: ROOT })
    .map((name) => name.slice("Pulumi.".length, -".yaml".length))
    .toSorted();
}

/** What pulumi is told by the environment alone. Where it says nothing of a state, that of the lab is meant. */
function environment(stack: string, home: string): NodeJS.ProcessEnv {
  const { env } = process;
  const own = env["PULUMI_BACKEND_URL"] === undefined ? stackEnvironment(LAB) : { PULUMI_HOME: home };
  const name = stack.toUpperCase().replaceAll(/\W/g, "_");
  const [phrase, file] = [env[`PULUMI_CONFIG_PASSPHRASE_${name}`], env[`PULUMI_CONFIG_PASSPHRASE_FILE_${name}`]];
  return {
    ...own,
    ...env,
    ...(phrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: phrase }),
    ...(file === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: file }),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_RUN_PROGRAM: "true",
    PULUMI_OPTION_POLICY_PACK: join(ROOT, "policies", "pack"),
  };
}

/**
 * Works with a folder for whatever pulumi writes down, credentials included; nothing of it is left behind, also where
 * the run is ended from outside.
 */
async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-run-"));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  const ended = () => {
    remove();
    process.exit(130);
  };
  process.once("SIGINT", ended).once("SIGTERM", ended);
  try {
    return await work(folder);
  } finally {
    process.off("SIGINT", ended).off("SIGTERM", ended);
    remove();
  }
}

/** What a preview says of a stack, its policies included. The host is looked at, and not changed. */
export async function preview(stack: string): Promise<Outcome> {
  return inScratch(async (folder) => {
    const env = { ...environment(stack, join(folder, "home")), PULUMI_DEBUG_COMMANDS: "true" };
    makeInLab(stack, env);
    const log = join(folder, "events");
    const flags = ["--stack", stack, "--non-interactive", "--color=never", "--event-log", log];
    const child = spawn("pulumi", ["preview", ...flags], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    const said: string[] = [];
    child.stdout.resume();
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
    await once(child, "close");
    return outcome(stack, child.exitCode === 0, readEvents(log), said.join(""));
  });
}

/** Brings a host to what its stack declares, before the user's eyes; returns the exit code. */
export async function deploy(stack: string): Promise<number> {
  return inScratch(async (folder) => {
    const env = environment(stack, join(folder, "home"));
    const flags = ["--stack", stack, "--yes", "--non-interactive", "--diff"];
    const child = spawn("pulumi", ["up", ...flags], { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] });
    await once(child, "close");
    return child.exitCode ?? 1;
  });
}

/** Only the lab's own state is given stacks that it has not: elsewhere somebody has to want them. */
function makeInLab(stack: string, env: NodeJS.ProcessEnv): void {
  if (process.env["PULUMI_BACKEND_URL"] !== undefined) return;
  spawnSync("pulumi", ["stack", "init", stack, "--no-select", "--non-interactive"], { cwd: ROOT, env });
}

function readEvents(log: string): EngineEvent[] {
  const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as EngineEvent]));
}
