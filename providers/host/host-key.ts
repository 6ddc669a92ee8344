/** Whether a host's key is the one it should be. Pure. */
import { createHash } from "node:crypto";
import type { ServerHostKeyAlgorithm } from "ssh2";
import { speaksOf, typeOf } from "./known-hosts.ts";
import type { KnownKey } from "./known-hosts.ts";

/** What we know of a host's keys before it shows one. */
export interface Trust {
  /** Public keys or fingerprints from the configuration. Then the known_hosts files do not count. */
  readonly pinned?: readonly string[];
  /** All lines of the known_hosts files. */
  readonly known: readonly KnownKey[];
  /** The names under which the host may be found there, the best first. */
  readonly names: readonly string[];
  /** The known_hosts files, for messages. */
  readonly files: readonly string[];
}

export type Verdict =
  | { readonly is: "trusted" }
  /** No key of this host is known. `authority`: a line with @cert-authority is, which we cannot use. */
  | { readonly is: "unknown"; readonly authority?: string }
  /** Other keys of this host are known: `expected`. */
  | { readonly is: "changed"; readonly expected: readonly Expected[] }
  | { readonly is: "revoked"; readonly source: string };

export interface Expected {
  /** With the type of the key before it, where we know it. */
  readonly fingerprint: string;
  readonly source: string;
}

/** The key types, the preferred first, and the signature algorithms that go with each. */
const algorithms = new Map<string, readonly ServerHostKeyAlgorithm[]>([
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
]);

/**
 * The algorithms to ask the server for: those of the keys that we know come first, so that a host of which we know one
 * key only shows that key. `without`: key types the server has already shown in vain.
 */
export function hostKeyAlgorithms(trust: Trust, without: readonly string[] = []): ServerHostKeyAlgorithm[] {
  const first = trust.pinned ? trust.pinned.map((pin) => pin.split(" ")[0] ?? "") : here(trust).map((key) => key.type);
  const types = [...new Set([...[...algorithms.keys()].filter((type) => first.includes(type)), ...algorithms.keys()])];
  return types.filter((type) => !without.includes(type)).flatMap((type) => algorithms.get(type) ?? []);
}

export function judge(trust: Trust, key: Buffer): Verdict {
  if (trust.pinned) return judgePinned(trust.pinned, key);
  const revoked = trust.known.find(
    (known) => known.marker === "revoked" && known.key.equals(key) && trust.names.some((name) => speaksOf(known, name)),
  );
  if (revoked) return { is: "revoked", source: revoked.source };
  const keys = here(trust);
  if (keys.some((known) => known.key.equals(key))) return { is: "trusted" };
  const expected = named(trust, trust.names.slice(0, 1));
  if (expected.length > 0) return { is: "changed", expected: expected.map(expectedKey) };
  const authority = trust.known.find(
    (known) => known.marker === "cert-authority" && trust.names.some((name) => speaksOf(known, name)),
  );
  return authority ? { is: "unknown", authority: authority.source } : { is: "unknown" };
}

/** `SHA256:…`, as ssh-keygen -l shows a public key. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** True when the pins leave open which type of key the host has to show. */
export function pinsFingerprints(trust: Trust): boolean {
  return trust.pinned?.some((pin) => pin.startsWith("SHA256:")) ?? false;
}

export function describeKey(key: Buffer): string {
  return `${typeOf(key) ?? "a key of unknown type"} ${fingerprint(key)}`;
}

function judgePinned(pinned: readonly string[], key: Buffer): Verdict {
  const expected = pinned.map((pin) => ({ fingerprint: pinnedFingerprint(pin), source: "the pinned hostKey" }));
  const isShown = (pin: Expected) => pin.fingerprint === fingerprint(key) || pin.fingerprint === describeKey(key);
  return expected.some(isShown) ? { is: "trusted" } : { is: "changed", expected };
}

function pinnedFingerprint(pin: string): string {
  if (pin.startsWith("SHA256:")) return pin.replace(/=+$/, "");
  return describeKey(Buffer.from(pin.split(" ")[1] ?? "", "base64"));
}

/** The plain key lines that speak of the host under any of its names. */
function here(trust: Trust): KnownKey[] {
  return named(trust, trust.names);
}

function named(trust: Trust, names: readonly string[]): KnownKey[] {
  return trust.known.filter((known) => known.marker === undefined && names.some((name) => speaksOf(known, name)));
}

function expectedKey(known: KnownKey): Expected {
  return { fingerprint: describeKey(known.key), source: known.source };
}
