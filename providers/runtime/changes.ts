/** The changing commands of a session. */
import type { Command } from "../host/command.ts";
import { CommandFailed, type Host, type Result } from "../host/host.ts";
import { collect } from "./collect.ts";
import type { Wave } from "./wave.ts";

export interface Tally {
  /** How many have begun. */
  readonly begun: number;
  /** How many have not ended. */
  readonly underWay: number;
}

/** The brief commands of a kind: those of a wave go together. */
export interface Brief {
  change(command: Command): Promise<void>;
  /** Resolves when none is under way. */
  readonly ended: () => Promise<void>;
}

export interface Changes {
  readonly tally: Tally;
  /** Runs a command that must succeed. */
  change(command: Command): Promise<void>;
  /** Counts something else that changes the host. */
  count<T>(act: () => Promise<T>): Promise<T>;
  brief(wave: Wave): Brief;
}

export function openChanges(on: () => Promise<Host>): Changes {
  const tally = { begun: 0, underWay: 0 };
  const count = async <T>(act: () => Promise<T>): Promise<T> => {
    tally.begun++;
    tally.underWay++;
    try {
      return await act();
    } catch (error) {
      // It may go on without us when the connection was lost: what was seen meanwhile does not hold.
      tally.begun++;
      throw error;
    } finally {
      tally.underWay--;
    }
  };
  const must = async (command: Command, result: Promise<Result>) => {
    const { code, ...said } = await result;
    if (code !== 0) throw new CommandFailed((await on()).name, command, { code, ...said });
  };
  return {
    tally,
    count,
    change: async (command) =>
      must(
        command,
        on().then(async (host) => count(async () => host.change(command))),
      ),
    brief(wave) {
      let last: Promise<unknown> = Promise.resolve();
      const run = collect(
        async (commands: readonly Command[]) => {
          const results = (await on()).changeAll(commands).map(async (result) => count(async () => result));
          last = Promise.allSettled([last, ...results]);
          return results;
        },
        async (waiting) => wave.complete(waiting),
      );
      return {
        change: async (command) => must(command, run(command)),
        ended: async () => {
          for (let before; before !== last;) {
            before = last;
            await last;
          }
        },
      };
    },
  };
}
