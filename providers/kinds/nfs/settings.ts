/** What a list of options comes to, and back. */
import { IN_SECTION, SECTION_SWITCHES, SETTING, split, SWITCHES, VALUES, WORDLESS } from "./options.ts";

/** What a list of options comes to, defaults filled in: setting → value. Equal options have equal settings. */
export type Settings = Readonly<Record<string, string>>;

const STANDARD: readonly (readonly [string, string])[] = [
  ...SWITCHES.map(([standard]) => [standard, standard] as const),
  ...[...VALUES].flatMap(([name, { standard }]) => (standard === undefined ? [] : [[name, standard] as const])),
];

/**
 * Reads options as nfs-utils does (parseopts in support/nfs/exports.c): the last word of a pair counts, switches of a
 * section count for the flavours of the last `sec=`, and a further section starts with what was said so far.
 * `unknown` says whether words that are not known count.
 */
export function settings(options: readonly string[], unknown: "kept" | "dropped" = "kept"): Settings {
  const all = new Map(STANDARD);
  const now = new Map(SECTION_SWITCHES.map(([standard]) => [standard, standard]));
  const sections = new Map<string, Map<string, string>>();
  let active: Map<string, string>[] = [];
  for (const option of options) {
    const [word, value = ""] = split(option);
    const setting = SETTING.get(word) ?? word;
    if (word === "sec") {
      const flavors = value.split(":");
      for (const flavor of flavors) if (!sections.has(flavor)) sections.set(flavor, new Map(now));
      active = flavors.flatMap((flavor) => sections.get(flavor) ?? []);
    } else if (IN_SECTION.has(setting)) for (const one of [now, ...active]) one.set(setting, word);
    else if (SETTING.has(word)) all.set(setting, word);
    else if (VALUES.has(word)) all.set(word, canonical(word, value));
    else if (unknown === "kept" && option !== "") all.set(option, option);
  }
  if (all.get("reexport") !== "none") all.delete("fsid");
  return { ...Object.fromEntries(all), ...flat(sections.size > 0 ? sections : new Map([["sys", now]])) };
}

function flat(sections: ReadonlyMap<string, ReadonlyMap<string, string>>): Settings {
  const each = [...sections].flatMap(([flavor, words]) =>
    [...words].map(([setting, word]) => [`${flavor} ${setting}`, word] as const),
  );
  return { sec: [...sections.keys()].join(":"), ...Object.fromEntries(each) };
}

export function same(a: Settings, b: Settings): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}

/**
 * The options that come to `live`, in the words of `declared` as far as they hold: each declared one as it is now,
 * then what else is not the default.
 */
export function describe(live: Settings, declared: readonly string[]): readonly string[] {
  const want = settings(declared);
  if (same(live, want)) return declared;
  const plain = isPlain(live) && isPlain(want);
  const kept = plain ? declared.flatMap((option) => now(live, option)) : [];
  return [...kept, ...words(live).filter((word) => !kept.some((one) => split(one)[0] === split(word)[0]))];
}

/** The option's setting as it is: the same words where it holds. */
function now(live: Settings, option: string): string[] {
  const [word, value] = split(option);
  const setting = SETTING.get(word);
  if (setting !== undefined) {
    const is = live[IN_SECTION.has(setting) ? `sys ${setting}` : setting];
    if (is === word) return [option];
    return is === undefined || WORDLESS.has(is) ? [] : [is];
  }
  const is = live[word];
  if (is === undefined || word === "sec") return word === "sec" ? [option] : [];
  return is === canonical(word, value ?? "") ? [option] : [written(word, is)];
}

/** The shortest list of options that comes to the settings. */
function words(of: Settings): string[] {
  const switches = SWITCHES.map(([standard]) => [standard, of[standard]] as const);
  const values = Object.entries(of).filter(
    ([key, value]) => VALUES.has(key) && key !== "sec" && value !== VALUES.get(key)?.standard,
  );
  const unknown = Object.entries(of).filter(([key, value]) => key === value && !SETTING.has(key));
  return [
    ...inSections(of),
    ...switches.flatMap(([standard, word]) => (word === undefined || word === standard ? [] : [word])),
    ...values.map(([key, value]) => written(key, value)),
    ...unknown.map(([key]) => key),
  ];
}

function inSections(of: Settings): string[] {
  if (isPlain(of)) return others(of, "sys");
  // Said in full: a section starts with what the one before it ended with.
  return (of["sec"] ?? "")
    .split(":")
    .flatMap((flavor) => [`sec=${flavor}`, ...SECTION_SWITCHES.flatMap(([key]) => of[`${flavor} ${key}`] ?? [])]);
}

function others(of: Settings, flavor: string): string[] {
  return SECTION_SWITCHES.flatMap(([standard]) => {
    const word = of[`${flavor} ${standard}`];
    return word === undefined || word === standard ? [] : [word];
  });
}

function isPlain(of: Settings): boolean {
  return of["sec"] === "sys";
}

function written(name: string, value: string): string {
  return value === "" ? name : `${name}=${value}`;
}

/** Values as exportfs shows them: ids and fsids are 32 bits, `root` is 0, a UUID's separators do not count. */
function canonical(name: string, value: string): string {
  if (name === "xprtsec") return [...new Set(value.split(":"))].sort().join(":");
  if (name === "fsid" && value === "root") return "0";
  if (name === "fsid" && !/^-?\d{1,10}$/.test(value)) return value.replace(/[^\da-f]/gi, "").toLowerCase();
  if (/^(anonuid|anongid|fsid)$/.test(name) && /^-?\d+$/.test(value)) return String(Number(value) >>> 0);
  return value;
}
