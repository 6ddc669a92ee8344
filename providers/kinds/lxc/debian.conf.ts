/** The text of /var/lib/lxc/ID/config: lxc.container.conf(5), line by line, of which only what changes is written anew. */

/** A line that says something: `lxc.uts.name = web`. Others, such as comments, stay where they are. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

/**
 * What LXC has no word for is kept in comments: `#phoenix-hypervisor: tags = web;db`. The keys of their entries begin
 * with `#`.
 */
const OWN = "#phoenix-hypervisor:";

export function entriesOf(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    const entry = entryOf(line);
    return entry === undefined ? [] : [entry];
  });
}

function entryOf(line: string): Entry | undefined {
  const own = line.startsWith(OWN);
  const [, key = "", value = ""] = /^\s*([^\s#=]+)\s*=\s*(.*?)\s*$/.exec(own ? line.slice(OWN.length) : line) ?? [];
  return key === "" ? undefined : { key: own ? `#${key}` : key, value: own ? value : unquoted(value) };
}

/** LXC takes a value that stands in quotes without them. */
function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}

/** All values of a key that may stand several times; an empty one takes back those before it. */
export function valuesOf(entries: readonly Entry[], key: string): string[] {
  const all = entries.filter((entry) => entry.key === key).map(({ value }) => value);
  return all.slice(all.lastIndexOf("") + 1);
}

/** The value that counts of a key that counts once: the last. */
export function valueOf(entries: readonly Entry[], key: string): string | undefined {
  const value = entries.findLast((entry) => entry.key === key)?.value;
  return value === "" ? undefined : value;
}

/** The first part of a key, as in `lxc.net.0.`: what belongs together. */
type Mine = (entry: Entry) => boolean;

/**
 * The text with `entries` in the place of those that are `mine`: lines that stay the same stay where they are, further
 * ones follow the last of them, or stand at the end.
 */
export function replaced(text: string, mine: Mine, entries: readonly Entry[]): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const left = [...entries];
  let last = lines.length - 1;
  const kept = lines.flatMap((line, i) => {
    const entry = entryOf(line);
    if (entry === undefined || !mine(entry)) return [{ line, i }];
    last = i;
    const at = left.findIndex(({ key, value }) => key === entry.key && value === entry.value);
    return at === -1 ? [] : (left.splice(at, 1), [{ line, i }]);
  });
  const before = kept.filter(({ i }) => i <= last).map(({ line }) => line);
  const after = kept.filter(({ i }) => i > last).map(({ line }) => line);
  return [...before, ...left.map(lineOf), ...after].map((line) => `${line}\n`).join("");
}

function lineOf({ key, value }: Entry): string {
  return key.startsWith("#") ? `${OWN} ${key.slice(1)} = ${value}` : `${key} = ${value}`;
}
