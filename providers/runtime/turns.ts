/**
 * Who may work on the host: many at the same time, or one alone. Who wants to be alone waits for those who work, and
 * whoever comes after it waits for it.
 */
export interface Turns {
  beside<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function newTurns(): Turns {
  const working = new Set<Promise<unknown>>();
  let last: Promise<unknown> = Promise.resolve();
  const note = async <T>(one: Promise<T>): Promise<T> => {
    working.add(one);
    try {
      return await one;
    } finally {
      working.delete(one);
    }
  };
  return {
    beside: async (work) => {
      // Another may have asked to be alone while this one waited.
      for (let before; before !== last;) await (before = last);
      return note(work());
    },
    alone: async (work) => {
      const mine = last.then(async () => Promise.allSettled(working)).then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
