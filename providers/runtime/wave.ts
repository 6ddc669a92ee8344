/** Objects of a kind that the engine sends one after the other, as many as it handles at a time, and that go together. */
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

/** Milliseconds without a newcomer after which no more are waited for while there are objects to come. */
const GAP = 50;

export interface Wave {
  /** Notes an object that is going to come. */
  expect(id: string): void;
  /** An object has come. */
  come(ids: readonly string[]): void;
  /** Objects that are going to come, at most so many. */
  next(most: number): readonly string[];
  /** Resolves when as many wait as ever went together, or none has come for a while. */
  complete(waiting: () => number): Promise<void>;
}

export function openWave(): Wave {
  const expected = new Set<string>();
  let come = 0;
  let widest = 0;
  return {
    expect: (id) => expected.add(id),
    come(ids) {
      come++;
      for (const id of ids) expected.delete(id);
    },
    next: (most) => [...expected].slice(0, most),
    async complete(waiting) {
      for (let before = -1; before !== come && (widest === 0 || waiting() < widest);) {
        before = come;
        await (expected.size > 0 ? sleep(GAP) : turn());
      }
      widest = Math.max(widest, waiting());
    },
  };
}
