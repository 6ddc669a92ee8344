import assert from "node:assert/strict";
import { sh } from "../providers/host/command.ts";
import { ConnectionLost, UserError } from "../providers/host/host.ts";
import { converge } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { toy, toyHost, type ToyHost } from "./support/toy-kind.ts";

/** A kind whose changes want to be confirmed. */
const careful: typeof toy = {
  ...toy,
  plan(...given: Parameters<typeof toy.plan>) {
    const plan = toy.plan(...given);
    return plan.changes.length === 0 ? plan : { ...plan, confirm: sh`toy-confirm` };
  },
};

const done = ["change toy-put '' '{\"name\":\"a\"}'", "change toy-reload", "anew toy-confirm"];

function told(host: ToyHost): string[] {
  return host.log.filter((line) => !line.startsWith("read "));
}

async function run(host: ToyHost, anew: () => Error | { code: number; stderr: string } | undefined) {
  const answers = { ...host };
  answers.changeAnew = async (command) => {
    host.log.push(`anew ${command.label}`);
    const said = anew();
    if (said instanceof Error) throw said;
    return Promise.resolve({ code: 0, stdout: "", stderr: "", ...said });
  };
  const session = openSession({ connect: async () => Promise.resolve(answers), secrets: {} });
  return converge(erase(careful), session, { name: "a" });
}

describe("a change that wants to be confirmed", () => {
  it("is confirmed last, over a new connection", async () => {
    const host = toyHost();
    await run(host, () => undefined);
    assert.deepEqual(told(host), done);
  });

  it("is not confirmed again when nothing is to change", async () => {
    const host = toyHost([{ name: "a" }]);
    await run(host, () => undefined);
    assert.deepEqual(told(host), []);
  });

  const failures: [string, Error | { code: number; stderr: string }, RegExp][] = [
    ["nobody gets through", new UserError("no answer from root@host:22"), /did not confirm the change: no answer from/],
    ["the host says no", { code: 1, stderr: "it came too late" }, /did not confirm the change: [^]*it came too late/],
    ["the new connection breaks", new ConnectionLost("it broke"), /did not confirm the change: it broke/],
  ];
  for (const [title, said, error] of failures)
    it(`is taken back when ${title}`, async () => {
      const host = toyHost();
      await assert.rejects(
        run(host, () => said),
        (failure: Error) => {
          assert.match(failure.message, error);
          assert.match(failure.message, /The change was taken back\.$/m);
          return true;
        },
      );
      assert.deepEqual(told(host), [...done, "change toy-undo a"]);
    });

  it("is left to the host to be taken back when the old connection is gone too", async () => {
    const host = toyHost();
    host.trouble.before = (label) => (label === "toy-undo a" ? new ConnectionLost("gone") : undefined);
    await assert.rejects(
      run(host, () => new UserError("no answer")),
      {
        message: /no answer\nThe host takes the change back by itself: gone/,
      },
    );
  });
});
