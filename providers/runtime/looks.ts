/** Looks at objects of a kind: those that come together share one, and what was seen holds until something is changed. */
import { setImmediate as turn } from "node:timers/promises";
import type { Command } from "../host/command.ts";
import type { Result } from "../host/host.ts";
import type { Tally } from "./changes.ts";
import { coalesce } from "./coalesce.ts";
import type { AnyKind } from "./erased.ts";
import type { Wave } from "./wave.ts";

export interface Looks {
  /** Facts on these objects that hold now, as far as we change anything. */
  inspect(ids: readonly string[]): Promise<unknown>;
  /** Resolves when no object is being looked at. */
  readonly ended: () => Promise<void>;
}

/** Milliseconds after its end for which a look holds at most: others may change the host, too. */
const LONGEST = 2000;

/** How many objects that are going to come a look takes in. */
const AHEAD = 16;

interface Seen {
  readonly ids: ReadonlySet<string>;
  readonly facts: Promise<unknown>;
  /** Number of changes that had begun when it began, all of which had ended. */
  readonly changes: number;
  until: number;
}

export interface LooksSettings {
  readonly query: (command: Command) => Promise<Result>;
  readonly changes: Tally;
  readonly wave: Wave;
  /** Waits for brief changes of objects of this kind: these are to be looked at next. */
  readonly changed: () => Promise<void>;
}

export function openLooks(kind: AnyKind, { query, changes, wave, changed }: LooksSettings): Looks {
  let last: Promise<unknown> | undefined;
  let seen: Seen | undefined;

  const ask = async (ids: readonly string[]) => kind.parse(await query(kind.query(ids)));

  const askAhead = async (ids: readonly string[], ahead: readonly string[]) => {
    try {
      return await ask([...ids, ...ahead]);
    } catch (error) {
      // What is going to come must not keep anybody from what is asked now.
      if (ahead.length === 0) throw error;
      return ask(ids);
    }
  };

  const look = async (ids: readonly string[]): Promise<unknown> => {
    const ahead = wave.next(AHEAD);
    const facts = askAhead(ids, ahead);
    const mine: Seen = { ids: new Set([...ids, ...ahead]), facts, changes: changes.begun, until: Infinity };
    seen = changes.underWay === 0 ? mine : undefined;
    try {
      await facts;
      mine.until = performance.now() + LONGEST;
    } catch {
      mine.until = 0;
    }
    return facts;
  };

  const holding = (ids: readonly string[]): Promise<unknown> | undefined =>
    seen?.changes === changes.begun && performance.now() < seen.until && ids.every((id) => seen?.ids.has(id) === true)
      ? seen.facts
      : undefined;

  const joined = coalesce(
    async (asked: readonly (readonly string[])[]) => look([...new Set(asked.flat())]),
    async (waiting) => {
      await changed();
      await wave.complete(waiting);
    },
  );

  return {
    async inspect(ids) {
      wave.come(ids);
      const facts = holding(ids) ?? joined(ids);
      last = facts;
      return facts;
    },
    ended: async () => {
      for (let before: unknown = kind; before !== last;) {
        before = last;
        await last?.catch(() => undefined);
        await turn();
      }
    },
  };
}
