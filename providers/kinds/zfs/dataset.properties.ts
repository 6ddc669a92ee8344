/**
 * The native properties of OpenZFS 2.1 to 2.3 that can be set on file systems and volumes, with their value rules.
 * Source: module/zcommon/zfs_prop.c of OpenZFS 2.1.11, 2.2.7 and 2.3.9; the explanations are in zfsprops(7).
 * A host that is older than a property refuses it in words: the kernel module lists what it knows.
 */
import { suggest } from "../../suggest.ts";
import { table } from "../../table.ts";
import { block, broken, count, hasControl, path, sizeOrNone, text, words, type Rule } from "./values.ts";

export type DatasetType = "filesystem" | "volume";

export interface Native {
  readonly rule: Rule;
  readonly on: readonly DatasetType[];
  /**
   * What a property goes back to when it is no longer declared: the parent's value, or the default where ZFS does not
   * inherit it. Undefined: it stays.
   */
  readonly back?: "inherited" | { readonly default: string };
  /** Settled when the dataset is made. */
  readonly createOnly?: true;
}

const both = ["filesystem", "volume"] as const;
const onOff = words("on off");
const cached = words("all metadata none");

const inherited = (rule: Rule, on: readonly DatasetType[] = ["filesystem"]): Native => ({
  rule,
  on,
  back: "inherited",
});
const own = (rule: Rule, value: string, on: readonly DatasetType[] = ["filesystem"]): Native => ({
  rule,
  on,
  back: { default: value },
});
const once = (rule: Rule, on: DatasetType = "filesystem"): Native => ({ rule, on: [on], createOnly: true });

const gzip = "gzip gzip-1 gzip-2 gzip-3 gzip-4 gzip-5 gzip-6=gzip gzip-7 gzip-8 gzip-9";
const zstd = Array.from({ length: 19 }, (_, i) => `zstd-${String(i + 1)}`).join(" ");
const zstdFast = "2 3 4 5 6 7 8 9 10 20 30 40 50 60 70 80 90 100 500 1000".replaceAll(/(\d+)/g, "zstd-fast-$1");
const checksums = "on off fletcher2 fletcher4 sha256 sha512 skein edonr blake3 noparity";
const dedups = "on off verify sha256 sha256,verify sha512 sha512,verify skein skein,verify edonr,verify";

export const nativeProperties = table<Native>({
  aclinherit: inherited(words("discard noallow restricted passthrough passthrough-x secure=restricted")),
  aclmode: inherited(words("discard groupmask passthrough restricted")),
  acltype: inherited(words("off posix nfsv4 disabled=off noacl=off posixacl=posix")),
  atime: inherited(onOff),
  canmount: own(words("on off noauto"), "on"),
  casesensitivity: once(words("sensitive insensitive mixed")),
  checksum: inherited(words(checksums), both),
  compression: inherited(
    words(`on off lz4 lzjb zle ${gzip} zstd ${zstd} zstd-fast zstd-fast-1=zstd-fast ${zstdFast}`),
    both,
  ),
  context: own(text, "none"),
  copies: inherited(words("1 2 3"), both),
  dedup: inherited(words(`${dedups} blake3 blake3,verify`), both),
  defcontext: own(text, "none"),
  devices: inherited(onOff),
  direct: inherited(words("standard always disabled")),
  dnodesize: inherited(words("legacy auto 1k 2k 4k 8k 16k")),
  exec: inherited(onOff),
  filesystem_limit: own(count, "none"),
  fscontext: own(text, "none"),
  logbias: inherited(words("latency throughput"), both),
  longname: inherited(onOff),
  mountpoint: inherited(path),
  nbmand: inherited(onOff),
  normalization: once(words("none formC formD formKC formKD")),
  overlay: inherited(onOff),
  prefetch: inherited(cached, both),
  primarycache: inherited(cached, both),
  quota: own(sizeOrNone, "none"),
  readonly: inherited(onOff, both),
  recordsize: inherited(block("512", "16M")),
  redundant_metadata: inherited(words("all most some none"), both),
  refquota: own(sizeOrNone, "none"),
  refreservation: own(sizeOrNone, "none", both),
  relatime: inherited(onOff),
  reservation: own(sizeOrNone, "none", both),
  rootcontext: own(text, "none"),
  secondarycache: inherited(cached, both),
  setuid: inherited(onOff),
  sharenfs: inherited(text),
  sharesmb: inherited(text),
  snapdev: inherited(words("hidden visible"), both),
  snapdir: inherited(words("hidden visible disabled")),
  snapshot_limit: own(count, "none", both),
  special_small_blocks: inherited(block("512", "16M", true)),
  sync: inherited(words("standard always disabled"), both),
  utf8only: once(onOff),
  // ZFS cannot go back to an earlier version.
  version: { rule: words("1 2 3 4 5 current=5"), on: ["filesystem"] },
  volblocksize: once(block("512", "16M"), "volume"),
  volmode: inherited(words("default full geom=full dev none"), both),
  volthreading: own(onOff, "on", ["volume"]),
  vscan: inherited(onOff),
  // OpenZFS 2.3 stores `sa` as `on` and shows that; before, `on` set on the dataset itself meant `dir`.
  xattr: inherited(words("on dir off sa=on")),
  zoned: inherited(onOff),
});

