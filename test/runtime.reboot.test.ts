import assert from "node:assert/strict";
import { UserError } from "../providers/host/host.ts";
import { converge } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { newTurns } from "../providers/runtime/turns.ts";
import { toy, toyHost, type ToyHost } from "./support/toy-kind.ts";

/** A kind whose red things ask for a reboot. */
const restless: typeof toy = {
  ...toy,
  plan(...given: Parameters<typeof toy.plan>) {
    const plan = toy.plan(...given);
    const reboots = plan.changes.length > 0 && given[1].color === "red";
    return reboots ? { ...plan, reboot: { why: "red takes effect", seconds: 60 } } : plan;
  },
};

function sessionOn(host: ToyHost) {
  return openSession({ connect: async () => Promise.resolve(host), secrets: {} });
}

function told(host: ToyHost): string[] {
  return host.log.filter((line) => !line.startsWith("read ")).map((line) => line.replace(/ '.*/, ""));
}

describe("a change that takes effect by a reboot", () => {
  it("reboots last, and looks again afterwards", async () => {
    const host = toyHost();
    await converge(erase(restless), sessionOn(host), { name: "a", color: "red" });
    assert.deepEqual(told(host), ["change toy-put", "change toy-reload", "reboot within 60 s"]);
    assert.equal(host.log.at(-1), "read toy-query a");
  });

  it("does not reboot when nothing is to change", async () => {
    const host = toyHost([{ name: "a", color: "red" }]);
    await converge(erase(restless), sessionOn(host), { name: "a", color: "red" });
    assert.deepEqual(told(host), []);
  });

  it("fails, and records what is there, when the host does not come back", async () => {
    const host = toyHost();
    const lost = { ...host, reboot: async () => Promise.reject(new UserError("never seen again")) };
    const session = openSession({ connect: async () => Promise.resolve(lost), secrets: {} });
    await assert.rejects(converge(erase(restless), session, { name: "a", color: "red" }), {
      name: "HalfDone",
      message: "cannot create toy:Thing a: never seen again",
    });
    assert.deepEqual(told(host), ["change toy-put", "change toy-reload"], "and puts nothing back");
  });

  it("lets others end what they do before, and has them wait until it is over", async () => {
    const { promise: over, resolve: back } = Promise.withResolvers<undefined>();
    const host = toyHost();
    const slow = {
      ...host,
      reboot: async (seconds: number) => {
        await host.reboot(seconds);
        await over;
      },
    };
    const session = openSession({ connect: async () => Promise.resolve(slow), secrets: {} });
    const { promise: held, resolve: letGo } = Promise.withResolvers<undefined>();
    const other = session.beside(async () => held);
    const red = converge(erase(restless), session, { name: "a", color: "red" });
    const settled = async () => new Promise((resolve) => setTimeout(resolve, 20));
    await settled();
    assert.deepEqual(told(host), ["change toy-put", "change toy-reload"], "the other is still at work");
    letGo(undefined);
    await other;
    await settled();
    assert.equal(told(host).at(-1), "reboot within 60 s");
    const late = converge(erase(toy), session, { name: "b" });
    await settled();
    assert.equal(host.log.at(-1), "reboot within 60 s", "nobody asks the host anything meanwhile");
    back(undefined);
    await Promise.all([red, late]);
    assert.deepEqual([...host.things.keys()], ["a", "b"]);
  });
});

describe("turns", () => {
  it("let many work at the same time, and go on after one that failed", async () => {
    const turns = newTurns();
    await assert.rejects(turns.alone(async () => Promise.reject(new Error("it broke"))));
    await assert.rejects(turns.beside(async () => Promise.reject(new Error("it broke too"))));
    const { promise: second, resolve } = Promise.withResolvers<string>();
    const first = turns.beside(async () => second);
    await turns.beside(async () => {
      resolve("both");
      return Promise.resolve();
    });
    assert.equal(await first, "both");
    assert.equal(await turns.alone(async () => Promise.resolve("alone")), "alone");
  });
});
