/**
 * Joins calls that wait at the same time into one. While `run` is under way, further calls collect; when it ends,
 * one `run` serves them all. A call is never served by a run that began before it. `ready`, where given, is waited
 * for before a run begins: until then calls collect. It is told how many do.
 */
export function coalesce<Key, Answer>(
  run: (keys: readonly Key[]) => Promise<Answer>,
  ready?: (waiting: () => number) => Promise<void>,
): (key: Key) => Promise<Answer> {
  let waiting: { keys: Key[]; answer: Promise<Answer> } | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  return async (key) => {
    if (waiting === undefined) {
      const keys: Key[] = [];
      const start = async () => {
        await ready?.(() => keys.length);
        waiting = undefined;
        return run(keys);
      };
      const answer = underWay.then(start, start);
      waiting = { keys, answer };
      underWay = answer;
    }
    waiting.keys.push(key);
    return waiting.answer;
  };
}
