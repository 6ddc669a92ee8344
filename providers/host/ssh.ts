/** The real {@link Host}: one SSH connection, opened at the first command and shared by all. */
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "./channel.ts";
import type { Command } from "./command.ts";
import type { Connection } from "./connection.ts";
import { backoff } from "./dial.ts";
import * as errors from "./errors.ts";
import type { Host, Result } from "./host.ts";
import { groups, isJoined, join, outcomes } from "./joined.ts";
import { openLink } from "./link.ts";
import type { Link } from "./link.ts";
import { log, openLog } from "./log.ts";
import { Broken } from "./pool.ts";
import { rebootHost, type Way } from "./reboot.ts";
import { resolveTarget } from "./target.ts";
import type { Target } from "./target.ts";
import { killAfter, wire } from "./wire.ts";

/** Limits that only tests have a reason to change. */
export interface Limits {
  /** Bytes that a command may print. */
  readonly output: number;
  /** Seconds from a command's time limit until it is given up, should timeout(1) on the host not have ended it. */
  readonly grace: number;
}

/**
 * Reads the ssh config and known_hosts; the connection itself is made when the first command needs it.
 * Rejects with a UserError where a file of these cannot be read, or the command log not be written.
 */
export async function connect(settings: Connection, limits: Partial<Limits> = {}): Promise<Host> {
  const target = await Promise.resolve(settings).then(resolveTarget);
  openLog();
  const access: Access = {
    target,
    link: openLink(target),
    timeLimit: settings.commandTimeout ?? 120,
    limits: { output: 64 * 1024 * 1024, grace: killAfter + 5, ...limits },
    sudo: target.user !== "root",
  };
  const read = async (command: Command) => perform(access, "read", command);
  const change = async (command: Command) => perform(access, "change", command);
  const way: Way = {
    name: target.name,
    read,
    change,
    readAnew: async (command) => anew(access, "read", command),
    forget: () => {
      access.link.forget();
    },
  };
  return {
    name: target.name,
    read,
    change,
    changeAll: (commands) => performAll(access, commands),
    login: () => access.link.login(),
    changeAnew: async (command) => anew(access, "change", command),
    reboot: async (seconds) => rebootHost(way, seconds),
    close: async () => access.link.close(),
  };
}

interface Access {
  readonly target: Target;
  readonly link: Link;
  readonly timeLimit: number;
  readonly limits: Limits;
  /** Whether commands go through sudo. A user of another name can be root too, which sudo's absence makes us ask. */
  sudo: boolean;
}

async function anew(access: Access, effect: Effect, command: Command): Promise<Result> {
  const connectTimeout = Math.min(access.target.connectTimeout, 1000 * (command.timeLimit ?? access.timeLimit));
  const target = { ...access.target, connectTimeout };
  const link = openLink(target);
  try {
    return await perform({ ...access, target, link }, effect, command);
  } finally {
    await link.close();
  }
}

/** Brief ones go as one command. */
function performAll(access: Access, commands: readonly Command[]): readonly Promise<Result>[] {
  const results = new Map<Command, Promise<Result>>();
  for (const group of groups(commands)) {
    const [one] = group;
    if (one === undefined) continue;
    const all = group.length === 1 ? undefined : join(group);
    const whole = perform(access, "change", all ?? one);
    const outcome = async (i: number) => {
      const answer = await whole;
      return all === undefined ? answer : (outcomes(all, answer)[i] ?? answer);
    };
    for (const [i, part] of group.entries()) results.set(part, outcome(i));
  }
  return commands.map(async (command) => results.get(command) ?? perform(access, "change", command));
}

type Effect = "read" | "change";

/** How often a command is sent again that was not sent, or may be repeated, when the connection breaks. */
const mostRepeats = 3;

async function perform(access: Access, effect: Effect, command: Command): Promise<Result> {
  for (let losses = 0; ;) {
    try {
      return await send(access, effect, command);
    } catch (error) {
      if (!isLoss(error, losses)) throw error;
      if (++losses > mostRepeats) throw errors.lostTooOften(access.target.name, command.label, error.message);
      await sleep(backoff(losses));
    }
  }
}

