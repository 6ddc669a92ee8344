/** Runs pulumi on a stack and tells what came of it: the engine's events, in our words. */
import { spawn, spawnSync, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAB } from "../lab/record.ts";
import { ROOT } from "../setup/cache.mjs";
import { stackEnvironment } from "../setup/pulumi.mjs";
import { done, outcome, passphraseOf, type EngineEvent, type Outcome } from "./outcome.ts";
import { changes } from "./report.ts";

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
  const name = passphraseOf(stack);
  const [phrase, file] = [env[name], env[name.replace("PASSPHRASE", "PASSPHRASE_FILE")]];
  return {
    ...own,
    ...env,
    ...(phrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: phrase }),
    ...(file === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: file }),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_RUN_PROGRAM: "true",
    // Without it pulumi has no --event-log.
    PULUMI_DEBUG_COMMANDS: "true",
    PULUMI_OPTION_POLICY_PACK: join(ROOT, "policies", "pack"),
  };
}

/** Works with a folder for whatever pulumi writes down, credentials included; nothing of it is left behind. */
async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  // GitHub empties its own at the end of a job, also one that it has killed.
  const folder = mkdtempSync(join(process.env["RUNNER_TEMP"] ?? tmpdir(), "phoenix-run-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs pulumi to its end; returns its exit code. A run that is ended from outside, as by Ctrl-C or a CI's button, ends
 * as pulumi ends one: what is under way is brought to its end, and the stack's lock given back.
 */
async function pulumi(argv: readonly string[], env: NodeJS.ProcessEnv, stdio: StdioOptions, stderr: string[] = []) {
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  // From before pulumi is there: it may be told to end as soon as it is.
  process.on("SIGINT", pass).on("SIGTERM", pass);
  // Of a group of its own: a terminal would send Ctrl-C to it too, and twice means at once.
  const child = spawn("pulumi", argv, { cwd: ROOT, env, stdio, detached: true });
  child.stdout?.resume();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
  try {
    await once(child, "close");
  } finally {
    process.off("SIGINT", pass).off("SIGTERM", pass);
  }
  return child.exitCode ?? 1;
}

/** What a preview says of a stack, its policies included. The host is looked at, and not changed. */
export async function preview(stack: string): Promise<Outcome> {
  return inScratch(async (folder) => {
    const env = environment(stack, join(folder, "home"));
    const refused = makeInLab(stack, env);
    if (refused !== undefined) return outcome(stack, false, [], refused);
    const log = join(folder, "events");
    const flags = ["--stack", stack, "--non-interactive", "--color=never", "--event-log", log];
    const said: string[] = [];
    const code = await pulumi(["preview", ...flags], env, ["ignore", "pipe", "pipe"], said);
    return outcome(stack, code === 0, readEvents(log), said.join(""));
  });
}

/** Brings a host to what its stack declares, before the user's eyes, and sums up what was changed; returns the exit code. */
export async function deploy(stack: string): Promise<number> {
  return inScratch(async (folder) => {
    const log = join(folder, "events");
    // Not --diff: it runs the words of a policy together with its name.
    const flags = ["--stack", stack, "--yes", "--non-interactive", "--suppress-progress", "--event-log", log];
    const code = await pulumi(["up", ...flags], environment(stack, join(folder, "home")), [
      "ignore",
      "inherit",
      "inherit",
    ]);
    const changed = changes(done(readEvents(log)));
    console.log(`${stack}: changed on the host:${changed.length === 0 ? " nothing" : ["", ...changed].join("\n  ")}`);
    return code;
  });
}

/** Only the lab's own state is given stacks that it has not: elsewhere somebody has to want them. Returns what kept it from that. */
function makeInLab(stack: string, env: NodeJS.ProcessEnv): string | undefined {
  if (process.env["PULUMI_BACKEND_URL"] !== undefined) return undefined;
  mkdirSync(join(LAB, "state"), { recursive: true });
  const init = ["stack", "init", stack, "--no-select", "--non-interactive", "--color=never"];
  const { status, stderr, error } = spawnSync("pulumi", init, { cwd: ROOT, env, encoding: "utf8" });
  if (error !== undefined) throw error;
  return status === 0 || stderr.includes("already exists") ? undefined : stderr;
}

function readEvents(log: string): EngineEvent[] {
  const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as EngineEvent]));
}
