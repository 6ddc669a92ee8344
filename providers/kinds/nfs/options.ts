/** The options of exports(5): which there are, which exclude each other, which values they take. */

/** Pairs of words that exclude each other, the default first (exports(5), nfs-utils 2.8). */
export const SWITCHES: readonly (readonly [standard: string, other: string])[] = [
  ["sync", "async"],
  ["wdelay", "no_wdelay"],
  ["hide", "nohide"],
  ["nocrossmnt", "crossmnt"],
  ["no_subtree_check", "subtree_check"],
  ["secure_locks", "insecure_locks"],
  ["acl", "no_acl"],
  ["no_pnfs", "pnfs"],
  ["rdirplus", "nordirplus"],
  ["no_security_label", "security_label"],
];

/** The same for the switches that each `sec=` section has for itself. */
export const SECTION_SWITCHES: readonly (readonly [standard: string, other: string])[] = [
  ["ro", "rw"],
  ["secure", "insecure"],
  ["root_squash", "no_root_squash"],
  ["no_all_squash", "all_squash"],
];

/** Defaults that have no word of their own: the option is simply not given. */
export const WORDLESS = new Set(["rdirplus", "no_security_label"]);

/** Other words for the same. */
const ALIASES = new Map([
  ["auth_nlm", "secure_locks"],
  ["no_auth_nlm", "insecure_locks"],
  ["mp", "mountpoint"],
]);

interface Value {
  readonly rule: RegExp;
  /** What the value must be. */
  readonly must: string;
  /** What exportfs takes when the option is not given, where that is something. */
  readonly standard?: string;
}

const id = /^(-[12]|\d{1,10})$/;
const locations = { rule: /^\/[^@:]*@[^@]+(:\/[^@:]*@[^@]+)*$/, must: "path@host[+host][:path@host…]" };

/** Options with a value. */
export const VALUES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["anonuid", { rule: id, must: "a user id", standard: "65534" }],
  ["anongid", { rule: id, must: "a group id", standard: "65534" }],
  ["fsid", { rule: /^(root|\d{1,10}|[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12})$/i, must: "a number, root or a UUID" }],
  ["mountpoint", { rule: /^\/[\w@%+:./-]*$/, must: "an absolute path" }],
  ["refer", locations],
  ["replicas", locations],
  [
    "reexport",
    { rule: /^(none|(auto|predefined)-fsidnum)$/, must: "none, auto-fsidnum or predefined-fsidnum", standard: "none" },
  ],
  ["sec", { rule: colons("sys|krb5[ip]?|none"), must: "sys, krb5, krb5i, krb5p or none, joined by colons" }],
  ["xprtsec", { rule: colons("none|m?tls"), must: "none, tls or mtls, joined by colons" }],
]);

export const SETTING = new Map(
  [...SWITCHES, ...SECTION_SWITCHES].flatMap(([a, b]) => [a, b].map((word) => [word, a] as const)),
);
export const IN_SECTION = new Set(SECTION_SWITCHES.map(([standard]) => standard));

/** All words, for suggestions. */
export const WORDS: readonly string[] = [
  ...[...SETTING.keys()].filter((word) => !WORDLESS.has(word)),
  ...ALIASES.keys(),
  ...[...VALUES.keys()].map((name) => (name === "mountpoint" ? name : `${name}=`)),
];

/** What is wrong with one option by itself, in words that follow "the option". Undefined when it is fine. */
export function badOption(option: string): string | undefined {
  const [word, value] = split(option);
  if (/[^!-~]|[,()"#\\]/.test(option)) return "has a blank, or a character that exports(5) cannot hold there";
  if (value === undefined && (word === "mountpoint" || (SETTING.has(word) && !WORDLESS.has(word)))) return undefined;
  const known = VALUES.get(word);
  if (known === undefined) return SETTING.has(word) && value !== undefined ? "takes no value" : "is not in exports(5)";
  if (value === undefined || !known.rule.test(value)) return `must be ${word}=VALUE with ${known.must}`;
  if (/^\d+$/.test(value) && Number(value) > 0xffffffff) return "is larger than 4294967295";
  return undefined;
}

/** The first two options that cannot both be meant. Expects options that are fine by themselves. */
export function contradiction(options: readonly string[]): readonly [string, string] | undefined {
  const taken = new Map<string, string>();
  let section = 0;
  for (const option of options) {
    const [word, value] = split(option);
    if (word === "sec") section += 1;
    for (const key of claims(word, value, section)) {
      const other = taken.get(key);
      if (other !== undefined) return [other, option];
      taken.set(key, option);
    }
  }
  return undefined;
}

function claims(word: string, value: string | undefined, section: number): string[] {
  if (word === "sec") return (value ?? "").split(":").map((flavor) => `sec ${flavor}`);
  if (word === "refer" || word === "replicas") return ["locations"];
  // exportfs gives a re-exported file system its fsid.
  if (word === "reexport" && value !== "none") return ["reexport", "fsid"];
  const setting = SETTING.get(word) ?? word;
  return [IN_SECTION.has(setting) ? `${setting} ${String(section)}` : setting];
}

/** An option as word and value, aliases resolved. */
export function split(option: string): readonly [word: string, value: string | undefined] {
  const at = option.indexOf("=");
  const word = at < 0 ? option : option.slice(0, at);
  return [ALIASES.get(word) ?? word, at < 0 ? undefined : option.slice(at + 1)];
}

function colons(word: string): RegExp {
  return new RegExp(`^(${word})(:(${word}))*$`);
}
