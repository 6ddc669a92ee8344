/**
 * Reads what a query script printed in parts, each behind a line `== name`: a part's lines by its name, none where
 * the part is not there. The script must not print other lines that look so.
 */
export function sections(text: string): (name: string) => readonly string[] {
  const all = new Map(
    text
      .split(/^== (?=\w+$)/m)
      .slice(1)
      .map((part) => {
        const [name = "", ...lines] = part.replace(/\n$/, "").split("\n");
        return [name, lines] as const;
      }),
  );
  return (name) => all.get(name) ?? [];
}
