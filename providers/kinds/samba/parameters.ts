/** Samba's parameters: their names and synonyms, what they take, and when two values are the same. */
import { suggest } from "../../suggest.ts";
import { table } from "../../table.ts";
import { GLOBAL, LOCAL } from "./parameters.table.ts";

/** A value as a stack declares it. */
export type Value = string | number | boolean | readonly string[];
export type Parameters = Readonly<Record<string, Value>>;

/** Where parameters are: in a share's section, or in [global], which takes those of shares as their defaults. */
export type Scope = "share" | "global";

interface Parameter {
  /** The name that testparm prints. */
  readonly name: string;
  readonly type: string;
  readonly scope: Scope;
}

/** A parameter by one of its names; `inverse`: the name means the opposite. */
interface Known {
  readonly parameter: Parameter;
  readonly inverse: boolean;
}

/** Samba takes names in any case, and with blanks anywhere (strwicmp in source3/lib/util_str.c). */
const key = (name: string) => name.toLowerCase().replace(/\s/g, "");

const KNOWN = table(Object.fromEntries([...entries(LOCAL, "share"), ...entries(GLOBAL, "global")]));
const WORDS = { share: words(LOCAL), global: [...words(GLOBAL), ...words(LOCAL)] };

/** What cannot be declared, each with the reason. */
const RESERVED = table<string>({
  path: "is a property of the share itself: declare `path` beside `parameters`",
  include: "would bring in what nobody looks at: declare the parameters themselves",
  copy: "would bring in what nobody looks at: declare the parameters themselves",
  configfile: "would replace the whole configuration",
  configbackend: "would replace the whole configuration",
});

/** One name for all names of a parameter, with one way to write it. Names that are not known stay as they are. */
export function canonicalName(name: string): string {
  return KNOWN[key(name)]?.parameter.name ?? parametric(name);
}

function parametric(name: string): string {
  return name
    .trim()
    .replace(/\s*:\s*/g, (colon) => (name.toLowerCase().startsWith("idmap config") ? colon : ":"))
    .replace(/\s+/g, " ")
    .toLowerCase();
}

/** One value for all values of the same meaning, in terms of the parameter's canonical name. */
export function canonical(name: string, value: Value): string {
  const known = KNOWN[key(name)];
  const text = written(name, value);
  if (known === undefined) return text;
  const { parameter, inverse } = known;
  const plain = READ[parameter.type]?.(text) ?? wordOf(parameter.type, text) ?? text;
  return inverse ? inverted(plain) : plain;
}

/** A value of `name` in terms of its canonical name. */
export function inCanonicalTerms(name: string, value: string): string {
  return KNOWN[key(name)]?.inverse === true ? canonical(name, value) : value;
}

/** A value of the canonical name in terms of `name`. */
export function inTermsOf(name: string, value: string): string {
  return KNOWN[key(name)]?.inverse === true ? inverted(value) : value;
}

function inverted(value: string): string {
  return value === "Yes" ? "No" : "Yes";
}

/** The value as smb.conf has it. */
export function written(name: string, value: Value): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return value.map(quoted).join(" ");
  const text = String(value).trim().replace(/\s+/g, " ");
  return KNOWN[key(name)]?.parameter.type === "list" ? items(text).map(quoted).join(" ") : text;
}

function quoted(item: string): string {
  return /[\s,;]/.test(item) ? `"${item}"` : item;
}

/** Reads a list as Samba does (str_list_make_v3 in lib/util/util_strlist.c). */
function items(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"?|[^\s,;"])+/g)].map(([item]) => item.replaceAll('"', ""));
}

const UNITS = "KMGTP";

/** Values of each type in the form that testparm prints; undefined: not of the type. */
const READ = table<(text: string) => string | undefined>({
  bool: (text) => (/^(yes|true|on|1)$/i.test(text) ? "Yes" : /^(no|false|off|0)$/i.test(text) ? "No" : undefined),
  octal: (text) => (/^[0-7]{1,5}$/.test(text) ? `0${parseInt(text, 8).toString(8).padStart(3, "0")}` : undefined),
  bytes(text) {
    const [, digits, unit = ""] = /^(\d+)([KMGTP]?)$/i.exec(text) ?? [];
    if (digits === undefined) return undefined;
    return String(BigInt(digits) << BigInt(10 * (unit === "" ? 0 : UNITS.indexOf(unit.toUpperCase()) + 1)));
  },
  // strtol(3) with base 0: hexadecimal and octal too.
  integer(text) {
    const [, sign = "", digits = ""] = /^(-?)(0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text) ?? [];
    if (digits === "") return undefined;
    return `${sign}${String(Number(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits))}`;
  },
  char: (text) => (/^.$/u.test(text) ? text : undefined),
  upper: (text) => text.toUpperCase(),
});

