import assert from "node:assert/strict";
import { sh } from "../providers/host/command.ts";
import { CommandFailed, ConnectionLost, UserError } from "../providers/host/host.ts";
import { converge } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { toy, toyHost, type ToyHost } from "./support/toy-kind.ts";

const run = async (host: ToyHost) =>
  converge(erase(toy), openSession({ connect: async () => Promise.resolve(host), secrets: {} }), { name: "a" });

/** What was changed, each by its first word; `?` is a look which machine it is, that waits until it is still. */
const told = ({ log }: ToyHost) =>
  log.slice(1).flatMap((line) => {
    if (line === "read machine") return ["?"];
    return line.startsWith("change ") ? [line.split(" ")[1]] : [];
  });

/** Each changing command meets with the trouble that is its turn. */
function troubled(...errors: readonly (Error | undefined)[]): ToyHost {
  const host = toyHost();
  const left = [...errors];
  host.trouble.before = () => left.shift();
  return host;
}

const failed = new CommandFailed("h", sh`x`, { code: 1, stdout: "", stderr: "no" });
const late = new UserError("command on h took longer than 120 s and was ended: x");
const lost = new ConnectionLost("the connection to h was lost");

describe("a change that does not come to its end", () => {
  const cases: [string, (Error | undefined)[], string[], RegExp][] = [
    ["is put back when a command fails", [undefined, failed], ["toy-put", "toy-reload", "toy-undo"], /exit code 1/],
    [
      "is put back when a command takes too long, once that has ended",
      [undefined, late],
      ["toy-put", "toy-reload", "?", "toy-undo"],
      /a: command on h took longer than 120 s/,
    ],
    [
      "is put back when the connection is lost for the last time, where it can be had again",
      [undefined, lost, lost, lost],
      ["toy-put", "toy-reload", "?", "toy-reload", "?", "toy-reload", "?", "toy-undo"],
      /a: the connection to h was lost/,
    ],
    [
      "is told with what it failed of, and that it could not be put back",
      [undefined, failed, new UserError("the host is gone")],
      ["toy-put", "toy-reload", "toy-undo"],
      /exit code 1: x\nno\nAnd what was there before could not be put back: the host is gone/,
    ],
  ];
  for (const [title, errors, changes, message] of cases)
    it(title, async () => {
      const host = troubled(...errors);
      await assert.rejects(run(host), { message });
      assert.deepEqual(told(host), changes);
    });

  it("is settled although the connection was lost when all else was done", async () => {
    const host = troubled(undefined, lost);
    await run(host);
    assert.deepEqual(told(host), ["toy-put", "toy-reload", "?", "toy-reload"]);
  });

  it("is put back to what was there before the connection was lost", async () => {
    const host = toyHost([{ name: "a", color: "red" }]);
    let changes = 0;
    const remembering: typeof toy = {
      ...toy,
      plan(live, ...rest) {
        const plan = toy.plan(live, ...rest);
        return { ...plan, undo: [sh`toy-undo ${live?.color ?? "nothing"}`] };
      },
    };
    host.trouble.before = () => (++changes === 2 ? lost : changes === 3 ? failed : undefined);
    const session = openSession({ connect: async () => Promise.resolve(host), secrets: {} });
    await assert.rejects(converge(erase(remembering), session, { name: "a", color: "green" }), /exit code 1/);
    assert.equal(
      host.log.findLast((line) => line.startsWith("change ")),
      "change toy-undo red",
    );
  });
});
