/** Work that objects of a kind share: joined by one command, or made to count by one. */
import type { Command } from "../host/command.ts";
import { CommandFailed } from "../host/host.ts";
import type { Batch } from "../kind.ts";
import { coalesce } from "./coalesce.ts";
import { memo } from "./memo.ts";

type Change = (command: Command) => Promise<void>;

export interface Work {
  /** Does an object's own work, then a changing command once for all objects that change at the same time. */
  settle(command: Command, own: () => Promise<void>): Promise<void>;
  /** Does an object's share of a joined work, together with those that come to it at the same time. */
  batch(share: Batch): Promise<void>;
}

/** `allLooked`: objects that are still being looked at may have a share in the work, which begins when none is. */
export function openWork(change: Change, allLooked: () => Promise<void>): Work {
  const batches = coalesce(async (shares: readonly Batch[]) => together(change, shares), allLooked);
  const settlers = memo((label: string) => {
    const working = new Set<Promise<void>>();
    const allDone = async () => {
      do {
        await allLooked();
        await Promise.allSettled(working);
      } while (working.size > 0);
    };
    return { working, run: coalesce(async (all: readonly Command[]) => change(first(all, label)), allDone) };
  });
  return {
    async settle(command, own) {
      const { working, run } = settlers(command.label);
      const mine = own();
      working.add(mine);
      try {
        await mine;
      } finally {
        working.delete(mine);
      }
      return run(command);
    },
    async batch(share) {
      const failure = (await batches(share)).get(share);
      if (failure !== undefined) throw failure;
    },
  };
}

/** Does several works by one command; when it fails, each by its own. Tells which of them failed. */
async function together(change: Change, works: readonly Batch[]): Promise<ReadonlyMap<Batch, CommandFailed>> {
  const failed = new Map<Batch, CommandFailed>();
  const attempt = async (some: readonly Batch[]) => {
    const [one] = some;
    if (one === undefined) return;
    try {
      await change(one.command([...new Set(some.flatMap(({ items }) => items))]));
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (some.length === 1) failed.set(one, error);
      else for (const work of some) await attempt([work]);
    }
  };
  await attempt(works);
  return failed;
}

function first(commands: readonly Command[], label: string): Command {
  const [command] = commands;
  if (command === undefined) throw new Error(`nothing to settle: ${label}`);
  return command;
}
