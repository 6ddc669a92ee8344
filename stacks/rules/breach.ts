/** What every rule is made of. */
import type { StackConfig } from "../config.ts";

export interface Breach {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type Rule = (config: StackConfig) => readonly Breach[];

/** Every entry that has the key of an earlier one, with that one. */
export function twins<Entry>(entries: readonly Entry[], key: (entry: Entry) => unknown): [first: Entry, twin: Entry][] {
  const first = new Map<unknown, Entry>();
  return entries.flatMap((entry) => {
    const earlier = first.get(key(entry));
    if (earlier !== undefined) return [[earlier, entry] as [Entry, Entry]];
    first.set(key(entry), entry);
    return [];
  });
}
