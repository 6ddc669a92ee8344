/** What modprobe(8) goes by. */

export interface Modprobe {
  /** Options by module, the last of each name. */
  readonly options: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly blacklisted: ReadonlySet<string>;
}

/**
 * Shell function `modprobe_config`: what modprobe(8) goes by. Behind that it would print what it knows of every module's
 * devices and symbols, tens of thousands of lines.
 */
export const MODPROBE_CONFIG = `
modprobe_config() { modprobe --showconfig | sed '/^# End of configuration files/q'; }
`;

/** Lines of {@link MODPROBE_CONFIG}. */
export function parseModprobe(lines: readonly string[]): Modprobe {
  const words = lines.map((line) => line.split(/\s+/));
  const options = new Map<string, Record<string, string>>();
  for (const [word, name = "", ...values] of words)
    if (word === "options") options.set(canonical(name), { ...options.get(canonical(name)), ...pairs(values) });
  return {
    options,
    blacklisted: new Set(words.flatMap(([word, name = ""]) => (word === "blacklist" ? [canonical(name)] : []))),
  };
}

function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words
      .filter((word) => word !== "")
      .map((word): [string, string] => {
        const at = word.indexOf("=");
        return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
      }),
  );
}

/** To the kernel `-` and `_` in a module's name are one. */
export function canonical(name: string): string {
  return name.replaceAll("-", "_");
}
