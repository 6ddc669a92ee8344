/** The guest's sshd as seen from outside. */
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { alive } from "../setup/cache.mjs";
import { ended, tell, type Running } from "./monitor.ts";

/** Seconds: emulated, on a machine that has other work as well, a boot has been seen to take five minutes. */
const BOOT_LIMIT = 900;

/** The port on 127.0.0.1 that leads to the guest's sshd. */
export async function forwardedPort(machine: Running): Promise<number> {
  const told = await tell(machine, "info usernet");
  const port = /HOST_FORWARD\]?\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(told)?.[1];
  if (port === undefined) throw new Error(`the lab's machine has no port for ssh: ${told}`);
  return Number(port);
}

/** Whether nobody listens there; 0, which stands for any port, is always free. */
export async function isFree(port: number): Promise<boolean> {
  return port === 0 || (await dial(port)) === "refused";
}

/** Resolves when sshd says who it is. */
export async function sshdAnswers(machine: Running, port: number): Promise<void> {
  for (const limit = Date.now() + BOOT_LIMIT * 1000; Date.now() < limit;) {
    if (!alive(machine.pid)) throw ended(machine);
    if ((await dial(port)) === "sshd") return;
    await pause(50);
  }
  throw new Error("the lab's machine has not booted within 15 minutes (see console.log)");
}

async function dial(port: number): Promise<"sshd" | "refused" | "silent"> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const done = (found: "sshd" | "refused" | "silent") => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(3000, () => {
      done("silent");
    });
    socket.once("data", (bytes) => {
      done(bytes.toString().startsWith("SSH-") ? "sshd" : "silent");
    });
    socket.once("error", () => {
      done("refused");
    });
    socket.once("close", () => {
      done("silent");
    });
  });
}