/** Quotas of one user, group or project: `userquota@alice`. They are no part of `zfs get all`. */
const QUOTA_OF = /^(?:user|group|project)(obj)?quota@(.+)$/;

/** Settable properties that are no matter for `properties`, and where they belong. */
const elsewhere = table<string>({
  volsize: "declare it as `volsize`",
  encryption: "declare `encryption.algorithm`",
  keyformat: "declare `encryption.keyformat`",
  keylocation: "declare `encryption`: the key comes from the stack's secrets, and keylocation is always prompt",
  pbkdf2iters: "declare `encryption.pbkdf2iters`",
  type: "declare it as `type`",
  name: "declare it as `name`",
  mounted: "what has canmount=on and a mountpoint is mounted by itself",
  mlslabel: "it exists for Trusted Solaris only",
  jailed: "it exists on FreeBSD only; Linux has `zoned`",
});

const readOnly = new Set(
  (
    "available clones compressratio createtxg creation defer_destroy encryptionroot filesystem_count guid keystatus " +
    "logicalreferenced logicalused objsetid origin receive_resume_token redact_snaps refcompressratio referenced " +
    "snapshot_count snapshots_changed used usedbychildren usedbydataset usedbyrefreservation usedbysnapshots " +
    "userrefs written"
  ).split(" "),
);
const READ_ONLY_OF = /^(?:user|group|project)(?:obj)?used@|^written[@#]/;

/** The rule of a property that {@link misnamed} finds nothing wrong with. */
export function ruleOf(name: string): Rule {
  const quota = QUOTA_OF.exec(name);
  if (quota !== null) return quota[1] === undefined ? sizeOrNone : count;
  return nativeProperties[name]?.rule ?? text;
}

export function isQuotaOf(name: string): boolean {
  return QUOTA_OF.test(name);
}

export function isUserProperty(name: string): boolean {
  return name.includes(":") && !name.includes("@");
}

/** Why a property of that name cannot be declared. Undefined when it can. */
export function misnamed(name: string, type: DatasetType): string | undefined {
  const native = nativeProperties[name];
  if (native !== undefined)
    return native.on.includes(type) ? undefined : `${name} is a property of ${other(type)}s, and this is a ${type}`;
  const instead = elsewhere[name];
  if (instead !== undefined) return `${name} is not set here: ${instead}`;
  if (readOnly.has(name) || READ_ONLY_OF.test(name)) return `${name} is read-only: ZFS computes it`;
  if (isQuotaOf(name))
    return type === "volume" ? `${name} is a property of filesystems, and this is a volume` : undefined;
  if (isUserProperty(name)) return userPropertyName(name);
  const known = Object.keys(nativeProperties);
  return `ZFS has no property ${name}${suggest(name, known)}; a property of your own has a colon: module:${name}`;
}

/** Which rule a property's value breaks, in words. Undefined when it is fine. */
export function misvalued(name: string, value: string): string | undefined {
  if (hasControl(value)) return `${name} must not hold control characters such as line ends`;
  if (isUserProperty(name))
    return Buffer.byteLength(value) < 8192 ? undefined : `${name} must be shorter than 8192 bytes`;
  const breach = broken(ruleOf(name), value);
  return breach === undefined ? undefined : `${name} must ${breach}`;
}

function userPropertyName(name: string): string | undefined {
  if (!/^[a-z0-9:_.-]+$/.test(name) || name.startsWith("-"))
    return "the name of a user property consists of lower-case letters, digits and - _ . :";
  return name.length < 256 ? undefined : "the name of a user property must be shorter than 256 characters";
}

function other(type: DatasetType): DatasetType {
  return type === "volume" ? "filesystem" : "volume";
}
