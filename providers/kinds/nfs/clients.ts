/** The clients of exports(5): addresses, networks, host names, wildcards, netgroups. */
import { isIPv4, isIPv6 } from "node:net";

const LABEL = /^[a-z\d]([a-z\d_-]{0,61}[a-z\d])?$/i;

/** What is wrong with a client, in words that follow it. Undefined when it is fine. */
export function badClient(client: string): string | undefined {
  if (client === "*") return undefined;
  if (client.startsWith("gss/")) return "is long deprecated: give the client option sec=krb5, krb5i or krb5p";
  if (client.startsWith("@")) return /^@[\w.-]{1,255}$/.test(client) ? undefined : "must be @NETGROUP";
  if (client.includes("/")) return badNetwork(client);
  if (isIPv4(client) || (isIPv6(client) && !client.includes("%"))) return undefined;
  if (/^[\d.*?[\]-]+$/.test(client))
    return "is no IPv4 address; write a network as 10.0.0.0/24, wildcards match names only";
  if (client.includes(":")) return "is no IPv6 address";
  const labels = client.replace(/\[[a-z\d-]+\]|[*?]/gi, "x").split(".");
  const fine = client.length <= 253 && labels.every((label) => LABEL.test(label));
  return fine ? undefined : "is no address, network, host name, wildcard, @netgroup or *";
}

function badNetwork(client: string): string | undefined {
  const [address = "", mask = "", ...more] = client.split("/");
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes("%") ? 128 : undefined;
  const length = bits === undefined || more.length > 0 ? undefined : prefix(mask, bits);
  if (bits === undefined || length === undefined) return "is no network such as 10.0.0.0/24 or 2001:db8::/32";
  const whole = (number(address) >> BigInt(bits - length)) << BigInt(bits - length);
  if (whole === number(address)) return undefined;
  return `has bits set beyond its ${String(length)}: write ${text(whole, bits)}/${String(length)}, or the address alone`;
}

/** One form for all notations of the same client. Clients that are not fine stay as they are. */
export function canonicalClient(client: string): string {
  const [address = "", mask] = client.split("/");
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes("%") ? 128 : undefined;
  if (bits === undefined) return client.startsWith("@") ? client : client.toLowerCase();
  const length = mask === undefined ? bits : prefix(mask, bits);
  if (length === undefined) return client;
  const host = BigInt(bits - length);
  return `${text((number(address) >> host) << host, bits)}/${String(length)}`;
}

/** The bits of a network's mask: a number, or an IPv4 mask such as 255.255.255.0. */
function prefix(mask: string, bits: number): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : undefined;
  if (bits !== 32 || !isIPv4(mask)) return undefined;
  const [, ones] = /^(1*)0*$/.exec(number(mask).toString(2).padStart(32, "0")) ?? [];
  return ones?.length;
}

function number(address: string): bigint {
  if (isIPv4(address)) return address.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  // The URL parser writes an IPv6 address in its shortest form, an IPv4 tail in hexadecimal.
  const [left = "", right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const tail = groups(right ?? "");
  const zeros = Array<string>(right === undefined ? 0 : 8 - groups(left).length - tail.length).fill("0");
  return [...groups(left), ...zeros, ...tail].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function text(value: bigint, bits: number): string {
  const part = (size: bigint) => (_: unknown, i: number) =>
    (value >> (BigInt(bits) - size * BigInt(i + 1))) & ((1n << size) - 1n);
  if (bits === 32) return Array.from({ length: 4 }, part(8n)).join(".");
  const groups = Array.from({ length: 8 }, part(16n)).map((group) => group.toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
