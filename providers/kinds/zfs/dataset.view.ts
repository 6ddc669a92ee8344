/** What is there, in the words of the spec. */
import { UserError } from "../../host/host.ts";
import type { Context } from "../../kind.ts";
import { poolOf, type DatasetFacts, type Directory, type Property } from "./dataset.facts.ts";
import { probed, type Probed } from "./dataset.probe.ts";
import { isQuotaOf, nativeProperties, ruleOf } from "./dataset.properties.ts";
import type { DatasetState, EncryptionState } from "./dataset.state.ts";
import { canonical, shown, sized } from "./values.ts";

type Found = ReadonlyMap<string, Property>;

export function view(
  facts: DatasetFacts,
  spec: DatasetState,
  context: Context<DatasetState>,
): DatasetState | undefined {
  const pool = poolOf(spec.name);
  usable(facts, pool);
  const name = [spec.name, spec.renamedFrom].find((one) => one !== undefined && facts.datasets.has(one));
  const found = facts.datasets.get(name ?? "");
  if (name === undefined || found === undefined) return undefined;
  const type = valueOf(found, "type") === "volume" ? "volume" : "filesystem";
  const host = { version: facts.version, altroot: facts.pools.get(pool)?.altroot ?? "" };
  const more = probed(context.probed);
  const volsize = type === "volume" ? volumeSize(found, spec.volsize) : undefined;
  const encryption = encryptionOf(name, found, spec, context.was, more);
  const asleep = encryption?.keystatus !== undefined;
  return {
    name,
    type,
    ...(volsize === undefined ? {} : { volsize }),
    ...(spec.sparse === undefined ? {} : { sparse: spec.sparse }),
    properties: properties(host, found, spec, context, more),
    ...(encryption === undefined ? {} : { encryption }),
    ...directory(facts.directories.get(valueOf(found, "mountpoint")), spec),
    ...(shouldBeMounted(found, spec) && valueOf(found, "mounted") === "no" && !asleep ? { mounted: false } : {}),
    allowDestroy: spec.allowDestroy,
  };
}

export function valueOf(found: Found, property: string): string {
  return found.get(property)?.value ?? "";
}

/** By what the host has, and by what is declared: what is being changed is told as such, and mounted then. */
function shouldBeMounted(found: Found, { properties: declared }: DatasetState): boolean {
  const mounts = (canmount: string, mountpoint: string, zoned: string) =>
    canmount === "on" && mountpoint.startsWith("/") && zoned === "off";
  const [canmount, mountpoint, zoned] = ["canmount", "mountpoint", "zoned"].map((name) => valueOf(found, name));
  return (
    mounts(canmount ?? "", mountpoint ?? "", zoned ?? "") &&
    mounts(declared["canmount"] ?? "on", declared["mountpoint"] ?? "/", declared["zoned"] ?? "off")
  );
}

/** Volumes have whole blocks: what is declared is rounded up, as `zfs create -V` does. */
export function wholeBlocks(volsize: string, found: Found): bigint {
  const block = BigInt(valueOf(found, "volblocksize") || "1");
  return ((sized(volsize) + block - 1n) / block) * block;
}

function usable({ pools }: DatasetFacts, name: string): void {
  const pool = pools.get(name);
  if (pool === undefined)
    throw new UserError(
      `the pool ${name} is not imported on the host. If it exists: zpool import ${name}. ` +
        "If it is gone for good, take its datasets out of the state: pulumi state delete",
    );
  if (pool.health === "SUSPENDED")
    throw new UserError(
      `the pool ${name} is suspended after I/O errors: bring its devices back, then zpool clear ${name}`,
    );
}

function volumeSize(found: Found, declared: string | undefined): string {
  const live = valueOf(found, "volsize");
  const same = declared !== undefined && wholeBlocks(declared, found) === BigInt(live);
  return same ? declared : shown({ kind: "size", none: false }, live);
}

interface HostFacts {
  readonly version: string;
  readonly altroot: string;
}

