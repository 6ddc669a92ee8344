/** The known_hosts file format, as sshd(8) describes it. Pure. */
import { createHmac } from "node:crypto";

/** One line of a known_hosts file. */
export interface KnownKey {
  readonly marker?: "revoked" | "cert-authority";
  /** The first field: patterns, or one hashed name. */
  readonly names: string;
  readonly type: string;
  readonly key: Buffer;
  /** `file:line`, for messages. */
  readonly source: string;
}

/** The lines of a known_hosts file. What is no key line is left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownKey[] {
  return text.split("\n").flatMap((line, i) => parseLine(line.trim(), `${file}:${String(i + 1)}`));
}

/** True when the line speaks of this host. `name` is `host`, or `[host]:port` where the port is not 22. */
export function speaksOf(known: KnownKey, name: string): boolean {
  const wanted = name.toLowerCase();
  if (known.names.startsWith("|")) return isHashOf(known.names, wanted);
  const patterns = known.names.toLowerCase().split(",");
  if (patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1), wanted))) return false;
  return patterns.some((pattern) => matches(pattern, wanted));
}

/** The name under which known_hosts files have a host. */
export function knownName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${String(port)}`;
}

function parseLine(line: string, source: string): KnownKey[] {
  if (line === "" || line.startsWith("#")) return [];
  const fields = line.split(/\s+/);
  const marker = fields[0]?.startsWith("@") ? fields.shift() : undefined;
  const [names, type, base64] = fields;
  if (names === undefined || type === undefined || base64 === undefined) return [];
  const key = Buffer.from(base64, "base64");
  if (typeOf(key) !== type) return [];
  if (marker === undefined) return [{ names, type, key, source }];
  if (marker !== "@revoked" && marker !== "@cert-authority") return [];
  return [{ marker: marker === "@revoked" ? "revoked" : "cert-authority", names, type, key, source }];
}

/** The type that a public key in SSH's binary form names itself; undefined where it is none. */
export function typeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length < key.length - 4 ? key.toString("latin1", 4, 4 + length) : undefined;
}

function isHashOf(names: string, wanted: string): boolean {
  const [, version, salt, hash] = names.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(wanted).digest("base64") === hash;
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}
