import assert from "node:assert/strict";
import { CLAIM_FILE, claim, ClaimSpec } from "../providers/kinds/system/claim.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import type { Host } from "../providers/host/host.ts";
import type { Context } from "../providers/kind.ts";

import { toyHost } from "./support/toy-kind.ts";

const MINE = { stack: "organization/phoenix/prod" };
const OTHER = "organization/phoenix/staging";

function context(was?: ClaimSpec): Context<ClaimSpec> {
  const secret = () => {
    throw new Error("a claim has no secrets");
  };
  return was === undefined ? { secret } : { secret, was };
}
const answer = (stdout: string, code = 0) => ({ code, stdout, stderr: "cat: no" });
const labels = (commands: readonly { readonly label: string }[]) => commands.map(({ label }) => label.split(" ")[0]);

describe("the claim of a stack", () => {
  it("is read from the host", () => {
    const view = (text: string, spec = MINE) => claim.view(claim.parse(answer(text)), spec, context());
    assert.equal(view(""), undefined);
    assert.deepEqual(view("organization/phoenix/prod\n"), MINE);
    assert.deepEqual(view(`${OTHER}\n`), { stack: OTHER });
    assert.throws(() => claim.parse(answer("", 1)), /cannot look which stack manages the host: cat: no/);
  });
  it("is known with the machine: a preview asks the host nothing more", async () => {
    const log: string[] = [];
    const host: Host = {
      ...toyHost(),
      read: async ({ label }) => {
        log.push(label);
        return Promise.resolve(
          answer(`${"0".repeat(32)}\ndebian\nfile ${CLAIM_FILE} ${OTHER}\n10.0.0.5 1 10.0.0.1 22\nvmbr0\n`),
        );
      },
    };
    const session = openSession({ connect: async () => Promise.resolve(host), secrets: {}, answerFiles: [CLAIM_FILE] });
    assert.deepEqual(await session.facts(erase(claim)), { stack: OTHER });
    assert.deepEqual(log, ["machine"]);
    assert.deepEqual(session.arrival()?.iface, "vmbr0");
  });
  it("is made where there is none, and left alone where it is ours", () => {
    assert.deepEqual(labels(claim.plan(undefined, MINE, context()).commands), ["write-file"]);
    assert.deepEqual(claim.plan(MINE, MINE, context()), { changes: [], refusals: [], commands: [] });
  });
  it("of another is refused, with its name and the way out", () => {
    const [refusal = "", ...more] = claim.plan({ stack: OTHER }, MINE, context()).refusals;
    assert.match(
      refusal,
      /managed by the stack organization\/phoenix\/staging, and this is organization\/phoenix\/prod: .*nothing is changed\. .*pulumi config set takeOver organization\/phoenix\/staging/,
    );
    assert.deepEqual(more, []);
  });
  it("is taken over from the one that is named, and from no other", () => {
    const want = { ...MINE, takeOver: OTHER };
    assert.deepEqual(claim.plan({ stack: OTHER, takeOver: OTHER }, want, context()).refusals, []);
    const third = { stack: "organization/phoenix/third", takeOver: OTHER };
    assert.match(
      claim.plan(third, want, context()).refusals.join(),
      /managed by the stack organization\/phoenix\/third/,
    );
  });
  it("ends with its stack, and not with another's", () => {
    assert.deepEqual(labels(claim.destroy(MINE, context(MINE), { stack: MINE.stack }).commands), ["remove-file"]);
    assert.deepEqual(claim.destroy({ stack: OTHER }, context(MINE), { stack: OTHER }).commands, []);
  });
  it("names a stack whole", () => {
    assert.throws(() => ClaimSpec.parse({ stack: "prod" }), /must be a stack with its organization and project/);
  });
});
