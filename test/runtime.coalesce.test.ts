import assert from "node:assert/strict";
import { coalesce } from "../providers/runtime/coalesce.ts";

/** A coalesced function whose runs end when told. */
function controlled() {
  const runs: { keys: readonly number[]; end: (error?: Error) => void }[] = [];
  const call = coalesce(async (keys: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    runs.push({
      keys,
      end: (error) => {
        if (error === undefined) resolve(keys.join());
        else reject(error);
      },
    });
    return promise;
  });
  return { runs, call };
}

const turn = async () => new Promise((resolve) => setImmediate(resolve));

describe("coalesce", () => {
  it("serves calls made at once by one run", async () => {
    const { runs, call } = controlled();
    const answers = Promise.all([call(1), call(2), call(3)]);
    await turn();
    assert.deepEqual(
      runs.map(({ keys }) => keys),
      [[1, 2, 3]],
    );
    runs[0]?.end();
    assert.deepEqual(await answers, ["1,2,3", "1,2,3", "1,2,3"]);
  });
  it("never serves a call by a run that began before it", async () => {
    const { runs, call } = controlled();
    const early = call(1);
    await turn();
    const late = Promise.all([call(2), call(3)]);
    await turn();
    assert.equal(runs.length, 1);
    runs[0]?.end();
    await early;
    await turn();
    assert.deepEqual(runs[1]?.keys, [2, 3]);
    runs[1].end();
    await late;
  });
  it("goes on after a run that failed", async () => {
    const { runs, call } = controlled();
    const failing = call(1);
    await turn();
    const next = call(2);
    runs[0]?.end(new Error("no"));
    await assert.rejects(failing, /no/);
    await turn();
    runs[1]?.end();
    assert.equal(await next, "2");
  });
});
