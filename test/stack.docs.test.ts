import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { generate } from "../docs/generate.ts";
import { readSources } from "../docs/sources.ts";
import { kinds } from "../providers/registry.ts";
import { StackConfig } from "../stacks/config.ts";
import { load, stackFile, textOf } from "./support/stack-files.ts";

const ROOT = join(import.meta.dirname, "..");

describe("the generated reference", function () {
  this.timeout(120_000);

  it("is what the sources say: if not, run `npm run docs`", async () => {
    const files = await generate();
    for (const [path, wanted] of files) assert.equal(textOf(path), wanted, `${path} is out of date: npm run docs`);
    const pages = readdirSync(join(ROOT, "docs", "reference")).map((name) => `docs/reference/${name}`);
    assert.deepEqual(
      pages.filter((page) => !files.has(page)),
      [],
      "pages of kinds that are no more",
    );
  });

  const about = readSources(ROOT);
  for (const { type } of kinds) {
    it(`has an example of ${type} that a stack takes`, () => {
      const example = load(about.kind(type).tag("example") ?? "");
      StackConfig.parse({
        connection: { host: "hv1" },
        ...(example as object),
      });
    });
    it(`names commands of ${type} that its sources have`, () => {
      const shared = join("providers", "kinds");
      const sources = [shared, join(shared, type.split(":")[0] ?? "")]
        .flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(folder, file)))
        .filter((file) => file.endsWith(".ts"))
        .map((file) => textOf(file))
        .join("\n");
      const words = [...(about.kind(type).tag("runs") ?? "").matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) =>
        code.split(" "),
      );
      assert.deepEqual(
        words.filter((word) => !sources.includes(word)),
        [],
      );
    });
  }
});

describe("the stack files", () => {
  const schema = z.fromJSONSchema(JSON.parse(textOf("stacks/config.schema.json")) as z.core.JSONSchema.JSONSchema);
  it("are declared in Pulumi.yaml key by key", () => {
    assert.deepEqual(Object.keys(stackFile("Pulumi.yaml").config), Object.keys(StackConfig.shape));
  });
  for (const file of ["Pulumi.dev.yaml", ...readdirSync(join(ROOT, "examples")).map((name) => `examples/${name}`)])
    it(`${file} is as the editors' schema wants it`, () => {
      assert.deepEqual(schema.safeParse(stackFile(file)).error?.issues ?? [], []);
    });
  const broken: [string, object][] = [
    ["an unknown area", { "phoenix:storgae": {} }],
    ["an unknown key", { "phoenix:storage": { datasets: { "tank/a": { onwer: "root" } } } }],
    ["a wrong value", { "phoenix:storage": { datasets: { "tank/a": { mode: "rwx" } } } }],
  ];
  for (const [title, config] of broken)
    it(`show an editor ${title}`, () => {
      assert.equal(schema.safeParse({ config }).success, false);
    });
});
