/** The options of storages: which types have them, and when two values of one are equal. */
export const TYPES = ["dir", "nfs", "zfspool"] as const;
export type Type = (typeof TYPES)[number];

/** A value as a spec has it. */
export type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string | number>>;

type Form = "text" | "number" | "flag" | "set" | "map" | "keep" | "path" | "caseless" | "mount";

export interface Option {
  readonly form: Form;
  readonly types: readonly Type[];
  /** Set once, when the storage is added: `pvesm set` does not take it. */
  readonly fixed?: true;
  /** What counts where the option is not set, by type. */
  readonly standard?: Partial<Record<Type, string>>;
}

const ALL = TYPES;
const FILES = ["dir", "nfs"] as const;

function flag(types: readonly Type[], standard: "0" | "1"): Option {
  return { form: "flag", types, standard: { dir: standard, nfs: standard, zfspool: standard } };
}

/** In the order in which they are given to pvesm. */
export const OPTIONS = {
  pool: { form: "text", types: ["zfspool"], fixed: true },
  server: { form: "caseless", types: ["nfs"], fixed: true },
  export: { form: "path", types: ["nfs"], fixed: true },
  path: { form: "path", types: FILES, fixed: true },
  content: {
    form: "set",
    types: ALL,
    standard: { dir: "images,rootdir", nfs: "images", zfspool: "images,rootdir" },
  },
  nodes: { form: "set", types: ALL, standard: { dir: "", nfs: "", zfspool: "" } },
  disable: flag(ALL, "0"),
  shared: flag(["dir"], "0"),
  sparse: flag(["zfspool"], "0"),
  blocksize: { form: "caseless", types: ["zfspool"] },
  mountpoint: { form: "path", types: ["zfspool"] },
  options: { form: "text", types: ["nfs"] },
  is_mountpoint: { form: "mount", types: ["dir"], standard: { dir: "0" } },
  "create-base-path": flag(FILES, "1"),
  "create-subdirs": flag(FILES, "1"),
  "content-dirs": { form: "map", types: FILES },
  format: { form: "text", types: FILES },
  preallocation: { form: "text", types: FILES },
  "prune-backups": { form: "keep", types: FILES },
  "max-protected-backups": { form: "number", types: FILES },
  bwlimit: { form: "map", types: ALL },
} as const satisfies Readonly<Record<string, Option>>;
export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

export function optionOf(name: OptionName): Option {
  return OPTIONS[name];
}

/** A declared value as pvesm takes it and storage.cfg holds it. */
export function written(value: Value): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value !== "object") return String(value);
  const parts = isList(value) ? value : Object.entries(value).map(([key, of]) => `${key}=${String(of)}`);
  return parts.join(",");
}

/** Two texts of an option mean the same when these are equal. */
export function canonical(name: OptionName, text: string): string {
  const { form } = optionOf(name);
  if (form === "flag") return truth(text) ?? text;
  if (form === "mount") return truth(text) ?? trimmed(text);
  if (form === "path") return trimmed(text);
  if (form === "caseless") return text.toLowerCase();
  if (form === "keep") return kept(text);
  return form === "set" || form === "map" ? words(text).join(",") : text;
}

/** What a text of storage.cfg is in the words of a spec. */
export function read(name: OptionName, text: string): Value {
  const { form } = optionOf(name);
  if (form === "flag" || form === "mount") {
    const is = truth(text);
    return is === undefined ? text : is === "1";
  }
  if (form === "number") return Number(text);
  if (form === "set") return words(text);
  if (form !== "map" && form !== "keep") return text;
  return Object.fromEntries(
    words(text).map((pair) => {
      const [key = "", value = ""] = pair.split("=");
      return [key, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

/** A flag without a value is on. */
function truth(text: string): "0" | "1" | undefined {
  if (/^(1|on|yes|true|)$/i.test(text)) return "1";
  return /^(0|off|no|false)$/i.test(text) ? "0" : undefined;
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

function words(text: string): string[] {
  return [...new Set(text.split(/[,;\s]+/).filter((word) => word !== ""))].sort();
}

/** To keep none is to keep all. */
function kept(text: string): string {
  const some = words(text).filter((pair) => !pair.endsWith("=0"));
  return some.length === 0 ? "keep-all=1" : some.join(",");
}
