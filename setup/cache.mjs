// The one folder outside the checkout: toolchain, lab images. Everything in it is keyed by what made it.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const CACHE =
  process.env["PHOENIX_CACHE"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "phoenix-hypervisor");

/** The checkout. */
export const ROOT = join(import.meta.dirname, "..");

/**
 * Runs `make` while no other process holds the lock of that name. The kernel gives it back when its holder dies,
 * however that dies: flock(1) holds it for as long as the pipe from here is open.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} make
 * @param {string} [folder] where the lock's file is
 * @returns {Promise<T>}
 */
export async function locked(name, make, folder = CACHE) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.lock`);
  const holder = spawn("flock", [file, "sh", "-c", "echo; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const told = setTimeout(() => say(`waiting for another process that is at ${name}`), 2000);
  await new Promise((resolve, reject) => {
    holder.stdout.once("data", resolve);
    holder.once("error", reject);
    holder.once("exit", (code) => reject(new Error(`cannot lock ${file}: flock ended with ${code}`)));
  });
  clearTimeout(told);
  try {
    return await make();
  } finally {
    holder.stdin.end();
    await new Promise((resolve) => (holder.exitCode === null ? holder.once("exit", resolve) : resolve(undefined)));
  }
}

/** @param {number} pid */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`phoenix: ${text}\n`);
}
