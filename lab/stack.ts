/** Pulumi commands on stack dev of this checkout's lab. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup/cache.mjs";
import { stackEnvironment } from "../setup/pulumi.mjs";
import { LAB } from "./record.ts";

const env = { ...process.env, ...stackEnvironment(LAB) };

/** Runs a pulumi command before the user's eyes; returns its exit code. */
export function pulumi(...args: readonly string[]): number {
  return spawnSync("pulumi", args, { cwd: ROOT, env, stdio: "inherit" }).status ?? 1;
}

/** Makes the stack where it is missing. */
export function selectStack(): void {
  mkdirSync(join(LAB, "state"), { recursive: true });
  const options = { cwd: ROOT, env, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync("pulumi", ["stack", "select", "--create", "dev"], options);
  if (status !== 0) throw new Error(`cannot select stack dev: ${stderr}`);
}
