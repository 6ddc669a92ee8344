/** The format of storage.cfg and others of Proxmox VE: `type: name`, then indented lines `option value`. */
export interface Section {
  readonly type: string;
  readonly name: string;
  /** A value that is left out is empty. */
  readonly options: ReadonlyMap<string, string>;
}

/** As Proxmox VE reads it (PVE::SectionConfig): an empty line ends a section, and of two with one name the last counts. */
export function parseSections(lines: readonly string[]): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  let options: Map<string, string> | undefined;
  for (const line of lines) {
    if (/^\s*#/.test(line)) continue;
    if (line === "") options = undefined;
    else if (options === undefined) {
      const [, type, name] = /^(\S+):\s*(\S+)\s*$/.exec(line) ?? [];
      if (type === undefined || name === undefined) continue;
      options = new Map();
      sections.set(name, { type: type.toLowerCase(), name, options });
    } else {
      const [, key, value = ""] = /^\s+(\S+)(?:\s+(.*\S))?\s*$/.exec(line) ?? [];
      if (key !== undefined) options.set(key, value);
    }
  }
  return sections;
}
