/**
 * `npm run docs`: the configuration's JSON Schema for editors, and a page for every kind. They say what the sources
 * say: the doc comments of the specs' members, the specs' rules, and the doc comments of the kinds' classes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { kinds } from "../providers/registry.ts";
import { StackConfig } from "../stacks/config.ts";
import { kindPage, members } from "./pages.ts";
import { policiesPage } from "./policies.ts";
import { schemaOf, stackFile } from "./schema.ts";
import { readSources } from "./sources.ts";

const ROOT = join(import.meta.dirname, "..");
const NOTICE = "<!-- Made by `npm run docs` from the sources: change those. -->\n\n";
const SETTINGS = `# Settings of a stack

What \`Pulumi.<stack>.yaml\` can say, as \`phoenix:<name>\`. Unknown names are refused. Every area is optional; what is not
declared is left alone. The areas' entries are on the pages of their [kinds](README.md).

`;

/** Every generated file: its path from the root of the project, and its text. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const sources = readSources(ROOT);
  const config = schemaOf(StackConfig, sources.inputs("stacks/config.ts", "StackConfig"));
  const about = kinds.map((kind) => ({ kind, ...sources.kind(kind.type) }));
  const index = about.map(
    ({ kind: { type }, summary }) => `- [${type}](${fileOf(type)}) — ${summary.split("\n")[0] ?? ""}\n`,
  );
  const files: [string, string][] = [
    ["stacks/config.schema.json", JSON.stringify(stackFile(config, "phoenix"))],
    ["docs/reference/README.md", `${NOTICE}# Reference\n\n- [Settings of a stack](settings.md)\n${index.join("")}`],
    ["docs/policies.md", `${NOTICE}${policiesPage()}`],
    ["docs/reference/settings.md", `${NOTICE}${SETTINGS}${members(config, 2)}`],
    ...about.map(({ kind, ...said }): [string, string] => [
      `docs/reference/${fileOf(kind.type)}`,
      NOTICE + kindPage(kind.type, said, schemaOf(kind.spec, said.inputs), kind.outputNames ?? []),
    ]),
  ];
  const tidy = files.map(
    async ([path, text]) => [path, await format(text, { filepath: path, printWidth: 120 })] as const,
  );
  return new Map(await Promise.all(tidy));
}

/** `zfs.dataset.md` */
function fileOf(type: string): string {
  return `${type.replace(":", ".").toLowerCase()}.md`;
}

if (import.meta.main) {
  const files = await generate();
  const stale = [...files].filter(
    ([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== text,
  );
  if (process.argv.includes("--check")) {
    for (const [path] of stale) console.error(`${path} is not what the sources say: npm run docs`);
    process.exit(stale.length > 0 ? 1 : 0);
  }
  mkdirSync(join(ROOT, "docs", "reference"), { recursive: true });
  for (const [path, text] of stale) writeFileSync(join(ROOT, path), text);
}
