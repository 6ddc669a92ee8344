/** Declared parameters beside those that count. */
import type { Change } from "../../kind.ts";
import { canonical, canonicalName, inTermsOf, type Parameters, type Value } from "./parameters.ts";

/**
 * What there is of the declared parameters, and of `others` that are not declared: an equal value in the declared
 * notation. `value` tells what counts, by canonical name.
 */
export function seen(
  declared: Parameters,
  value: (name: string) => string | undefined,
  others: ReadonlyMap<string, string>,
): Parameters {
  const known = new Set(Object.keys(declared).map(canonicalName));
  const own = Object.entries(declared).flatMap(([name, to]): [string, Value][] => {
    const is = value(canonicalName(name));
    if (is === undefined) return [];
    return [[name, canonical(canonicalName(name), is) === canonical(name, to) ? to : inTermsOf(name, is)]];
  });
  return Object.fromEntries([...own, ...[...others].filter(([name]) => !known.has(name))]);
}

/** What differs, whatever the names and notations. */
export function parameterChanges(live: Parameters, want: Parameters): Change[] {
  const is = new Map(Object.entries(live).map((entry) => [canonicalName(entry[0]), entry]));
  const declared = new Set(Object.keys(want).map(canonicalName));
  const changed = Object.entries(want).flatMap(([name, to]): Change[] => {
    const [as = name, from] = is.get(canonicalName(name)) ?? [];
    if (from !== undefined && canonical(as, from) === canonical(name, to)) return [];
    return [{ prop: `parameters.${name}`, from, to }];
  });
  const extra = [...is].flatMap(([name, [as, from]]): Change[] =>
    declared.has(name) ? [] : [{ prop: `parameters.${as}`, from, to: undefined }],
  );
  return [...changed, ...extra];
}
