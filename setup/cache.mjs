// The one folder outside the checkout: toolchain, lab images. Everything in it is keyed by what made it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const CACHE =
  process.env["PHOENIX_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "phoenix-hypervisor");

/** The checkout. */
export const ROOT = join(import.meta.dirname, "..");

/**
 * Runs `make` while no other process holds the lock of that name. A lock whose holder died is taken over.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
export async function locked(name, make) {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `${name}.lock`);
  for (let told = false; !take(file); told = true) {
    if (!told) say(`waiting for process ${holder(file)}, which is at ${name}`);
    await pause(500);
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await make();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    const pid = holder(file);
    if (pid === "" || !alive(Number(pid))) rmSync(file, { force: true });
    return false;
  }
}

/** @param {string} file */
function holder(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // released in this moment
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
