/** When two values of a container are the same, and what a list or a record of it has. */
import { isDeepStrictEqual } from "node:util";
import type { Change } from "../../kind.ts";
import { bytes } from "../zfs/values.ts";

/** Lists whose order means nothing. */
const SETS = new Set(["tags", "trunks", "mountoptions", "mount"]);

/** Values of a text that has several notations, in one of them. */
const NOTATIONS: Readonly<Record<string, (text: string) => unknown>> = {
  size: bytes,
  hwaddr: (text) => text.toLowerCase(),
  mode: (text) => parseInt(text, 8),
  ip6: address,
  gw6: address,
};

/** Whether two values of a member are the same; `key` is its name, in whatever record it stands. */
export function same(key: string, a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true;
  if (a === undefined || b === undefined) return false;
  if (typeof a === "string" && typeof b === "string") {
    const read = NOTATIONS[key];
    return read !== undefined && read(a) === read(b);
  }
  if (SETS.has(key)) return isDeepStrictEqual(sorted(a), sorted(b));
  return (key === "idmap" || key === "startup") && isDeepStrictEqual(ordered(a), ordered(b));
}

function sorted(list: unknown): string[] {
  return (list as readonly unknown[]).map(String).toSorted();
}

/** Members in one order, and of lists that are sets, the entries too. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(ordered(one))).toSorted();
  const record = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .toSorted()
      .map((key) => [key, record[key]]),
  );
}

/** An IPv6 address in its one short form, its prefix behind it. */
function address(text: string): string {
  const [ip = "", prefix] = text.split("/");
  if (!ip.includes(":")) return text;
  return `${new URL(`http://[${ip}]`).hostname}${prefix === undefined ? "" : `/${prefix}`}`;
}

/** The key of a line `lxc.key: value`. */
export function lineKey(line: string): string {
  return line.slice(0, line.indexOf(":"));
}

/** Whether such a line may stand several times, each with its own meaning. */
export function isRepeated(key: string): boolean {
  return /^lxc\.(mount\.(entry|auto)|cap\.(keep|drop)|include|group|environment(\.\w+)?|hook\.[\w-]+|net\..*|apparmor\.raw|cgroup2?\.devices\.\w+)$/.test(
    key,
  );
}

/** Names of the entries of a record that these changes are about: a name may hold dots itself. */
export function entryNames(kind: string, changes: readonly Change[], wanted: object | undefined): string[] {
  const declared = Object.keys(wanted ?? {});
  const names = changes.flatMap(({ prop }) => {
    if (!prop.startsWith(`${kind}.`)) return [];
    const rest = prop.slice(kind.length + 1);
    return [declared.find((name) => rest === name || rest.startsWith(`${name}.`)) ?? rest];
  });
  return [...new Set(names)];
}

/** What is to be set of an entry: all that is declared where the entry is new. */
export function membersOf(path: string, changes: readonly Change[], wanted: object): [string, unknown][] {
  if (changes.some(({ prop }) => prop === path)) return Object.entries(wanted);
  return changes.flatMap(({ prop, to }) => (prop.startsWith(`${path}.`) ? [[prop.slice(path.length + 1), to]] : []));
}
