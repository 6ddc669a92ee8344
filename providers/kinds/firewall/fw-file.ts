/**
 * Proxmox VE's .fw files: sections of lines behind `[NAME]`. What is not declared is kept byte for byte: other options,
 * aliases, sets and security groups. Pure.
 */
import { canonicalLine, ruleLines } from "./fw-rule.ts";
import type { RulesetSpec } from "./spec.ts";

export interface Section {
  /** `options`, `rules`, `ipset trusted`; empty for what stands before the first. */
  readonly name: string;
  /** As they are, the one with the name among them. */
  readonly lines: readonly string[];
}

const STANDARD = { enable: "0", policy_in: "DROP", policy_out: "ACCEPT", policy_forward: "ACCEPT" } as const;
type Key = keyof typeof STANDARD;

export function sectionsOf(text: string): Section[] {
  const all: { name: string; lines: string[] }[] = [{ name: "", lines: [] }];
  for (const line of text === "" ? [] : text.replace(/\n$/, "").split("\n")) {
    const [, name] = /^\s*\[([^\]]+)\]/.exec(line) ?? [];
    if (name !== undefined) all.push({ name: name.trim().toLowerCase().replace(/\s+/g, " "), lines: [] });
    all.at(-1)?.lines.push(line);
  }
  return all;
}

/** The lines of a section that say something. */
export function content(sections: readonly Section[], name: string): string[] {
  return sections
    .filter((section) => section.name === name)
    .flatMap(({ lines }) => lines.slice(1))
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => line.trim());
}

/** An option's value; Proxmox VE's own default where it is not said. */
export function option(sections: readonly Section[], key: Key): string {
  const said = content(sections, "options").findLast((line) => keyOf(line) === key);
  return said === undefined ? STANDARD[key] : (said.split(":")[1] ?? "").trim().toUpperCase();
}

export function aliasesOf(sections: readonly Section[]): Map<string, string> {
  return new Map(
    content(sections, "aliases").map((line) => [nameOf(line), line.replace(/\s*#.*/, "").split(/\s+/)[1] ?? ""]),
  );
}

export function entriesOf(sections: readonly Section[], set: string): string[] | undefined {
  if (!sections.some(({ name }) => name === `ipset ${set}`)) return undefined;
  return content(sections, `ipset ${set}`).map((line) => line.replace(/\s*#.*/, ""));
}

/** The file with what `spec` declares in it, and without what only `was` declared. No spec: all of it is taken back. */
export function edit(text: string, spec: RulesetSpec | undefined, was: RulesetSpec | undefined): string {
  let sections = sectionsOf(text);
  sections = editOptions(sections, spec);
  sections = editAliases(sections, spec?.aliases ?? {}, was?.aliases ?? {});
  for (const set of Object.keys({ ...was?.ipset, ...spec?.ipset })) sections = editSet(sections, set, spec?.ipset[set]);
  sections = editRules(sections, (spec?.rules ?? []).flatMap(ruleLines));
  const lines = sections.flatMap((section) => section.lines);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function editOptions(sections: Section[], spec: RulesetSpec | undefined): Section[] {
  const all = spec === undefined ? [] : Object.entries({ ...pickPolicies(spec), enable: spec.enable ? "1" : "0" });
  // What holds already need not be said; older releases have no policy_forward, and it is what holds there.
  const wanted = new Map(all.filter(([key, value]) => option(sections, key as Key) !== value).toSorted());
  return editLines(
    sections,
    "options",
    (line) => {
      const key = keyOf(line);
      if (key === undefined || !(key in STANDARD)) return line;
      const value = wanted.get(key);
      wanted.delete(key);
      if (value === undefined) return spec === undefined ? undefined : line;
      return `${key}: ${value}`;
    },
    () => [...wanted].map(([key, value]) => `${key}: ${value}`),
  );
}

function pickPolicies({ policy_in, policy_out, policy_forward }: RulesetSpec): Record<string, string> {
  return { policy_in, policy_out, policy_forward };
}

function editAliases(
  sections: Section[],
  want: Readonly<Record<string, string>>,
  was: Readonly<Record<string, string>>,
): Section[] {
  const missing = new Map(Object.entries(want));
  return editLines(
    sections,
    "aliases",
    (line) => {
      const name = nameOf(line);
      const value = missing.get(name);
      missing.delete(name);
      if (value === undefined) return name in was ? undefined : line;
      return line
        .trim()
        .replace(/\s*#.*/, "")
        .split(/\s+/)[1] === value
        ? line
        : `${name} ${value}`;
    },
    () => [...missing].map(([name, value]) => `${name} ${value}`),
  );
}

function editSet(sections: Section[], set: string, want: readonly string[] | undefined): Section[] {
  const name = `ipset ${set}`;
  const is = entriesOf(sections, set);
  if (want === undefined) return sections.filter((section) => section.name !== name);
  return sameSet(is, want) ? sections : replace(sections, name, [`[IPSET ${set}]`, "", ...want, ""]);
}

export function sameSet(is: readonly string[] | undefined, want: readonly string[]): boolean {
  return is !== undefined && is.toSorted().join() === want.toSorted().join();
}

function editRules(sections: Section[], want: readonly string[]): Section[] {
  const is = content(sections, "rules").map(canonicalLine);
  if (is.join("\n") === want.join("\n")) return sections;
  if (want.length === 0) return sections.filter(({ name }) => name !== "rules");
  return replace(sections, "rules", ["[RULES]", "", ...want, ""]);
}

/** Lets `change` see each line of a section that says something: what it returns stays. `add` makes those at its end. */
function editLines(
  sections: Section[],
  name: "options" | "aliases",
  change: (line: string) => string | undefined,
  add: () => string[],
): Section[] {
  const last = sections.findLastIndex((section) => section.name === name);
  const edited = sections.map((section, i) => {
    if (section.name !== name) return section;
    const [head = "", ...lines] = section.lines;
    const changed = lines.flatMap((line) => (/^\s*(#|$)/.test(line) ? [line] : [change(line) ?? []].flat()));
    const end = changed.findLastIndex((line) => line.trim() !== "") + 1;
    return { name, lines: [head, ...changed.slice(0, end), ...(i === last ? add() : []), ...changed.slice(end)] };
  });
  if (last >= 0) return edited;
  const added = add();
  return added.length === 0 ? sections : replace(sections, name, [`[${name.toUpperCase()}]`, "", ...added, ""]);
}

/** Sections are read from top to bottom: names come before those that use them. */
const ORDER = ["", "options", "aliases", "ipset", "rules", "group"];

function replace(sections: readonly Section[], name: string, lines: readonly string[]): Section[] {
  const at = sections.findIndex((section) => section.name === name);
  if (at >= 0)
    return sections.flatMap((section, i) => (i === at ? [{ name, lines }] : section.name === name ? [] : [section]));
  const rank = (one: string) => ORDER.indexOf(one.split(" ")[0] ?? "");
  const after = sections.findLastIndex((section) => rank(section.name) <= rank(name)) + 1;
  const before = sections[after - 1];
  const last = before?.lines.at(-1);
  const gap = last === undefined || last.trim() === "" ? [] : [{ name: before?.name ?? "", lines: [""] }];
  return [...sections.slice(0, after), ...gap, { name, lines }, ...sections.slice(after)];
}

function keyOf(line: string): string | undefined {
  return /^\s*([\w]+):/.exec(line)?.[1]?.toLowerCase();
}

function nameOf(line: string): string {
  return (line.trim().split(/\s+/)[0] ?? "").toLowerCase();
}
