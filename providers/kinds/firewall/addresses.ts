/** Addresses as rules name them: one, a network, a range. */
import { BlockList, isIP } from "node:net";

export type Family = 4 | 6;

/** The family of an address, a network or a range; undefined when it is none of these. */
export function familyOf(text: string): Family | undefined {
  const [from = "", to, ...more] = text.split("-");
  if (to !== undefined) {
    const family = plain(from);
    return more.length === 0 && family === plain(to) && family !== undefined && isOrdered(from, to, family)
      ? family
      : undefined;
  }
  const [address = "", length, ...rest] = text.split("/");
  const family = plain(address);
  if (length === undefined || family === undefined) return family;
  const fits = /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
  return fits && rest.length === 0 ? family : undefined;
}

/** Whether `address` is among addresses, networks and ranges. Those of the other family never are. */
export function holds(entries: readonly string[], address: string): boolean {
  const list = new BlockList();
  const family = plain(address);
  if (family === undefined) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  for (const entry of entries) {
    if (familyOf(entry) !== family) continue;
    const [from = "", to] = entry.split("-");
    const [network = "", length] = entry.split("/");
    if (to !== undefined) list.addRange(from, to, type);
    else if (length !== undefined) list.addSubnet(network, Number(length), type);
    else list.addAddress(entry, type);
  }
  return list.check(address, type);
}

/** Addresses with a zone (`fe80::1%eth0`) are none that a rule can name. */
function plain(address: string): Family | undefined {
  const family = address.includes("%") ? 0 : isIP(address);
  return family === 4 || family === 6 ? family : undefined;
}

function isOrdered(from: string, to: string, family: Family): boolean {
  try {
    new BlockList().addRange(from, to, family === 4 ? "ipv4" : "ipv6");
    return true;
  } catch {
    return false;
  }
}
