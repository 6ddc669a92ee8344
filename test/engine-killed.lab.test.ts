import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { alive } from "../setup/cache.mjs";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";
import { startProxy, type Proxy } from "./support/proxy.ts";
import { sampleStack, SECRET } from "./support/sample-stack.ts";

// One after the other, on one host and one stack: each run goes on where the one before it was cut off. Points are told
// in changing commands: arc 2, pool 1, datasets 2, export 2, most of them side by side.
describe("a first apply that is cut off, on the lab host", function () {
  this.timeout(900_000);
  const host = useLab("engine-killed");
  let project: Project;
  let proxy: Proxy;

  before(async () => {
    project = await makeProject();
    proxy = await startProxy(host().lab.port, 0);
    await anew();
  });
  after(() => {
    proxy.close();
    project.remove();
  });

  async function anew(): Promise<void> {
    const { connection, ...rest } = sampleStack(host().lab.sshConfig);
    project.configure({ ...rest, connection: { ...(connection as object), port: proxy.port } });
    await project.must("config", "set", "--secret", "--path", "secrets.key", SECRET);
  }

  async function quiet(): Promise<void> {
    const preview = await project.must("preview");
    assert.deepEqual([preview.tally, preview.changes], [[], []], preview.output);
  }

  it("by SIGKILL of the engine alone: its provider ends too", async () => {
    const run = project.start("up");
    await run.changed(1);
    const left = run.kill("engine");
    const provider = left.filter(({ command }) => command.includes("dynamic-provider"));
    assert.equal(provider.length, 1);
    while (provider.some(({ pid }) => alive(pid))) await pause(20);
    for (const { pid } of left) if (alive(pid)) process.kill(pid, "SIGKILL");
    await run.done;
  });

  it("keeps the stack locked, as Pulumi does for a run that was killed, until `pulumi cancel`", async () => {
    const locked = await project.run("up");
    assert.match(locked.output, /currently locked.*pulumi cancel/);
    await project.must("cancel");
  });

  it("by SIGKILL of all its processes after two more changing commands", async () => {
    const run = project.start("up");
    await run.changed(2);
    run.kill("all");
    const { code, changes } = await run.done;
    assert.deepEqual([code, changes.length >= 2], [null, true]);
    await project.must("cancel");
  });

  it("by a cut connection: it goes on by itself, and completes what all those before it began", async () => {
    const run = project.start("up");
    await run.changed(1);
    proxy.cut();
    const { code, output, log } = await run.done;
    assert.equal(code, 0, output);
    assert.ok(log.filter(({ event }) => event === "connected").length >= 2);
    await quiet();
  });

  it("by a power cut: the next run completes", async () => {
    await host().reset();
    await project.forget();
    await anew();
    const run = project.start("up");
    await run.changed(3);
    await host().lab.powerCut();
    await run.done;
    await project.must("up");
    await quiet();
  });
});
