/** Files in the format of exports(5): /etc/exports, /etc/exports.d/*.exports, /var/lib/nfs/etab. */
import { createHash } from "node:crypto";

/** One directory for one client. */
export interface Entry {
  readonly path: string;
  readonly client: string;
  readonly options: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** A line that nfs-utils would stumble over. */
export interface Broken {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export type Clients = Readonly<Record<string, readonly string[]>>;

/** The drop-in file of an exported directory. The digest keeps `/a/b` and `/a-b` apart. */
export function dropIn(path: string): string {
  const readable = path
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return `/etc/exports.d/phoenix-${readable === "" ? "" : `${readable}-`}${digest}.exports`;
}

/** The drop-in's content: a line for each client, so that one change is one line. */
export function render(path: string, clients: Clients): string {
  const written = path.replace(/[ "#()]/g, octal);
  const lines = Object.entries(clients).map(
    ([client, options]) => `${written} ${client}(${inFull(options).join(",")})\n`,
  );
  return `# Managed by phoenix-hypervisor: what is changed here by hand is changed back.\n${lines.join("")}`;
}

/** exportfs(8) of older releases warns when these are left to their defaults. */
function inFull(options: readonly string[]): readonly string[] {
  const given = (...words: string[]) => words.some((word) => options.includes(word));
  const sync = given("sync", "async") ? [] : ["sync"];
  return [...options, ...sync, ...(given("subtree_check", "no_subtree_check") ? [] : ["no_subtree_check"])];
}

function octal(char: string): string {
  return `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

/** Reads the lines of one file as nfs-utils does (support/nfs/exports.c and xio.c). */
export function parse(file: string, lines: readonly string[]): { entries: Entry[]; broken: Broken[] } {
  const entries: Entry[] = [];
  const broken: Broken[] = [];
  for (const { text, line } of joined(lines)) {
    const [path, ...clients] = tokens(text);
    if (path === undefined) continue;
    const read = path.startsWith("/") ? clientsOf(clients) : undefined;
    if (read === undefined) broken.push({ file, line, text });
    else for (const [client, options] of read) entries.push({ path: tidy(path), client, options, file, line });
  }
  return { entries, broken };
}

/** A backslash at a line's end joins the next line to it. */
function joined(lines: readonly string[]): { text: string; line: number }[] {
  const result: { text: string; line: number }[] = [];
  let open = false;
  lines.forEach((text, i) => {
    const last = result.at(-1);
    const rest = text.replace(/\\$/, " ");
    if (open && last !== undefined) last.text += rest;
    else result.push({ text: rest, line: i + 1 });
    open = text.endsWith("\\");
  });
  return result;
}

/** Words up to a comment. Quotes hold blanks; a backslash and three octal digits are a byte. */
function tokens(text: string): string[] {
  const words = text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
  const end = words.findIndex((word) => word.startsWith("#"));
  return (end < 0 ? words : words.slice(0, end)).map((word) => unescape(word.replaceAll('"', "")));
}

function unescape(word: string): string {
  if (!word.includes("\\")) return word;
  const bytes = Buffer.from(word).toString("latin1");
  const plain = bytes.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
  return Buffer.from(plain, "latin1").toString();
}

/** `-options` are defaults for the clients after them; a client without a name is everybody. */
function clientsOf(words: readonly string[]): [client: string, options: readonly string[]][] | undefined {
  let defaults: readonly string[] = [];
  const read: [string, readonly string[]][] = [];
  for (const word of words) {
    const [, client = "", options] = /^([^()]*)(?:\(([^()]*)\))?$/.exec(word) ?? [];
    if (client === "" && options === undefined) return undefined;
    if (client.startsWith("-")) defaults = client.slice(1).split(",");
    else
      read.push([
        client === "" ? "*" : client,
        [...defaults, ...(options ?? "").split(",")].filter((one) => one !== ""),
      ]);
  }
  return read.length > 0 ? read : [["*", defaults]];
}

function tidy(path: string): string {
  return path.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
}
