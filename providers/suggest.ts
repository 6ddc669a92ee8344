import { distance } from "fastest-levenshtein";

/** ` (did you mean "x"?)` for a word that is close to a known one, else nothing. */
export function suggest(word: string, known: readonly string[]): string {
  const near = known
    .map((one) => ({ one, off: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ off }) => off <= (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))))
    .sort((a, b) => a.off - b.off)[0];
  return near === undefined ? "" : ` (did you mean ${JSON.stringify(near.one)}?)`;
}
