/** What of our table is not as declared, in nft's words. Pure. */
import type { Chain, Table } from "./nft.ts";

/** What the host has in the place of a member of the spec: `rules[3]` → `tcp dport 23 accept`. */
export type Odd = Readonly<Record<string, string>>;

const ABSENT = "absent";

/** A table as `nft list table` prints it: what stands beside its chains, and the rules of each chain. */
interface Listing {
  /** Sets, chains' heads and flags by what introduces them. */
  readonly parts: ReadonlyMap<string, string>;
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** Both listings are nft's own, of the same version: equal tables have equal listings. */
export function odd(live: readonly string[] | undefined, declared: readonly string[], table: Table): Odd {
  if (live === undefined) return { table: ABSENT };
  const [is, want] = [read(live), read(declared)];
  const members = new Map(table.chains.map(({ name, member }) => [name, member]));
  const found = new Map<string, string>();
  for (const head of new Set([...want.parts.keys(), ...is.parts.keys()])) {
    const text = is.parts.get(head);
    if (text !== want.parts.get(head)) found.set(memberOf(head, members), text ?? ABSENT);
  }
  for (const chain of table.chains) {
    const [live = [], lines = []] = [is.chains.get(chain.name), want.chains.get(chain.name)];
    for (const [member, text] of oddLines(chain, live, lines)) found.set(member, text);
  }
  return Object.fromEntries(found);
}

function read(lines: readonly string[]): Listing {
  const parts = new Map<string, string>();
  const chains = new Map<string, string[]>();
  let head = "";
  for (const line of lines.slice(1, -1)) {
    const text = line.trim();
    const isHead = /^\t(?!\t)/.test(line);
    if (text === "" || text === "}") continue;
    if (isHead) {
      head = text.replace(/ \{$/, "");
      parts.set(head, text.endsWith("{") ? "" : text);
      if (head.startsWith("chain ")) chains.set(head.slice(6), []);
    } else if (head.startsWith("chain ") && !text.startsWith("type ")) chains.get(head.slice(6))?.push(text);
    else parts.set(head, `${parts.get(head) ?? ""} ${text}`.trim());
  }
  return { parts, chains };
}

/** The member of the spec that a part of the table comes from. */
function memberOf(head: string, chains: ReadonlyMap<string, string>): string {
  const [, set] = /^set ipset-(.+)-v[46]$/.exec(head) ?? [];
  if (set !== undefined) return `ipset.${set}`;
  const chain = chains.get(head.replace(/^chain /, ""));
  return chain ?? (head.startsWith("flags ") ? "enable" : head);
}

function oddLines(chain: Chain, is: readonly string[], want: readonly string[]): [string, string][] {
  const from = chain.lines.filter(({ off }) => off !== true).map((line) => line.from);
  const found = new Map<string, string[]>();
  const note = (member: string, text?: string) => {
    const texts = found.get(member) ?? [];
    found.set(member, text === undefined ? texts : [...texts, text]);
  };
  for (const { lost, extra } of gaps(is, want)) {
    // A line in the place of one of ours is what became of it; more of them are somebody's own.
    for (const [i, at] of lost.entries()) note(from[at] ?? chain.name, extra[i]);
    for (const text of extra.slice(lost.length)) note(chain.name, text);
  }
  return [...found].map(([member, texts]) => [member, texts.length === 0 ? ABSENT : texts.join("; ")]);
}

interface Gap {
  /** The line of `want` that it begins at. */
  readonly at: number;
  /** Lines of `want` that are not there. */
  readonly lost: number[];
  /** Lines that are there in their place. */
  readonly extra: string[];
}

/** Where two lists differ, outside of their longest common subsequence. */
export function gaps(is: readonly string[], want: readonly string[]): Gap[] {
  const common = table(is, want);
  const found: Gap[] = [];
  let gap: Gap | undefined;
  for (let [i, j] = [0, 0]; i < is.length || j < want.length;) {
    if (i < is.length && j < want.length && is[i] === want[j]) {
      gap = undefined;
      i += 1;
      j += 1;
      continue;
    }
    if (gap === undefined) found.push((gap = { at: j, lost: [], extra: [] }));
    const skips = j >= want.length || (i < is.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0));
    if (skips) gap.extra.push(is[i++] ?? "");
    else gap.lost.push(j++);
  }
  return found;
}

/** `table[i][j]`: how many lines `is` from i on and `want` from j on have in common. */
function table(is: readonly string[], want: readonly string[]): number[][] {
  const rows = Array.from({ length: is.length + 1 }, () => Array<number>(want.length + 1).fill(0));
  for (let i = is.length - 1; i >= 0; i -= 1)
    for (let j = want.length - 1; j >= 0; j -= 1) {
      const [row, next] = [rows[i] ?? [], rows[i + 1] ?? []];
      row[j] = is[i] === want[j] ? 1 + (next[j + 1] ?? 0) : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  return rows;
}