function properties(
  host: HostFacts,
  found: Found,
  spec: DatasetState,
  { was }: Context<DatasetState>,
  { quotas }: Probed,
): Record<string, string> {
  const names = new Set([...Object.keys(spec.properties), ...Object.keys(was?.properties ?? {})]);
  const entries = [...names].flatMap((name): [string, string][] => {
    const declared = spec.properties[name];
    const live = isQuotaOf(name) ? quotas.get(name) : setHere(name, found, host.altroot, declared !== undefined);
    if (live === undefined) return [];
    const rule = ruleOf(name);
    const meant = (value: string) => canonical(rule, name === "xattr" ? xattr(value, host.version) : value);
    if (declared !== undefined && meant(declared) === meant(live)) return [[name, declared]];
    return isUnset(name, live, found, spec) ? [] : [[name, shown(rule, live)]];
  });
  return Object.fromEntries(entries);
}

/** The value that is set on the dataset itself. */
function setHere(name: string, found: Found, altroot: string, declared: boolean): string | undefined {
  const native = nativeProperties[name];
  const { value, source } = found.get(name) ?? { value: undefined, source: "default" };
  if (native?.createOnly === true || name === "version") return declared ? value : undefined;
  // Where ZFS does not inherit, it makes no difference whether the default was set or never touched.
  if (typeof native?.back === "object") return value ?? native.back.default;
  if (source !== "local") return undefined;
  return name === "mountpoint" ? withoutAltroot(value ?? "", altroot) : value;
}

function withoutAltroot(path: string, altroot: string): string {
  if (altroot === "" || !path.startsWith("/")) return path;
  return path === altroot ? "/" : path.slice(path.startsWith(`${altroot}/`) ? altroot.length : 0);
}

/** What nobody has set, or what says the same. */
function isUnset(name: string, live: string, found: Found, spec: DatasetState): boolean {
  const back = nativeProperties[name]?.back;
  const rule = ruleOf(name);
  if (name === "refreservation" && spec.type === "volume" && spec.sparse !== true)
    return spec.properties[name] === undefined && BigInt(live) >= BigInt(valueOf(found, "volsize"));
  if (isQuotaOf(name)) return canonical(rule, live) === "0" || live === "none" || live === "-";
  return typeof back === "object" && canonical(rule, live) === canonical(rule, back.default);
}

/** Until OpenZFS 2.2 `xattr=on` was `dir`; since 2.3 it is `sa`. */
function xattr(value: string, version: string): string {
  if (value !== "on") return value;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 3) ? "sa" : "dir";
}

function directory(at: Directory | undefined, { owner, group, mode }: DatasetState): Partial<DatasetState> {
  // What is not mounted has no directory to look at; whether it should be is told as `mounted`.
  const octal = (digits: string) => Number.parseInt(digits, 8);
  return {
    ...(owner === undefined ? {} : { owner: account(owner, at?.owner) }),
    ...(group === undefined ? {} : { group: account(group, at?.group) }),
    ...(mode === undefined ? {} : { mode: at === undefined || octal(at.mode) === octal(mode) ? mode : at.mode }),
  };
}

function account(declared: string | number, live: readonly [name: string, id: string] | undefined): string | number {
  if (live === undefined || live.includes(String(declared))) return declared;
  const [name, id] = live;
  return name === "UNKNOWN" ? Number(id) : name;
}

function encryptionOf(
  name: string,
  found: Found,
  spec: DatasetState,
  was: DatasetState | undefined,
  { opens }: Probed,
): EncryptionState | undefined {
  const algorithm = valueOf(found, "encryption");
  const root = valueOf(found, "encryptionroot");
  // What no longer declares a key and has none of its own is as declared.
  const declared = spec.encryption ?? (root === name ? was?.encryption : undefined);
  if (declared === undefined || algorithm === "" || algorithm === "off") return undefined;
  const { secret, pbkdf2iters } = declared;
  const key = root !== name ? `that of ${root}` : opens === false ? "another key" : undefined;
  const keylocation = valueOf(found, "keylocation");
  return {
    algorithm,
    secret,
    keyformat: valueOf(found, "keyformat"),
    ...(pbkdf2iters === undefined ? {} : { pbkdf2iters: Number(valueOf(found, "pbkdf2iters")) }),
    ...(key === undefined ? {} : { key }),
    ...(valueOf(found, "keystatus") === "unavailable" ? { keystatus: "unavailable" } : {}),
    ...(root !== name || keylocation === "prompt" ? {} : { keylocation }),
  };
}
