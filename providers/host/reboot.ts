/** A reboot of the host, and the wait until it is back. */
import { setTimeout as sleep } from "node:timers/promises";
import { script, withTimeLimit, type Command } from "./command.ts";
import { WrongHostKey } from "./errors.ts";
import { CommandFailed, ConnectionLost, UserError, type Result } from "./host.ts";

/** What a reboot needs of a host. */
export interface Way {
  readonly name: string;
  read(command: Command): Promise<Result>;
  change(command: Command): Promise<Result>;
  /** Reads over a connection made anew, as somebody would who comes now. */
  readAnew(command: Command): Promise<Result>;
  /** Drops the connection: it leads to a boot that is over. */
  forget(): void;
}

const IDENTITY = script("which-boot", "cat /etc/machine-id /proc/sys/kernel/random/boot_id");

// What is started at boot is not there as soon as sshd is.
const STARTED = script(
  "boot-ended",
  "[ ! -d /run/systemd/system ] || systemctl is-system-running --wait >/dev/null || [ $? -eq 1 ]",
);

const REBOOT = script("reboot", "if [ -d /run/systemd/system ]; then systemctl reboot; else reboot; fi");

interface Identity {
  readonly machine: string;
  readonly boot: string;
}

/**
 * Resolves when the same machine has ended a new boot. Rejects when that takes longer than `seconds`, when another
 * machine answers, and at once when the host key is another one.
 */
export async function rebootHost(way: Way, seconds: number, pause = 2000): Promise<void> {
  const until = performance.now() + 1000 * seconds;
  const before = identity(way, await way.read(IDENTITY));
  await ask(way);
  const after = await back(way, before, seconds, until, pause);
  if (after.machine !== before.machine)
    throw new UserError(
      `another machine answers after the reboot of ${way.name}: ${after.machine} instead of ${before.machine}`,
    );
  way.forget();
  await way.read(withTimeLimit(STARTED, Math.max(1, Math.ceil((until - performance.now()) / 1000))));
}

/** The host may be gone before it has answered. */
async function ask(way: Way): Promise<void> {
  try {
    const result = await way.change(REBOOT);
    if (result.code !== 0) throw new CommandFailed(way.name, REBOOT, result);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
  }
}

/** Whatever keeps us out while the host goes down and comes up is no failure until the time is over. */
async function back(way: Way, before: Identity, seconds: number, until: number, pause: number): Promise<Identity> {
  for (let last = "it has not gone down"; ;) {
    try {
      const now = identity(way, await way.readAnew(withTimeLimit(IDENTITY, 10)));
      if (now.boot !== before.boot) return now;
    } catch (error) {
      if (error instanceof WrongHostKey || !(error instanceof UserError)) throw error;
      last = error.message;
    }
    if (performance.now() > until)
      throw new UserError(
        `${way.name} did not come back within ${String(seconds)} s after its reboot: ${last}\n` +
          "Way out: look at its console; when it is back, run this again: it goes on from there.",
      );
    await sleep(pause);
  }
}

function identity(way: Way, { code, stdout, stderr }: Result): Identity {
  const [machine = "", boot = ""] = stdout.split("\n");
  if (code === 0 && machine !== "" && boot !== "") return { machine, boot };
  throw new UserError(`cannot tell which boot of which machine ${way.name} is: ${stderr.trim()}`);
}
