/** Text in the format of smb.conf(5), as files and testparm have it. */
import { createHash } from "node:crypto";
import { canonicalName, inCanonicalTerms, written, type Parameters } from "./parameters.ts";

export const SMB_CONF = "/etc/samba/smb.conf";

/** The file that includes all of ours, and that smb.conf includes. */
export const INDEX = "/etc/samba/phoenix.conf";

/** The file of the server's own parameters. Sorts nowhere: it comes before those of shares. */
export const GLOBAL_FILE = "/etc/samba/phoenix-global.conf";

/** One line `name = value`. */
export interface Entry {
  /** The section's name in lower case. */
  readonly section: string;
  /** Canonical. */
  readonly name: string;
  /** In terms of the canonical name. */
  readonly value: string;
  /** Number of its first line, from 1. */
  readonly line: number;
}

export interface Parsed {
  readonly entries: readonly Entry[];
  /** Names of the sections as they are spelled, by their names in lower case. */
  readonly sections: ReadonlyMap<string, string>;
}

/** Reads lines as Samba does (lib/util/tini.c): blanks in a row are one, a backslash at the end joins the next line. */
export function parse(lines: readonly string[]): Parsed {
  const entries: Entry[] = [];
  const sections = new Map<string, string>();
  let section = "global";
  for (const { text, line } of joined(lines)) {
    const [, header] = /^\[([^\]]*)\]/.exec(text) ?? [];
    if (header !== undefined) {
      section = sectionName(header);
      if (!sections.has(section)) sections.set(section, header.trim());
    }
    const at = header === undefined ? text.indexOf("=") : -1;
    if (at < 1 || /^[#;]/.test(text)) continue;
    const name = text.slice(0, at).trim();
    const value = inCanonicalTerms(name, text.slice(at + 1).trim());
    entries.push({ section, name: canonicalName(name), value, line });
  }
  return { entries, sections };
}

/** Sections are the same in any case. */
export function sectionName(name: string): string {
  return name.trim().replace(/\s+/g, " ").toLowerCase();
}

function joined(lines: readonly string[]): { text: string; line: number }[] {
  const all: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [i, raw] of lines.entries()) {
    const more = raw.endsWith("\\");
    const part = more ? raw.slice(0, -1) : raw;
    const { text, line }: { text: string; line: number } = open ?? { text: "", line: i + 1 };
    open = { text: `${text}${part}`, line };
    if (more) continue;
    all.push({ text: open.text.trim().replace(/\s+/g, " "), line });
    open = undefined;
  }
  return all;
}

/** The file of a share, with the share's name in its own where that can be. The digest keeps `a b` and `a-b` apart. */
export function shareFile(share: string): string {
  const name = sectionName(share);
  if (/^[a-z\d][a-z\d_.$-]{0,79}$/.test(name)) return `/etc/samba/phoenix-${name}.conf`;
  const readable = name.replace(/[^a-z\d]+/g, "-").replace(/^-|-$/g, "");
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `/etc/samba/phoenix-${readable.slice(0, 60)}~${digest}.conf`;
}

export const NOTICE = "# Managed by phoenix-hypervisor: what is changed here by hand is changed back.";

/** A file with one section. `remarks` are lines for ourselves. */
export function render(section: string, parameters: Parameters, remarks: readonly string[] = []): string {
  const lines = Object.entries(parameters).map(([name, value]) => `\t${name} = ${written(name, value)}`);
  return [NOTICE, ...remarks.map((remark) => `# ${remark}`), `[${section}]`, ...lines, ""].join("\n");
}
