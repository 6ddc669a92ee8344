import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { alive } from "../setup/cache.mjs";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";
import { startProxy, type Proxy } from "./support/proxy.ts";
import { sampleStack, SECRET } from "./support/sample-stack.ts";

// The points are told in changing commands: arc 2, pool 1, datasets 2, export 2, most of them side by side.
describe("a first apply that is cut off, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("engine-killed");
  let project: Project;
  let proxy: Proxy;

  before(async () => {
    project = await makeProject();
    proxy = await startProxy(host().lab.port, 0);
  });
  beforeEach(async () => {
    await host().reset();
    await project.forget();
    const { connection, ...rest } = sampleStack(host().lab.sshConfig);
    project.configure({ ...rest, connection: { ...(connection as object), port: proxy.port } });
    await project.must("config", "set", "--secret", "--path", "secrets.key", SECRET);
  });
  after(() => {
    proxy.close();
    project.remove();
  });

  /** Pulumi keeps a stack locked for a run that was killed; `pulumi cancel` is its word for "that one is over". */
  async function completes(isLocked: boolean): Promise<void> {
    if (isLocked) {
      const locked = await project.run("up");
      assert.match(locked.output, /currently locked.*pulumi cancel/);
      await project.must("cancel");
    }
    await project.must("up");
    const preview = await project.must("preview");
    assert.deepEqual([preview.tally, preview.changes], [[], []], preview.output);
  }

  it("by SIGKILL of the engine alone: its provider ends too, and the next run completes", async () => {
    const run = project.start("up");
    await run.changed(1);
    const left = run.kill("engine");
    const provider = left.filter(({ command }) => command.includes("dynamic-provider"));
    assert.equal(provider.length, 1);
    while (provider.some(({ pid }) => alive(pid))) await pause(20);
    for (const { pid } of left) if (alive(pid)) process.kill(pid, "SIGKILL");
    await run.done;
    await completes(true);
  });

  for (const point of [2, 4, 5])
    it(`by SIGKILL of all its processes after ${String(point)} changing commands: the next run completes`, async () => {
      const run = project.start("up");
      await run.changed(point);
      run.kill("all");
      const { code, changes } = await run.done;
      assert.deepEqual([code, changes.length >= point], [null, true]);
      await completes(true);
    });

  for (const point of [1, 3])
    it(`by a cut connection after ${String(point)} changing commands: it goes on by itself`, async () => {
      const run = project.start("up");
      await run.changed(point);
      proxy.cut();
      const { code, output, log } = await run.done;
      assert.equal(code, 0, output);
      assert.ok(log.filter(({ event }) => event === "connected").length >= 2);
      await completes(false);
    });

  it("by a power cut: the next run completes", async () => {
    const run = project.start("up");
    await run.changed(3);
    await host().lab.powerCut();
    await run.done;
    await completes(false);
  });
});
