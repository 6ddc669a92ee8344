/** What one says to a running machine: commands for QEMU's monitor, the time for the guest. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { alive } from "../setup/cache.mjs";

/** A machine's process, and the folder where QEMU puts its sockets. */
export interface Running {
  readonly pid: number;
  readonly folder: string;
}

/** Seconds in which the clock service must have started once sshd runs. */
const CLOCK_LIMIT = 300;

/** Seconds until the time is told again: what arrives before the guest listens may be lost. */
const AGAIN = 5;

/** Runs a command of QEMU's human monitor; resolves with what it prints. */
export async function tell(machine: Running, line: string): Promise<string> {
  const socket = await connect(machine, "qmp");
  try {
    // QEMU answers in order: its greeting, the end of negotiation, the command.
    const answers = replies(socket);
    socket.write(`${JSON.stringify({ execute: "qmp_capabilities" })}\n`);
    await answers.next();
    const ask = { execute: "human-monitor-command", arguments: { "command-line": line } };
    socket.write(`${JSON.stringify(ask)}\n`);
    const { value } = await answers.next();
    if (value === undefined) throw ended(machine);
    if (/^error/im.test(value)) throw new Error(`the lab's machine cannot ${line}: ${value.trim()}`);
    return value;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ECONNRESET" ? ended(machine) : error;
  } finally {
    socket.destroy();
  }
}

/** The texts that QMP returns, events and greeting left out. */
async function* replies(socket: Socket): AsyncGenerator<string, undefined> {
  for await (const line of createInterface({ input: socket })) {
    const said = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
    if (said.error !== undefined) throw new Error(`the lab's monitor: ${said.error.desc}`);
    if ("return" in said) yield typeof said.return === "string" ? said.return : "";
  }
  return undefined;
}

/**
 * Tells the guest the time: a machine that wakes up from a saved state believes it is the time of saving.
 * Resolves when the guest's clock service has answered; that service is the last to start at boot.
 */
export async function setClock(machine: Running): Promise<void> {
  const socket = await connect(machine, "clock");
  // A saved state may still answer what it was told before; only the answer to the last telling counts.
  let last = 0;
  const answered = new Promise<true>((resolve) => {
    createInterface({ input: socket }).on("line", (line) => {
      if (line === `set ${String(last)}`) resolve(true);
    });
  });
  for (let waited = 0; waited < CLOCK_LIMIT; waited += AGAIN) {
    if (!alive(machine.pid)) throw ended(machine);
    last = Math.round(Date.now() / 1000);
    socket.write(`${String(last)}\n`);
    if (await Promise.race([answered, pause(AGAIN * 1000, false)])) {
      socket.destroy();
      return;
    }
  }
  throw new Error("the lab's machine runs sshd, but its clock service does not answer (see console.log)");
}

/** Ends the machine, its disk files complete. The guest is not asked: for it, this is a power cut. */
export async function end({ pid }: Running, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (alive(pid)) process.kill(pid, signal);
  while (alive(pid)) await pause(20);
}

/** That a machine's process is gone, with what QEMU said last. */
export function ended({ folder }: Pick<Running, "folder">): Error {
  const last = (file: string) => readFileSync(join(folder, file), "utf8").trimEnd().split("\n").slice(-5).join("\n");
  return new Error(`the lab's machine has ended; qemu.log: ${last("qemu.log")}\nconsole.log: ${last("console.log")}`);
}

/** Connects to a unix socket that QEMU has made, or is about to make. */
async function connect(machine: Running, name: string): Promise<Socket> {
  while (alive(machine.pid)) {
    // A socket's path is limited to 107 bytes, which a checkout's own path can exceed: this way it is always short.
    const folder = openSync(machine.folder, "r");
    const socket = createConnection(`/proc/self/fd/${String(folder)}/${name}`);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
    closeSync(folder);
    if (connected) {
      // That QEMU is gone shows where its answer is awaited; a socket that breaks with it is no other news.
      socket.on("error", () => {
        socket.destroy();
      });
      return socket;
    }
    await pause(20);
  }
  throw ended(machine);
}
