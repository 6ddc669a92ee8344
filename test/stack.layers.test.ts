import assert from "node:assert/strict";
import { readConfig } from "../stacks/config.ts";
import { layersOf, merged, originOf } from "../stacks/layers.ts";
import { text } from "./support/stack-files.ts";

const BASE = "environments/base.yaml";

/** Files by name, each as a stack's file. */
function reader(files: Readonly<Record<string, unknown>>) {
  return (name: string) => {
    const content = files[name];
    if (content === undefined) throw new Error(`ENOENT: no such file, open '${name}'`);
    return typeof content === "string" ? content : JSON.stringify({ config: content });
  };
}

function stack(own: object, base: object) {
  const layers = layersOf({ file: "Pulumi.x.yaml", values: { extends: [BASE], ...own } }, reader({ [BASE]: base }));
  const rest = Object.fromEntries(Object.entries(merged(layers)).filter(([key]) => key !== "extends"));
  return { layers, rest };
}

describe("what stacks have in common", () => {
  const merges: [title: string, base: unknown, own: unknown, wanted: unknown][] = [
    [
      "merges maps at any depth",
      { a: { x: 1, y: { z: 2 } } },
      { a: { y: { w: 3 } } },
      { a: { x: 1, y: { z: 2, w: 3 } } },
    ],
    ["takes scalars from the topmost", { a: { x: 1 } }, { a: { x: 2 } }, { a: { x: 2 } }],
    ["takes lists whole", { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
    ["takes an entry away with false", { a: { x: { y: 1 }, z: null } }, { a: { x: false, z: false } }, { a: {} }],
    ["takes a list away with false", { a: { rules: [1] } }, { a: { rules: false } }, { a: {} }],
    [
      "takes false for what it says where there was a scalar",
      { a: { on: true } },
      { a: { on: false } },
      { a: { on: false } },
    ],
    ["adds nothing with an entry of nothing", { a: { x: { y: 1 } } }, { a: { x: null } }, { a: { x: { y: 1 } } }],
    ["lets a map stand in place of a scalar", { a: { x: null } }, { a: { x: { y: 1 } } }, { a: { x: { y: 1 } } }],
  ];
  for (const [title, base, own, wanted] of merges)
    it(title, () => {
      assert.deepEqual(stack({ storage: own }, { "phoenix:storage": base }).rest, { storage: wanted });
    });

  it("lays each file beneath those after it, and what a file extends beneath it", () => {
    const read = reader({
      "a.yaml": { "phoenix:system": { sysctl: { s: { value: "a" }, a: { value: 1 } } } },
      "b.yaml": { "phoenix:extends": ["a.yaml"], "phoenix:system": { sysctl: { s: { value: "b" } } } },
      "c.yaml": "config:\n  phoenix:system: { timezone: 2026-01-31 }\n",
    });
    const layers = layersOf({ file: "own", values: { extends: ["b.yaml", "c.yaml"] } }, read);
    assert.deepEqual(
      layers.map(({ file }) => file),
      ["a.yaml", "b.yaml", "c.yaml", "own"],
    );
    const { system } = merged(layers);
    assert.deepEqual(system, { sysctl: { s: { value: "b" }, a: { value: 1 } }, timezone: "2026-01-31" });
  });

  it("knows which file a value comes from", () => {
    const { layers } = stack(
      { storage: { datasets: { "t/a": { mode: "1" } } } },
      { "phoenix:storage": { datasets: { "t/a": { owner: "x" } }, arc: {} } },
    );
    const of = (...path: string[]) => originOf(layers, ["storage", ...path]);
    assert.equal(of("datasets", "t/a", "owner"), BASE);
    assert.equal(of("datasets", "t/a", "mode"), "Pulumi.x.yaml");
    assert.equal(of("datasets", "t/a", "missing"), "Pulumi.x.yaml");
    assert.equal(of("arc", "max"), BASE);
    assert.equal(originOf(layers, ["network"]), undefined);
  });

  const refused: [title: string, files: Record<string, unknown>, says: RegExp][] = [
    ["a file that is not there", {}, /^Pulumi\.x\.yaml extends environments\/base\.yaml, which cannot be read: ENOENT/],
    ["a file that is no YAML", { [BASE]: "a: [" }, /base\.yaml, which cannot be read: .*environments\/base\.yaml/s],
    ["a file that is no map", { [BASE]: "- a" }, /^environments\/base\.yaml: must be like a stack's file/],
    [
      "a file with more than a configuration",
      { [BASE]: "encryptionsalt: v1\nconfig: {}" },
      /cannot have `encryptionsalt`/,
    ],
    ["a key without the project's name", { [BASE]: { storage: {} } }, /storage must be phoenix:storage/],
    ["what is one stack's own", { [BASE]: { "phoenix:protect": false } }, /phoenix:protect is not shared/],
    ["secrets", { [BASE]: { "phoenix:secrets": { a: "b" } } }, /phoenix:secrets is not shared/],
    [
      "a sealed value",
      { [BASE]: { "phoenix:connection": { password: { secure: "v1:x" } } } },
      /phoenix:connection\.password is encrypted with the key of one stack/,
    ],
    [
      "a circle",
      { [BASE]: { "phoenix:extends": ["b"] }, b: { "phoenix:extends": [BASE] } },
      /^environments\/base\.yaml extends b extends environments\/base\.yaml: a circle/,
    ],
  ];
  for (const [title, files, says] of refused)
    it(`refuses ${title}`, () => {
      assert.throws(() => layersOf({ file: "Pulumi.x.yaml", values: { extends: [BASE] } }, reader(files)), {
        name: "UserError",
        message: says,
      });
    });
  it("refuses names that are none", () => {
    assert.throws(() => layersOf({ file: "Pulumi.x.yaml", values: { extends: "base" } }), /must be a list of files/);
  });

  it("says of each complaint which file has it", () => {
    const own: Record<string, unknown> = {
      extends: ["test/fixtures/layers.base.yaml"],
      connection: { host: "hv1" },
      storage: { datasets: { "tank/b": { mode: "9" } } },
    };
    assert.throws(() => readConfig((key) => text(own[key]), Object.keys(own), "Pulumi.x.yaml"), {
      message: [
        "the stack's configuration is not valid:",
        '  storage.datasets["tank/a"].mode: must be three or four octal digits, such as "0775"; found: "x" (in test/fixtures/layers.base.yaml)',
        '  storage.datasets["tank/b"].mode: must be three or four octal digits, such as "0775"; found: "9" (in Pulumi.x.yaml)',
        '  storage: there is no "pool" (did you mean "pools"?); known: pools, datasets, arc (in test/fixtures/layers.base.yaml)',
      ].join("\n"),
    });
  });
});
