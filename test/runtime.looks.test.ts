import assert from "node:assert/strict";
import { z } from "zod";
import { brief, script, sh, type Command } from "../providers/host/command.ts";
import { ConnectionLost, type Result } from "../providers/host/host.ts";
import { defineKind, nothing } from "../providers/kind.ts";
import { converge } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openLooks } from "../providers/runtime/looks.ts";
import { openSession } from "../providers/runtime/session.ts";
import { openWave } from "../providers/runtime/wave.ts";
import { fakeHost, type FakeHost } from "./support/fake-host.ts";

/** A kind whose objects are each made by a brief command. */
const pebble = erase(
  defineKind<{ name: string }, readonly string[]>({
    type: "toy:Pebble",
    holdsData: false,
    spec: z.strictObject({ name: z.string() }),
    id: ({ name }) => name,
    query: (ids) => script("look", "", [...(ids ?? [])]),
    parse: ({ stdout }) => stdout.split(" "),
    view: (there, { name }) => (there.includes(name) ? { name } : undefined),
    plan: (live, { name }) =>
      live === undefined
        ? { ...nothing, changes: [{ prop: "name", from: undefined, to: name }], commands: [brief(sh`put ${name}`)] }
        : nothing,
    destroy: () => nothing,
  }),
);

function beach(): FakeHost {
  const there = new Set<string>();
  return fakeHost(async ({ argv, label }, effect) => {
    if (label === "machine") return "0123456789abcdef0123456789abcdef\n";
    await new Promise((resolve) => setTimeout(resolve, 2));
    const name = argv[1] ?? "";
    if (effect === "change" && name.startsWith("bad")) return { code: 1, stderr: `${name} is too heavy` };
    if (effect === "change") there.add(name);
    return [...there].join(" ");
  });
}

/** Looks that end when told, and what they asked for. */
function controlled() {
  const asked: { ids: readonly string[]; end: (error?: Error) => void }[] = [];
  const query = async ({ argv }: Command) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const end = (error?: Error) => {
      if (error === undefined) resolve({ code: 0, stdout: `look ${String(asked.length)}`, stderr: "" });
      else reject(error);
    };
    asked.push({ ids: argv.slice(4), end });
    return promise;
  };
  const changes = { begun: 0, underWay: 0 };
  const wave = openWave();
  const looks = openLooks(pebble, { query, changes, wave, changed: async () => Promise.resolve() });
  const begun = async (count: number) => {
    while (asked.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, changes, wave, looks, begun };
}

describe("a look at objects of a kind", () => {
  it("takes in what is going to come, and serves it then", async () => {
    const { asked, wave, looks, begun } = controlled();
    for (const id of ["a", "b", "c"]) wave.expect(id);
    const first = looks.inspect(["a"]);
    await begun(1);
    assert.deepEqual(asked[0]?.ids, ["a", "b", "c"]);
    // While it is under way, and when it has ended.
    const second = looks.inspect(["b"]);
    asked[0].end();
    assert.deepEqual(await Promise.all([first, second, looks.inspect(["c"])]), Array(3).fill(["look", "1"]));
    assert.equal(asked.length, 1);
  });

  const stale: [string, (changes: { begun: number; underWay: number }) => void][] = [
    ["something has been changed since", (changes) => changes.begun++],
    ["it did not ask for that object", () => undefined],
  ];
  for (const [i, [title, change]] of stale.entries())
    it(`serves nobody when ${title}`, async () => {
      const { asked, changes, looks, begun } = controlled();
      const first = looks.inspect(["a"]);
      await begun(1);
      asked[0]?.end();
      await first;
      change(changes);
      const second = looks.inspect([i === 0 ? "a" : "b"]);
      await begun(2);
      asked[1]?.end();
      assert.deepEqual(await second, ["look", "2"]);
    });

  it("serves nobody else when something was being changed while it began", async () => {
    const { asked, changes, looks, begun } = controlled();
    changes.underWay = 1;
    const first = looks.inspect(["a"]);
    await begun(1);
    asked[0]?.end();
    await first;
    changes.underWay = 0;
    const second = looks.inspect(["a"]);
    await begun(2);
    asked[1]?.end();
    await second;
  });

  it("is repeated for what is asked now when what is going to come is in its way", async () => {
    const { asked, wave, looks, begun } = controlled();
    wave.expect("bad");
    const first = looks.inspect(["a"]);
    await begun(1);
    asked[0]?.end(new Error("bad cannot be looked at"));
    await begun(2);
    assert.deepEqual(asked[1]?.ids, ["a"]);
    asked[1].end();
    assert.deepEqual(await first, ["look", "2"]);
  });

  it("that failed is told, and serves nobody else", async () => {
    const { asked, looks, begun } = controlled();
    const first = looks.inspect(["a"]);
    await begun(1);
    asked[0]?.end(new Error("no"));
    await assert.rejects(first, /no/);
    const second = looks.inspect(["a"]);
    await begun(2);
    asked[1]?.end();
    await second;
  });
});

describe("objects that come one after the other", () => {
  const names = Array.from({ length: 12 }, (_, i) => `p${String(i)}`);

  /** As the engine sends them: four at a time, the next when one is done. */
  async function sent(host: FakeHost, all: readonly string[]): Promise<PromiseSettledResult<unknown>[]> {
    const on = openSession({ connect: async () => Promise.resolve(host), secrets: {} });
    on.expect(pebble, all);
    const waiting = [...all];
    const ends: PromiseSettledResult<unknown>[] = [];
    const worker = async (): Promise<void> => {
      const name = waiting.shift();
      if (name === undefined) return;
      ends.push(...(await Promise.allSettled([converge(pebble, on, { name })])));
      await new Promise((resolve) => setTimeout(resolve, waiting.length % 3));
      return worker();
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    return ends;
  }

  it("share a look before and one look after the changes of a wave", async () => {
    const host = beach();
    await sent(host, names);
    assert.equal(host.log.filter((line) => line.startsWith("change")).length, 12);
    assert.equal(host.log.filter((line) => line.startsWith("read look")).length, 4);
  });

  it("are each told their own failure", async () => {
    const all = ["a", "bad1", "b", "bad2"];
    const ends = await sent(beach(), all);
    assert.deepEqual(
      ends.flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : [])).toSorted(),
      ["bad1", "bad2"].map(
        (bad) =>
          `cannot create toy:Pebble ${bad}: command failed on root@fake:22 with exit code 1: put ${bad}\n${bad} is too heavy`,
      ),
    );
  });

  it("look again after a lost connection, all of them", async () => {
    const host = beach();
    let lost = false;
    const doomed: FakeHost = {
      ...host,
      changeAll(commands) {
        if (lost) return host.changeAll(commands);
        lost = true;
        return commands.map(async () => Promise.reject(new ConnectionLost("lost")));
      },
    };
    const ends = await sent(doomed, names.slice(0, 4));
    assert.deepEqual(
      ends.map(({ status }) => status),
      Array(4).fill("fulfilled"),
    );
  });
});
