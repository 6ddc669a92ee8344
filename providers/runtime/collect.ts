/** Hands over together what is called for until `ready` resolves; each gets its own answer. */
export function collect<Key, Answer>(
  run: (keys: readonly Key[]) => Promise<readonly Promise<Answer>[]>,
  ready: (waiting: () => number) => Promise<void>,
): (key: Key) => Promise<Answer> {
  let gathering: { keys: Key[]; answers: Promise<readonly Promise<Answer>[]> } | undefined;
  return async (key) => {
    if (gathering === undefined) {
      const keys: Key[] = [];
      const answers = ready(() => keys.length).then(async () => {
        gathering = undefined;
        return run(keys);
      });
      gathering = { keys, answers };
    }
    const place = gathering.keys.push(key) - 1;
    const answer = (await gathering.answers)[place];
    if (answer === undefined) throw new Error("there is no answer for each that was called for");
    return answer;
  };
}
