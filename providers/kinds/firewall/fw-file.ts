/**
 * Proxmox VE's .fw files, of the cluster, of a host and of a guest: sections of lines behind `[NAME]`. What is not
 * declared is kept byte for byte: other options, aliases, sets and security groups. Pure.
 */
import { canonicalLine, ruleLines } from "./fw-rule.ts";
import type { Rule } from "./rule.spec.ts";

/** What is declared of a file. */
export interface Part {
  readonly options: Options;
  readonly aliases: Readonly<Record<string, string>>;
  readonly ipset: Readonly<Record<string, readonly string[]>>;
  /** All rules; undefined: those that are there stay. */
  readonly rules: readonly Rule[] | undefined;
}

/** Options as the files write them: `policy_in: DROP`, `enable: 1`. */
export type Options = Readonly<Record<string, string>>;

export interface Section {
  /** `options`, `rules`, `ipset trusted`; empty for what stands before the first. */
  readonly name: string;
  /** As they are, the one with the name among them. */
  readonly lines: readonly string[];
}

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

/** Whether the file says anything of ours: rules, or one of these options. */
export function isSaid(sections: readonly Section[], options: Options): boolean {
  return (
    content(sections, "rules").length > 0 || Object.keys(options).some((key) => option(sections, key) !== undefined)
  );
}

/** An option's value as it is written; undefined where it is not said. */
export function option(sections: readonly Section[], key: string): string | undefined {
  const said = content(sections, "options").findLast((line) => keyOf(line) === key);
  if (said === undefined) return undefined;
  const value = said.slice(said.indexOf(":") + 1).trim();
  return key.startsWith("policy_") ? value.toUpperCase() : value.toLowerCase();
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

const NONE: Part = { options: {}, aliases: {}, ipset: {}, rules: undefined };

/**
 * The file with what is declared in it, and without what only `was` declared; empty when nothing is left in it.
 * `standard`: what holds where nothing is said.
 */
export function edit(text: string, want: Part = NONE, was: Part = NONE, standard: Options = {}): string {
  let sections = sectionsOf(text);
  sections = editOptions(sections, want.options, was.options, standard);
  sections = editAliases(sections, want.aliases, was.aliases);
  for (const set of Object.keys({ ...was.ipset, ...want.ipset })) sections = editSet(sections, set, want.ipset[set]);
  const rules = want.rules ?? (was.rules === undefined ? undefined : []);
  if (rules !== undefined) sections = editRules(sections, rules.flatMap(ruleLines));
  const lines = sections.flatMap((section) => section.lines);
  const isGone = lines.length === 0 || (want === NONE && sections.every(isBare));
  return isGone ? "" : `${lines.join("\n")}\n`;
}

/** Nobody misses it: an empty set or group has a meaning. */
function isBare({ name, lines }: Section): boolean {
  const inner = name === "" ? lines : lines.slice(1);
  return ["", "options", "aliases", "rules"].includes(name) && inner.every((line) => line.trim() === "");
}

function editOptions(sections: Section[], want: Options, was: Options, standard: Options): Section[] {
  // What holds already need not be said; older releases have no policy_forward, and it is what holds there.
  // The word that switches it on or off is always said: by it we know that the file is ours.
  const holds = (key: string) => option(sections, key) ?? (key === "enable" ? undefined : standard[key]);
  const wanted = Object.entries(want).filter(([key, value]) => holds(key) !== value);
  const missing = new Map(wanted.toSorted());
  const changes = new Set(missing.keys());
  return editLines(
    sections,
    "options",
    (line) => {
      const key = keyOf(line) ?? "";
      if (!changes.has(key)) return key in was && !(key in want) ? undefined : line;
      const value = missing.get(key);
      missing.delete(key);
      return value === undefined ? undefined : `${key}: ${value}`;
    },
    () => [...missing].map(([key, value]) => `${key}: ${value}`),
  );
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