const RULES = table<string>({
  bool: "must be yes or no",
  octal: 'must be octal, in quotes, such as "0664"',
  bytes: "must be a number of bytes, or one with K, M, G, T or P",
  integer: "must be a whole number",
  char: "must be one character",
});

/** The word that testparm prints for a word of an enumeration. */
function wordOf(type: string, text: string): string | undefined {
  const group = type.split("|").find((words) => words.split("=").some((word) => same(word, text)));
  return group?.split("=")[0];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What is wrong with a parameter's name, in words that follow it. Undefined when it is fine. */
export function badName(name: string, scope: Scope): string | undefined {
  const known = KNOWN[key(name)];
  const reserved = RESERVED[key(name)];
  if (reserved !== undefined) return reserved;
  if (known === undefined) return badParametric(name, scope);
  const misplaced = scope === "share" && known.parameter.scope === "global";
  return misplaced ? "is for the whole server: declare it for samba:Server" : undefined;
}

/** Parameters with a colon belong to modules, which alone know them. */
function badParametric(name: string, scope: Scope): string | undefined {
  if (!name.includes(":")) return `is no parameter of Samba${suggest(name, WORDS[scope])}`;
  if (/^idmap config [\w*.-]+ : [\w -]+$/i.test(name)) return scope === "global" ? undefined : "is for samba:Server";
  return /^[\w.-]+:[\w./-]+( [\w./-]+)*$/.test(name)
    ? undefined
    : "must be module:option, without blanks beside the colon";
}

/** What is wrong with a parameter's value. Undefined when it is fine. */
export function badValue(name: string, value: Value): string | undefined {
  const type = KNOWN[key(name)]?.parameter.type ?? "string";
  if (typeof value === "object") return badList(type, value);
  // YAML reads 0664 as the number 436.
  if (type === "octal" && typeof value !== "string") return RULES[type];
  const text = String(value);
  if (/[\u0000-\u001f\u007f]/.test(text)) return "must have no line ends and no other control characters";
  if (text !== text.trim() || / {2}/.test(text))
    return "must have no blanks at its ends, nor two in a row: Samba drops them";
  if (text.endsWith("\\")) return "must not end in a backslash: that would join the next line to it";
  if (Buffer.byteLength(text) > 4000) return "must have at most 4000 bytes";
  if (type === "list" && text.split('"').length % 2 === 0) return 'must have a second " for each "';
  if (type.includes("|")) return badWord(type, typeof value === "boolean" ? written(name, value) : text);
  if (!(type in RULES) || type === "upper") return undefined;
  return READ[type]?.(typeof value === "boolean" ? written(name, value) : text) === undefined ? RULES[type] : undefined;
}

function badList(type: string, value: readonly string[]): string | undefined {
  if (type !== "list") return "takes one text, no list";
  const bad = value.find((item) => item === "" || /["\u0000-\u001f\u007f]| {2}|^ | $|\\$/.test(item));
  return bad === undefined
    ? undefined
    : `has the entry ${JSON.stringify(bad)}: blanks at its ends, ", or control characters`;
}

function badWord(type: string, text: string): string | undefined {
  if (wordOf(type, text) !== undefined) return undefined;
  const known = type.split(/[|=]/);
  return `must be one of ${known.join(", ")}${suggest(text, known)}`;
}

/** `name: type (synonym, !inverse synonym)` */
function entries(lines: string, scope: Scope): [string, Known][] {
  return lines
    .trim()
    .split("\n")
    .flatMap((line): [string, Known][] => {
      const [, name = "", type = "", synonyms = ""] = /^(.*?): ([^(]*?)(?: \((.*)\))?$/.exec(line) ?? [];
      const parameter = { name, type, scope };
      const others = synonyms === "" ? [] : synonyms.split(", ");
      return [
        [key(name), { parameter, inverse: false }],
        ...others.map((word): [string, Known] => {
          const inverse = word.startsWith("!");
          return [key(inverse ? word.slice(1) : word), { parameter, inverse }];
        }),
      ];
    });
}

function words(lines: string): string[] {
  return lines
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, name = "", synonyms = ""] = /^(.*?): [^(]*?(?: \((.*)\))?$/.exec(line) ?? [];
      return [name, ...(synonyms === "" ? [] : synonyms.replaceAll("!", "").split(", "))];
    });
}
