import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";

const CLAIM = "cat /var/lib/phoenix-hypervisor/stack";

// One after the other, on one host.
describe("environments, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("environments");
  let project: Project;

  before(async () => {
    project = await makeProject();
  });
  after(() => {
    project.remove();
  });

  const connection = () => ({ host: "lab", sshConfig: host().lab.sshConfig });
  const motd = (content: string) => ({ connection: connection(), system: { files: { "/etc/motd": { content } } } });

  /** Writes another stack of the same project. */
  function other(config: object): string {
    const named = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [`phoenix:${key}`, value as unknown]),
    );
    const salt = "v1:hhrOJz1Pa5Q=:v1:6+JND6YGaOPeIwuh:6Ulko1KI1av0TGI4QankW1fbeo+LvQ==";
    writeFileSync(join(project.folder, "Pulumi.other.yaml"), JSON.stringify({ config: named, encryptionsalt: salt }));
    return "--stack=other";
  }

  it("refuses a second run of a stack while one is under way, in clear words, and neither is harmed", async () => {
    project.configure(motd("first\n"));
    const first = project.start("up");
    const locks = join(project.folder, "state/.pulumi/locks/organization/phoenix/test");
    while (!existsSync(locks) || readdirSync(locks).length === 0) await pause(20);
    const second = await project.run("up");
    assert.notEqual(second.code, 0);
    assert.match(second.output, /the stack is currently locked by 1 lock.*wait for the other process/s);
    assert.deepEqual(second.log, []);
    const done = await first.done;
    assert.equal(done.code, 0, done.output);
    assert.equal(await host().sh("cat /etc/motd"), "first\n");
  });

  it("refuses a host that another stack manages, naming it, before anything is changed", async () => {
    assert.equal(await host().sh(CLAIM), "organization/phoenix/test\n");
    await project.must("stack", "init", "other");
    const refused = await project.run("up", other(motd("second\n")));
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.output,
      /managed by the stack organization\/phoenix\/test, and this is organization\/phoenix\/other/,
    );
    assert.deepEqual(refused.changes, []);
    assert.equal(await host().sh(`cat /etc/motd; ${CLAIM}`), "first\norganization/phoenix/test\n");
  });

  it("lets it take the host over when its configuration says so, and then refuses the one before", async () => {
    await project.must("up", other({ ...motd("second\n"), takeOver: "organization/phoenix/test" }));
    assert.equal(await host().sh(`cat /etc/motd; ${CLAIM}`), "second\norganization/phoenix/other\n");
    const refused = await project.run("preview");
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.output,
      /managed by the stack organization\/phoenix\/other, and this is organization\/phoenix\/test/,
    );
    await project.must("destroy", "--stack=other");
    assert.equal(
      await host().sh(`${CLAIM} 2>&1 || true`),
      "cat: /var/lib/phoenix-hypervisor/stack: No such file or directory\n",
    );
  });
});
