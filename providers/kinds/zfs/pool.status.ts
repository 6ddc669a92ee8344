/**
 * What `zpool status -pP` and `zpool import` print, as trees. The text form: it is the same from OpenZFS 2.1 on, while
 * the JSON form begins with 2.3, and `zpool list -vH` has lost the indentation that tells who belongs to whom.
 */

/** A vdev: a disk, or a group of vdevs. */
export interface Node {
  /** As zpool takes it in commands: a path, `mirror-0`, or the GUID of a disk that is gone. */
  readonly name: string;
  /** Empty where `zpool import` prints none. */
  readonly state: string;
  /** Counters of read, write and checksum errors. */
  readonly faults: readonly [read: number, write: number, checksum: number];
  /** What stands behind the counters: `was /dev/…`, `(resilvering)`, `currently in use`. */
  readonly remark: string;
  readonly children: readonly Node[];
}

export interface Status {
  readonly pool: string;
  /** GUID; `zpool import` prints it. */
  readonly id: string;
  readonly state: string;
  /** What ZFS has to say: of a resilver, of a missing device, of another system that used the pool last. */
  readonly status: string;
  readonly errors: string;
  readonly classes: Readonly<Record<ClassName, readonly Node[]>>;
}

type ClassName = "data" | "special" | "dedup" | "log" | "cache" | "spare";

const HEADINGS: Readonly<Record<string, ClassName>> = {
  special: "special",
  dedup: "dedup",
  logs: "log",
  cache: "cache",
  spares: "spare",
};

/** All pools of an output, in order. */
export function parseStatus(output: string): Status[] {
  const starts = [...output.matchAll(/^ *pool: /gm)].map(({ index }) => index);
  return starts.map((start, i) => parsePool(output.slice(start, starts[i + 1])));
}

function parsePool(text: string): Status {
  const fields = new Map<string, string>();
  let last = "";
  for (const line of text.split("\n")) {
    const [, key, rest = ""] = /^ *([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (key !== undefined) fields.set((last = key), rest);
    else if (line.startsWith("\t")) fields.set(last, `${fields.get(last) ?? ""}\n${line.slice(1)}`);
  }
  const words = (key: string) => (fields.get(key) ?? "").replaceAll(/\s+/g, " ").trim();
  return {
    pool: words("pool"),
    id: words("id"),
    state: words("state"),
    status: words("status"),
    errors: words("errors"),
    classes: parseConfig(fields.get("config") ?? ""),
  };
}

interface Draft extends Node {
  readonly depth: number;
  readonly children: Draft[];
}

/** The tree below `config:`. Its first line without indentation is the pool; the later ones are headings. */
function parseConfig(config: string): Status["classes"] {
  const classes: Record<ClassName, Draft[]> = { data: [], special: [], dedup: [], log: [], cache: [], spare: [] };
  let current: ClassName | undefined;
  let path: Draft[] = [];
  for (const line of config.split("\n").filter((one) => one.trim() !== "" && !/^NAME +STATE/.test(one))) {
    const node = parseLine(line);
    if (node.depth === 0) {
      current = current === undefined ? "data" : HEADINGS[node.name];
      path = [];
    } else if (current !== undefined) {
      path = path.filter(({ depth }) => depth < node.depth);
      (path.at(-1)?.children ?? classes[current]).push(node);
      path.push(node);
    }
  }
  return classes;
}

function parseLine(line: string): Draft {
  const depth = line.length - line.trimStart().length;
  const [name = "", state = "", ...rest] = line.trim().split(/\s+/);
  const counted = rest.length >= 3 && rest.slice(0, 3).every((word) => /^\d+$/.test(word));
  const [read = 0, write = 0, checksum = 0] = counted ? rest.slice(0, 3).map(Number) : [];
  const remark = rest.slice(counted ? 3 : 0).join(" ");
  return { depth, name, state, faults: [read, write, checksum], remark, children: [] };
}

/** `mirror`, `raidz2`, …, or `disk` for one that stands alone. */
export function vdevType(node: Node): string {
  return diskOf(node) === undefined ? node.name.replace(/-\d+$/, "") : "disk";
}

/** The disks of a vdev, one for each of its places. */
export function disksOfVdev(node: Node): readonly Node[] {
  const alone = diskOf(node);
  return alone === undefined ? node.children.flatMap(disksOfVdev) : [alone];
}

/** All disks below, those that are being replaced and the spares that stepped in included. */
export function leaves(node: Node): readonly Node[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leaves);
}

/**
 * The disk that a place in a vdev is declared to have: of a replacement under way the new one, where a hot spare has
 * stepped in the original. Undefined for a vdev of several places.
 */
function diskOf(node: Node): Node | undefined {
  const [first] = node.children;
  const last = node.children.at(-1);
  if (first === undefined || last === undefined) return node;
  if (node.name.startsWith("replacing-")) return diskOf(last);
  return node.name.startsWith("spare-") ? diskOf(first) : undefined;
}
