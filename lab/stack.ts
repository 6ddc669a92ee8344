/** Pulumi commands on stack dev of this checkout's lab. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { alive, ROOT, say } from "../setup/cache.mjs";
import { stackEnvironment } from "../setup/pulumi.mjs";
import { LAB } from "./record.ts";

/** What Pulumi keeps of the stack. */
export const STATE = join(LAB, "state");

/** The policies judge every preview and up. */
export const STACK_ENV = { ...stackEnvironment(LAB), PULUMI_OPTION_POLICY_PACK: join(ROOT, "policies", "pack") };
const env = { ...process.env, ...STACK_ENV };

/** Runs a pulumi command before the user's eyes; returns its exit code. */
export function pulumi(...args: readonly string[]): number {
  return spawnSync("pulumi", args, { cwd: ROOT, env, stdio: "inherit" }).status ?? 1;
}

/** Makes the stack where it is missing, and unlocks it where it is locked for a run that was killed. */
export function selectStack(): void {
  mkdirSync(STATE, { recursive: true });
  const options = { cwd: ROOT, env, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync("pulumi", ["stack", "select", "--create", "dev"], options);
  if (status !== 0) throw new Error(`cannot select stack dev: ${stderr}`);
  if (isLockStale()) {
    say("an earlier run on this stack was killed: going on from what it did");
    pulumi("cancel", "--yes", "--stack", "dev");
  }
}

/** True where every lock is that of a process of this machine which is gone. */
function isLockStale(): boolean {
  const folder = join(STATE, ".pulumi/locks/organization/phoenix/dev");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const locks = names.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Lock);
  return locks.length > 0 && locks.every((lock) => lock.hostname === hostname() && !alive(lock.pid));
}

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}
