/** How ZFS reads and compares property values: what is the same value in another notation, and what is none. */
import { UserError } from "../../host/host.ts";
import { table } from "../../table.ts";

/** What values a property takes. */
export type Rule =
  | { readonly kind: "word"; readonly words: readonly string[]; readonly aliases: Readonly<Record<string, string>> }
  /** Bytes. `none` says that 0 is written `none`: no limit, nothing reserved. */
  | { readonly kind: "size"; readonly none: boolean }
  /** Bytes, a power of two; `zero` says that 0 is allowed too. */
  | { readonly kind: "block"; readonly least: number; readonly most: number; readonly zero: boolean }
  /** A whole number or `none`. */
  | { readonly kind: "count" }
  /** An absolute path, `none` or `legacy`. */
  | { readonly kind: "path" }
  | { readonly kind: "text" };

/** A word list: `"on off"`, with aliases as `alias=word`: ZFS takes the alias and shows the word. */
export function words(list: string): Rule {
  const all = list.split(" ");
  const pairs = all.filter((word) => word.includes("=")).map((pair) => pair.split("=") as [string, string]);
  return { kind: "word", words: all.filter((word) => !word.includes("=")), aliases: table(Object.fromEntries(pairs)) };
}

export const size: Rule = { kind: "size", none: false };
export const sizeOrNone: Rule = { kind: "size", none: true };
export const count: Rule = { kind: "count" };
export const path: Rule = { kind: "path" };
export const text: Rule = { kind: "text" };

export function block(least: string, most: string, zero = false): Rule {
  return { kind: "block", least: Number(bytes(least)), most: Number(bytes(most)), zero };
}

const LARGEST = 2n ** 64n - 1n;

/**
 * The number of bytes a size means, read as ZFS reads it (zfs_nicestrtonum in lib/libzutil): units are powers of
 * 1024, `K`, `KB` and `KiB` are the same, case does not matter, and what a fraction leaves below a byte is dropped.
 * Undefined for what ZFS would refuse.
 */
export function bytes(value: string): bigint | undefined {
  const [, whole = "", fraction, unit = ""] = /^(\d*)(\.\d*)?(?:b|([kmgtpez])(?:i?b)?)?$/i.exec(value) ?? [];
  if (!/\d/.test(whole + (fraction ?? ""))) return undefined;
  const shift = 10 * (unit === "" ? 0 : 1 + "kmgtpez".indexOf(unit.toLowerCase()));
  const result =
    fraction === undefined
      ? BigInt(whole) << BigInt(shift)
      : BigInt(Math.trunc(Number(`${whole}${fraction}`) * 2 ** shift));
  return result > LARGEST ? undefined : result;
}

/** A number of bytes as people write it, where that is exact: `1G`, `1536M`, `1000`. */
export function nice(value: bigint): string {
  const units = ["", "K", "M", "G", "T", "P", "E"];
  let [rest, unit] = [value, 0];
  while (rest !== 0n && rest % 1024n === 0n && unit < units.length - 1) [rest, unit] = [rest / 1024n, unit + 1];
  return `${String(rest)}${units[unit] ?? ""}`;
}

/** What breaks the rule, in words that finish "must …". Undefined when the value is fine. */
export function broken(rule: Rule, value: string): string | undefined {
  switch (rule.kind) {
    case "word":
      return rule.words.includes(value) || value in rule.aliases ? undefined : `be one of ${listed(rule.words)}`;
    case "size":
      if (rule.none && value === "none") return undefined;
      return bytes(value) === undefined ? `be a size such as 10G or 1.5T${rule.none ? ", or none" : ""}` : undefined;
    case "block":
      return isBlock(rule, bytes(value))
        ? undefined
        : `be ${rule.zero ? "0 or " : ""}a power of two from ${nice(BigInt(rule.least))} to ${nice(BigInt(rule.most))}`;
    case "count":
      return value === "none" || (/^\d{1,20}$/.test(value) && BigInt(value) <= LARGEST)
        ? undefined
        : "be a whole number or none";
    case "path":
      return value === "none" || value === "legacy" || isPath(value)
        ? undefined
        : "be an absolute path without empty, `.` or `..` parts, or none, or legacy";
    case "text":
      return value === "" ? "not be empty" : undefined;
  }
}

/**
 * The one form of a value that is equal for all its notations: bytes for sizes, the word for its aliases. What ZFS
 * stores differently stays different: `compression=on` is not `lz4`.
 */
export function canonical(rule: Rule, value: string): string {
  switch (rule.kind) {
    case "word":
      return rule.aliases[value] ?? value;
    case "size":
    case "block":
      return value === "none" ? "0" : String(bytes(value) ?? value);
    case "count":
      return /^\d+$/.test(value) ? String(BigInt(value)) : value;
    case "path":
    case "text":
      return value;
  }
}

/** What `zfs set` takes: it wants `none` where the number would be 0. */
export function written(rule: Rule, value: string): string {
  return rule.kind === "size" && rule.none && canonical(rule, value) === "0" ? "none" : value;
}

/** A live value (as `zfs get -p` prints it) for people: `1G` in place of `1073741824`. */
export function shown(rule: Rule, value: string): string {
  if (rule.kind !== "size" && rule.kind !== "block") return value;
  if (rule.kind === "size" && rule.none && value === "0") return "none";
  const number = bytes(value);
  return number === undefined ? value : nice(number);
}

/** The bytes of a size that was checked before. */
export function sized(value: string): bigint {
  const number = value === "none" ? 0n : bytes(value);
  if (number === undefined) throw new UserError(`${JSON.stringify(value)} is no size`);
  return number;
}

/** Control characters cannot be told apart from the line and column ends of what `zfs get` prints. */
const CONTROL = /[\u0000-\u001f\u007f]/;

export function hasControl(value: string): boolean {
  return CONTROL.test(value);
}

function isBlock(rule: Extract<Rule, { kind: "block" }>, value: bigint | undefined): boolean {
  if (value === 0n) return rule.zero;
  return value !== undefined && value >= rule.least && value <= rule.most && (value & (value - 1n)) === 0n;
}

function isPath(value: string): boolean {
  const [first, ...parts] = value.split("/");
  if (value === "/") return true;
  return first === "" && parts.length > 0 && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

function listed(all: readonly string[]): string {
  const plain = all.filter((word) => !/-\d+$/.test(word));
  const level = all.find((word) => /-\d+$/.test(word));
  const list = `${plain.slice(0, -1).join(", ")} or ${plain.at(-1) ?? ""}`;
  return level === undefined ? list : `${list}, or one with a level such as ${level}`;
}
