/** The pages of the reference, in Markdown. */
import type { Schema } from "./schema.ts";
import type { About } from "./sources.ts";

/** What a page says that only prose can: the tags of a class's doc comment, each with its heading. */
export const TAGS = {
  example: "Example",
  refused: "What is refused",
  consent: "What needs consent",
  runs: "What it runs on the host",
} as const;

export function kindPage(type: string, about: About, schema: Schema, outputs: readonly string[]): string {
  const section = (tag: keyof typeof TAGS) => {
    const text = about.tag(tag);
    if (text === undefined) throw new Error(`class ${about.name} of ${type} has no @${tag} in its doc comment`);
    return `## ${TAGS[tag]}\n\n${tag === "example" ? `\`\`\`yaml\n${text}\n\`\`\`` : text}\n\n`;
  };
  const known = new Map([...about.outputs, ["machine", "The machine-id of the machine that has the object."]]);
  const results = [...outputs, "machine"].map((name) => `- **\`${name}\`** — ${known.get(name) ?? ""}\n`);
  return (
    `# ${type}\n\n${about.summary}\n\n${section("example")}## Inputs\n\n${members(schema)}\n` +
    `## Outputs\n\n${results.join("")}\n${section("refused")}${section("consent")}${section("runs")}`
  );
}

/** The members of an object as a list, and those of the objects in it, so many levels deep. */
export function members(schema: Schema, depth = 9, indent = ""): string {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .map(([name, one]) => {
      const must = required.has(name) ? ", required" : "";
      const text = (one.description ?? "").replaceAll("\n", `\n${indent}  `);
      const rule = one.errorMessage === undefined ? "" : ` Errors: ${one.errorMessage}.`;
      const inner = depth > 1 ? objectsIn(one).map((object) => members(object, depth - 1, `${indent}  `)) : [];
      return `${indent}- **\`${name}\`** (${typeOf(one)}${must}) — ${text}${rule}\n${inner.join("")}`;
    })
    .join("");
}

/** The objects with members of their own that a value may be or hold. */
function objectsIn(schema: Schema): Schema[] {
  if (schema.properties !== undefined) return [schema];
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
  return inner.flatMap((one) => (typeof one === "object" ? objectsIn(one) : [])).slice(0, 1);
}

function typeOf({ type, items, additionalProperties, ...schema }: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(" | ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(typeOf))].filter((one) => one !== "null").join(" | ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === "object") return `map of ${typeOf(additionalProperties)}`;
  return type ?? "any";
}