/** Before a first loss a host that cannot be reached is an error; after it, it may be a host that comes back. */
function isLoss(error: unknown, losses: number): error is Error {
  return error instanceof Broken || (losses > 0 && error instanceof errors.Unreachable);
}

async function send(access: Access, effect: Effect, command: Command): Promise<Result> {
  const timeLimit = command.timeLimit ?? access.timeLimit;
  const { sudo } = access;
  const line = wire(command.argv, { sudo, timeLimit, effect });
  const input = await inputOf(command);
  const session = await access.link.take().catch((error: unknown) => {
    if (!Buffer.isBuffer(input)) input.destroy();
    throw error;
  });
  const started = performance.now();
  const outcome = await session.run(line, input, {
    output: access.limits.output,
    time: 1000 * (timeLimit + access.limits.grace),
  });
  const ms = performance.now() - started;
  const late = outcome.end === "too late" || (isTimeout(outcome) && ms > 1000 * timeLimit - clockTolerance);
  const error = late
    ? errors.tooLate(access.target.name, command.label, timeLimit)
    : explain(access, effect, command, outcome);
  record(access.target, effect, command, outcome, ms, error);
  if (error) throw error;
  if (sudo && looksLikeSudo(outcome) && !(await maySudo(access, outcome))) return send(access, effect, command);
  return { code: outcome.code, stdout: outcome.stdout, stderr: outcome.stderr };
}

/** Milliseconds by which the host's clock may run faster than ours. */
const clockTolerance = 50;

/** timeout(1) exits with 124 when SIGTERM did it, and with 137 when it took SIGKILL. */
function isTimeout({ end, code }: Outcome): boolean {
  return end === "exit" && (code === 124 || code === 137);
}

function explain({ target, limits }: Access, effect: Effect, command: Command, { end }: Outcome): Error | undefined {
  if (end === "too much output") return errors.tooMuchOutput(target.name, command.label, limits.output);
  if (end === "refused") return errors.commandRefused(target.name, command.label);
  if (end === "input failed") return errors.inputFailed(command.label);
  if (end !== "lost") return undefined;
  if (effect === "change") return errors.connectionLost(target.name, command.label);
  return new Broken("it broke while a command was running", false);
}

/** A line for each command; those that were sent as one have their own codes. */
function record(target: Target, effect: Effect, command: Command, outcome: Outcome, ms: number, error?: Error): void {
  const parts = isJoined(command) ? outcomes(command, outcome) : [outcome];
  parts.forEach(({ code }, i) => {
    log({
      event: "command",
      host: target.name,
      effect,
      label: isJoined(command) ? (command.parts[i]?.label ?? "") : command.label,
      code: outcome.end === "exit" ? code : null,
      ...(error && { error: error.message }),
      ms: Math.round(ms),
      bytes: Math.round(outcome.bytes / parts.length),
    });
  });
}

async function inputOf({ stdin = "", label }: Command): Promise<Buffer | Readable> {
  if (Buffer.isBuffer(stdin)) return stdin;
  if (typeof stdin === "string") return Buffer.from(stdin, "utf8");
  if ("reveal" in stdin) return Buffer.from(stdin.reveal(), "utf8");
  try {
    return (await open(stdin.file)).createReadStream();
  } catch (error) {
    throw errors.inputFailed(label, error as Error);
  }
}

/** sudo itself failed, it seems: the command was not run then. */
function looksLikeSudo({ code, stderr }: Outcome): boolean {
  return (code === 1 || code === 127) && /\bsudo\b/.test(stderr.split("\n")[0] ?? "");
}

/** False: no sudo is needed, the user is root by another name. Throws where sudo is needed and refused. */
async function maySudo(access: Access, failed: Outcome): Promise<boolean> {
  const session = await access.link.take();
  const time = 1000 * access.timeLimit;
  const { end, code, stdout } = await session.run("id -u; sudo -n true", Buffer.alloc(0), {
    output: 1024 * 1024,
    time,
  });
  // Without an answer the command's own failure is what we know.
  if (end !== "exit") return true;
  access.sudo = stdout.trim() !== "0";
  if (access.sudo && code !== 0) throw errors.noSudo(access.target.name, access.target.user, failed.stderr);
  return access.sudo;
}
