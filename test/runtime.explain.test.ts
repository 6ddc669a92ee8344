import assert from "node:assert/strict";
import { z } from "zod";
import { explain, pathText } from "../providers/runtime/explain.ts";

const schema = z.strictObject({
  name: z.string().regex(/^a/, "must begin with a"),
  vdevs: z.array(z.strictObject({ type: z.enum(["mirror", "stripe"]) })).default([]),
  owner: z.union([z.int("must be a number"), z.string("must be a name")]).optional(),
  datasets: z
    .record(z.string().regex(/^t/, "must begin with t"), z.strictObject({ quota: z.string().optional() }))
    .optional(),
});

describe("an explanation", () => {
  const cases: [string, unknown, string[]][] = [
    ["has rule and value", { name: "b" }, ['name: must begin with a; found: "b"']],
    [
      "has the path in a list",
      { name: "a", vdevs: [{ type: "x" }] },
      ['vdevs[0].type: Invalid option: expected one of "mirror"|"stripe"; found: "x"'],
    ],
    [
      "suggests a key",
      { name: "a", onwer: 1 },
      [': there is no "onwer" (did you mean "owner"?); known: name, vdevs, owner, datasets'],
    ],
    [
      "suggests a key further down",
      { name: "a", datasets: { t: { qouta: "1" } } },
      ['datasets.t: there is no "qouta" (did you mean "quota"?); known: quota'],
    ],
    [
      "joins the rules of a choice",
      { name: "a", owner: true },
      ["owner: must be a number, or must be a name; found: true"],
    ],
    ["names a bad key", { name: "a", datasets: { x: {} } }, ["datasets.x: must begin with t; found: {}"]],
    ["shortens a long value", { name: "b".repeat(400) }, [`name: must begin with a; found: "${"b".repeat(299)}…`]],
  ];
  for (const [title, inputs, wanted] of cases)
    it(title, () => {
      const { error } = schema.safeParse(inputs);
      assert.ok(error);
      assert.deepEqual(
        explain(error, inputs, schema).map(({ property, reason }) => `${property}: ${reason}`),
        wanted,
      );
    });
  it("writes a path as a configuration has it", () => {
    assert.equal(pathText(["storage", "datasets", "tank/a", "clients", 0]), 'storage.datasets["tank/a"].clients[0]');
  });
});
