// Long steps: their output goes to a file, the user sees that they go on, and the end of the file when they fail.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE, say } from "./cache.mjs";

/**
 * @param {string} label what the user reads
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function step(label, argv, options = {}) {
  mkdirSync(join(CACHE, "logs"), { recursive: true });
  const log = join(CACHE, "logs", `${label.replace(/\W+/g, "-")}.log`);
  const out = openSync(log, "w");
  const began = Date.now();
  say(`${label} …`);
  const child = spawn(argv[0] ?? "", argv.slice(1), { ...options, stdio: ["ignore", out, out] });
  const tick = setInterval(() => say(`${label} … ${elapsed(began)}, ${lastLine(log)}`), 20_000);
  const code = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, signal) => resolve(status ?? signal));
  });
  clearInterval(tick);
  closeSync(out);
  if (code !== 0)
    throw new StepFailed(`${label}: failed (${code}) after ${elapsed(began)}\n${tail(log)}\nall of it: ${log}`);
  say(`${label}: done in ${elapsed(began)}`);
}

/** Told without a stack trace. */
export class StepFailed extends Error {}

/**
 * Runs a program's work; a failed step is told without a stack trace, and the process ends with its exit code.
 * @param {() => Promise<number>} work
 */
export async function main(work) {
  try {
    process.exit(await work());
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(error.message);
    process.exit(1);
  }
}

/** @param {number} began */
function elapsed(began) {
  const seconds = Math.round((Date.now() - began) / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {string} log */
function lastLine(log) {
  return (readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "").slice(0, 100);
}

/** @param {string} log */
function tail(log) {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
