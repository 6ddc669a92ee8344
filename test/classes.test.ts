import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readSources } from "../docs/sources.ts";
import * as providers from "../providers/index.ts";
import { kinds } from "../providers/registry.ts";
import { HostResource } from "../providers/runtime/resource.ts";

type Class = new (name: string, args: object) => HostResource;

// The engine keeps nothing that a class does not announce, and a reader knows of nothing that it does not document.
describe("the class of every kind", function () {
  this.timeout(120_000);
  const sources = readSources(join(import.meta.dirname, ".."));
  let announced: ReadonlyMap<string, readonly string[]> = new Map();

  before(async () => {
    await pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) });
    announced = new Map(classes().map((one) => outputs(new one("one", {}))));
  });
  after(async () => pulumi.runtime.disconnect());

  for (const { type, outputNames = [] } of kinds)
    it(`announces and documents the outputs of ${type}`, () => {
      assert.deepEqual(announced.get(type), ["machine", ...outputNames]);
      assert.deepEqual([...sources.kind(type).outputs.keys()], outputNames);
    });

  it("is of a kind that is registered", () => {
    assert.deepEqual([...announced.keys()].sort(), kinds.map(({ type }) => type).sort());
  });
});

function classes(): Class[] {
  const isOurs = (one: unknown) => typeof one === "function" && one.prototype instanceof HostResource;
  return Object.values<unknown>(providers).filter((one): one is Class => isOurs(one));
}

/** The kind of a resource that is declared with nothing, and the outputs that it has nevertheless. */
function outputs(resource: HostResource): [type: string, names: string[]] {
  const { __pulumiType: type } = resource as unknown as { __pulumiType: string };
  const names = Object.entries(resource).filter(([, value]) => pulumi.Output.isInstance(value));
  const given = ["urn", "id", "__provider"];
  return [type.replace(/^.*\//, ""), names.map(([name]) => name).filter((name) => !given.includes(name))];
}
