import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { providerText } from "../providers/runtime/resource.ts";

// This very text is in the state of every resource that was ever made. It may not change, nor what it requires move.
const TEXT = 'exports.handler=()=>require(process.cwd()+"/providers/entry.cjs").provider("zfs:Dataset")';

describe("the text in the state", () => {
  it("is what it always was", () => {
    assert.equal(providerText("zfs:Dataset"), TEXT);
  });
  it("requires a file that is there", () => {
    assert.ok(existsSync("providers/entry.cjs"));
  });
});
