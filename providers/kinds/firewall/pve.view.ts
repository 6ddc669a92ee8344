/** What a .fw file says, in the words of a spec. Pure. */
import { aliasesOf, content, entriesOf, option, sameSet, type Options, type Section } from "./fw-file.ts";
import { canonicalLine, parseRule, ruleLines } from "./fw-rule.ts";
import { gaps } from "./live.ts";
import type { Names, Rule } from "./rule.spec.ts";

/** Aliases and sets that are declared or were. */
export function namesView(sections: readonly Section[], spec: Names, was?: Names) {
  const there = aliasesOf(sections);
  return {
    aliases: pick({ ...was?.aliases, ...spec.aliases }, (name) => there.get(name)),
    ipset: pick({ ...was?.ipset, ...spec.ipset }, (name, declared) => {
      const is = entriesOf(sections, name);
      return is !== undefined && sameSet(is, declared) ? [...declared] : is;
    }),
  };
}

function pick<Declared, Value>(
  names: Readonly<Record<string, Declared>>,
  find: (name: string, declared: Declared) => Value | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, declared]) => {
      const is = find(name, declared);
      return is === undefined ? [] : [[name, is] as const];
    }),
  );
}

/** Declared rules whose lines are there, in the declared notation; the other lines as far as they can be read. */
export function rulesView<Kept extends Rule>(sections: readonly Section[], declared: readonly Kept[]): Kept[] {
  const is = content(sections, "rules").map(canonicalLine);
  const wanted = declared.flatMap((rule, i) => ruleLines(rule).map((line) => ({ line, i })));
  const lost = new Set<number>();
  const extra = new Map<number, string[]>();
  for (const gap of gaps(
    is,
    wanted.map(({ line }) => line),
  )) {
    for (const at of gap.lost) lost.add(wanted[at]?.i ?? -1);
    const before = wanted[gap.at]?.i ?? declared.length;
    extra.set(before, [...(extra.get(before) ?? []), ...gap.extra]);
  }
  const found = (i: number) => (extra.get(i) ?? []).map((line) => parseRule(line) as unknown as Kept);
  return [...declared.flatMap((rule, i) => [...found(i), ...(lost.has(i) ? [] : [rule])]), ...found(declared.length)];
}

type Value = boolean | number | string;

/** Options as the files write them. */
export function written(options: Readonly<Record<string, unknown>>): Options {
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === "boolean" ? (value ? "1" : "0") : String(value as Value)]],
    ),
  );
}

/** The options of `declared` that are said, or else what holds, as values of the same kind. */
export function optionsView(
  sections: readonly Section[],
  declared: Readonly<Record<string, unknown>>,
  standard: Options = {},
): Record<string, Value> {
  return pick(written(declared), (key) => {
    const text = option(sections, key) ?? standard[key];
    if (text === undefined) return undefined;
    const type = typeof declared[key];
    return type === "boolean" ? text !== "0" : type === "number" ? Number(text) : text;
  });
}
