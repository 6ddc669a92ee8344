/**
 * /etc/pve/lxc/ID.conf: the values that count, those that wait for a restart, and the snapshots' sections. Read as
 * PVE::LXC::Config does; what is not changed is kept to the letter.
 */

export interface Section {
  /** Empty for the values that count now; `pve:pending`; or a snapshot's name. */
  readonly name: string;
  /** Values by key, without `lxc.*`. Of a key that stands twice the last one counts. */
  readonly values: ReadonlyMap<string, string>;
  /** The lines `lxc.key: value` in their order, each so written. */
  readonly lxc: readonly string[];
  readonly description?: string;
}

export interface Conf {
  readonly current: Section;
  readonly pending: Section;
  readonly snapshots: readonly Section[];
}

const PENDING = "pve:pending";

export function parseConf(lines: readonly string[]): Conf {
  const parts: { name: string; lines: string[] }[] = [{ name: "", lines: [] }];
  for (const line of lines) {
    const [, name] = /^\[(pve:pending|[a-z][a-z0-9_-]+)\]\s*$/i.exec(line) ?? [];
    if (name === undefined) parts.at(-1)?.lines.push(line);
    else parts.push({ name: name.toLowerCase() === PENDING ? PENDING : name, lines: [] });
  }
  const [current = sectionOf("", []), ...others] = parts.map(({ name, lines: own }) => sectionOf(name, own));
  return {
    current,
    pending: others.find(({ name }) => name === PENDING) ?? sectionOf(PENDING, []),
    snapshots: others.filter(({ name }) => name !== PENDING),
  };
}

function sectionOf(name: string, lines: readonly string[]): Section {
  const values = new Map<string, string>();
  const lxc: string[] = [];
  const notes: string[] = [];
  for (const line of lines) {
    const [, rawKey, rawValue = ""] = /^(lxc\.[a-z0-9_.-]+)(?::|\s*=)\s*(.*?)\s*$/.exec(line) ?? [];
    const [, key, value = ""] = /^([a-z][a-z_]*\d*):\s*(.*?)\s*$/.exec(line) ?? [];
    if (line.startsWith("#")) notes.push(decoded(line.slice(1)));
    else if (rawKey !== undefined) lxc.push(`${rawKey}: ${rawValue}`);
    else if (key === "description") notes.push(decoded(value));
    else if (key !== undefined) values.set(key, value);
  }
  return { name, values, lxc, ...(notes.length === 0 ? {} : { description: notes.join("\n").replace(/\n+$/, "") }) };
}

/** PVE::Tools::decode_text. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A section as Proxmox VE writes it: notes, values by their keys' order, lines of LXC. */
export function printSection({ name, values, lxc, description }: Section): string[] {
  return [
    ...(name === "" ? [] : ["", `[${name}]`]),
    ...notesOf(description),
    ...[...values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}`),
    ...lxc,
  ];
}

/** The lines of a description. */
export function notesOf(description = ""): string[] {
  return description === "" ? [] : description.split("\n").map((line) => `#${encoded(line)}`);
}

export function printConf({ current, pending, snapshots }: Conf): string[] {
  const waiting = pending.values.size > 0 || pending.description !== undefined;
  const by = (a: Section, b: Section) => (a.name < b.name ? -1 : 1);
  return [current, ...(waiting ? [pending] : []), ...snapshots.toSorted(by)].flatMap(printSection);
}

/** PVE::Tools::encode_text. */
function encoded(text: string): string {
  return text.replace(/[^ -$&-9;-~]/gu, (one) =>
    [...Buffer.from(one, "utf8")].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

/** `a=1,b=2` in its order; a first word without `=` is the value of the default key. */
export function parseProperties(text: string, defaultKey: string): Map<string, string> {
  const parts = text.split(",").filter((part) => part !== "");
  return new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [defaultKey, part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

export function printProperties(properties: ReadonlyMap<string, string>, defaultKey: string): string {
  const { [defaultKey]: first, ...rest } = Object.fromEntries(properties);
  const words = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
  return [...(first === undefined ? [] : [first]), ...words].join(",");
}

export function isOn(text: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(text ?? "");
}

/** Sets or takes out one property, written as Proxmox VE does. */
export function assign(properties: Map<string, string>, key: string, value: unknown): void {
  if (value === undefined) properties.delete(key);
  else if (typeof value === "boolean") properties.set(key, value ? "1" : "0");
  else if (Array.isArray(value)) properties.set(key, value.join(";"));
  else properties.set(key, typeof value === "string" ? value : JSON.stringify(value));
}
