/**
 * The properties of OpenZFS 2.1 to 2.3 that can be set on a pool. Source: module/zcommon/zpool_prop.c of OpenZFS
 * 2.1.11, 2.2.7 and 2.3.9; the explanations are in zpoolprops(7).
 */
import { suggest } from "../../suggest.ts";
import { table } from "../../table.ts";
import { broken, canonical, hasControl, sizeOrNone, text, words, type Rule } from "./values.ts";

interface PoolProperty {
  readonly rule: Rule;
  /** What `zpool set` takes to go back to the default. */
  readonly default: string;
}

const onOff = words("on off");
const own = (rule: Rule, value: string): PoolProperty => ({ rule, default: value });

export const poolProperties = table<PoolProperty>({
  ashift: own(words("0 9 10 11 12 13 14 15 16"), "0"),
  autoexpand: own(onOff, "off"),
  autoreplace: own(onOff, "off"),
  autotrim: own(onOff, "off"),
  bootfs: own(text, ""),
  cachefile: own(text, ""),
  comment: own(text, ""),
  compatibility: own(text, "off"),
  dedup_table_quota: own(sizeOrNone, "auto"),
  delegation: own(onOff, "on"),
  failmode: own(words("wait continue panic"), "wait"),
  listsnapshots: own(onOff, "off"),
  multihost: own(onOff, "off"),
});

const aliases = table({ listsnaps: "listsnapshots" });

/** Properties that exist and are no matter for `properties`, and why. */
const elsewhere = table<string>({
  altroot: "is for one import only",
  readonly: "is for one import only",
  version: "is of pools before feature flags",
  name: "is declared as `name`",
});

const READ_ONLY = new Set(
  (
    "allocated bcloneratio bclonesaved bcloneused capacity checkpoint dedup_table_size dedupratio expandsize " +
    "fragmentation free freeing guid health last_scrubbed_txg leaked load_guid size"
  ).split(" "),
);

const FEATURE = /^feature@[a-z0-9_]+$/;

/** The name that `zpool get` prints. */
export function poolPropertyName(name: string): string {
  return aliases[name] ?? name;
}

/** Which rule a pool property breaks, in words. Undefined when it is fine. */
export function poolPropertyBreach(name: string, value: string): string | undefined {
  return misnamed(name) ?? misvalued(name, value);
}

/** What the property goes back to when it is no longer declared. Undefined: it stays, since ZFS knows no way back. */
export function poolPropertyDefault(name: string): string | undefined {
  return isUserProperty(name) ? "" : poolProperties[poolPropertyName(name)]?.default;
}

/** What a property is that zpool does not list: as without it. A feature that this ZFS does not have is in no pool. */
export function unlistedPoolValue(name: string): string | undefined {
  return FEATURE.test(name) ? "disabled" : poolPropertyDefault(name);
}

/** A feature to be left disabled that this ZFS does not have: it knows no such word either. `known`: what it has. */
export function isLeftOut(name: string, value: string, known: ReadonlySet<string>): boolean {
  return isUnknown(name, known) && value === "disabled";
}

/** A live value as {@link samePoolValue} compares it: what `zpool get` prints as `-` is the default. */
export function livePoolValue(name: string, { value, source }: { value: string; source: string }): string {
  return value === "-" && source !== "local" ? (poolPropertyDefault(name) ?? "") : value;
}

/** Whether two values mean the same to zpool. A feature that is `active` is an enabled one in use. */
export function samePoolValue(name: string, live: string, declared: string): boolean {
  if (FEATURE.test(name)) return live === declared || (live === "active" && declared === "enabled");
  const { rule = text } = poolProperties[poolPropertyName(name)] ?? {};
  return canonical(rule, live) === canonical(rule, declared);
}

/** Why a value cannot be brought about by this ZFS. `known`: the features that it has. */
export function cannotHave(name: string, want: string, known: ReadonlySet<string>): string | undefined {
  return isUnknown(name, known) && want !== "disabled" ? `the host's ZFS has no ${name}` : undefined;
}

/** Why a value cannot be brought about on a pool that exists. */
export function cannotSet(name: string, live: string | undefined, want: string): string | undefined {
  if (!FEATURE.test(name) || want !== "disabled" || live === undefined || live === "disabled") return undefined;
  return `${name} is ${live} and declared disabled: a feature can be left disabled at creation only`;
}

function misnamed(name: string): string | undefined {
  if (poolPropertyName(name) in poolProperties || FEATURE.test(name)) return undefined;
  if (isUserProperty(name))
    return /^[a-z0-9:_.-]+$/.test(name) && !name.startsWith("-") && name.length < 256
      ? undefined
      : "the name of a user property consists of at most 255 lower-case letters, digits and - _ . :";
  const instead = elsewhere[name];
  if (instead !== undefined) return `${name} ${instead}`;
  if (READ_ONLY.has(name)) return `${name} is read-only: ZFS computes it`;
  return `a pool has no property ${name}${suggest(name, Object.keys(poolProperties))}; a property of your own has a colon: module:${name}`;
}

function misvalued(name: string, value: string): string | undefined {
  if (hasControl(value)) return `${name} must not hold control characters such as line ends`;
  if (name === "comment")
    return /^[ -~]{0,32}$/.test(value) ? undefined : "comment must be at most 32 printable ASCII characters";
  if (name === "cachefile" || name === "bootfs" || isUserProperty(name))
    return Buffer.byteLength(value) < 1024 ? undefined : `${name} must be shorter than 1024 bytes`;
  if (FEATURE.test(name)) return /^(enabled|disabled)$/.test(value) ? undefined : `${name} must be enabled or disabled`;
  if (name === "dedup_table_quota" && value === "auto") return undefined;
  const breach = broken(poolProperties[poolPropertyName(name)]?.rule ?? text, value);
  return breach === undefined ? undefined : `${name} must ${breach}`;
}

function isUnknown(name: string, known: ReadonlySet<string>): boolean {
  return FEATURE.test(name) && !known.has(name);
}

function isUserProperty(name: string): boolean {
  return name.includes(":");
}
