/** A lab host for a test file, and shell lines on it. */
import { after, before } from "mocha";
import { startLab, type Lab } from "../../lab/host.ts";
import { script, withTimeLimit, type Command } from "../../providers/host/command.ts";
import type { Host, Result } from "../../providers/host/host.ts";
import { connect } from "../../providers/host/ssh.ts";
import { PATIENTLY } from "../../providers/kinds/zfs/pool.commands.ts";

export interface LabHost extends Host {
  readonly lab: Lab;
  /** Labels of the changing commands since the last call. */
  changes(): readonly string[];
  /**
   * What somebody types as root, must succeed; returns what it prints. `zpool_patiently create` is `zpool create` that
   * does not mind udev being busy.
   */
  sh(line: string): Promise<string>;
  /** A power cut, and what boots after it, with a new connection. */
  powerCut(): Promise<void>;
  /** Back to a pristine host, with a new connection. */
  reset(): Promise<void>;
}

/** One pristine host for all tests of a `describe`. */
export function useLab(name: string): () => LabHost {
  let host: LabHost | undefined;
  before(async function () {
    // The image and the saved state may have to be made first.
    this.timeout(1_800_000);
    host = await labHost(name);
  });
  after(async function () {
    this.timeout(60_000);
    await host?.close();
    await host?.lab.stop();
  });
  return () => {
    if (host === undefined) throw new Error("the lab host is there in tests only");
    return host;
  };
}

async function labHost(name: string): Promise<LabHost> {
  const lab = await startLab(name, { processors: 1 });
  const dial = async () => connect({ host: "lab", sshConfig: lab.sshConfig });
  let on = await dial();
  let log: string[] = [];
  const must = ({ code, stdout, stderr }: Result, line: string) => {
    if (code !== 0) throw new Error(`${line}\nexit ${String(code)}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    lab,
    name: on.name,
    read: async (command) => on.read(command),
    change: async (command: Command) => {
      log.push(command.label);
      return on.change(command);
    },
    changeAll(commands) {
      log.push(...commands.map(({ label }) => label));
      return on.changeAll(commands);
    },
    login: () => on.login(),
    changeAnew: async (command: Command) => {
      log.push(command.label);
      return on.changeAnew(command);
    },
    reboot: async (seconds: number) => {
      log.push("reboot");
      return on.reboot(seconds);
    },
    close: async () => on.close(),
    changes() {
      const since = log;
      log = [];
      return since;
    },
    sh: async (line) =>
      must(await on.change(withTimeLimit(script("by-hand", `${PATIENTLY}\neval "$1"`, [line]), 600)), line),
    async powerCut() {
      await on.close();
      await lab.powerCut();
      on = await dial();
    },
    async reset() {
      await on.close();
      await lab.reset();
      on = await dial();
      log = [];
    },
  };
}
