import assert from "node:assert/strict";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";
import { sampleStack, sharing, storage } from "./support/sample-stack.ts";

/** As users run it: with the preview, which the policies judge. */
const JUDGED = ["--skip-preview=false", "--policy-pack", "policies/pack"];

const exports = { "/tank/media": { clients: { "10.0.0.0/24": ["rw", "no_root_squash"] } } };
const shares = { media: { path: "/tank/media", parameters: { "guest ok": true, "read only": false } } };

describe("policies, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("policies");
  let project: Project;

  before(async () => {
    project = await makeProject();
  });
  after(() => {
    project.remove();
  });

  function configure(more: object): void {
    const { datasets, ...rest } = storage;
    const plain = { "tank/media": datasets["tank/media"] };
    project.configure({ ...sampleStack(host().lab.sshConfig), storage: { ...rest, datasets: plain }, ...more });
  }

  it("tell all that a stack breaks, in the preview, before anything is touched", async () => {
    const content = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n";
    configure({
      sharing: { exports, samba: { shares } },
      network: { firewall: { policy_in: "ACCEPT" } },
      system: { files: { "/etc/app.key": { content } } },
    });
    const run = await project.run("up", ...JUDGED);
    assert.notEqual(run.code, 0);
    const told = [...run.output.matchAll(/^ +- \[(\w+)\] +(\S+) /gm)].map(
      ([, level, name]) => `${level ?? ""} ${name ?? ""}`,
    );
    const broken = ["data-protected", "firewall-closed", "nfs-root-squash", "samba-guest-write", "no-plaintext-secret"];
    assert.deepEqual([...new Set(told)].toSorted(), broken.map((name) => `mandatory ${name}`).toSorted(), run.output);
    assert.match(
      run.output,
      /\/tank\/media: no_root_squash for 10\.0\.0\.0\/24, which is 256 addresses\n +Why: .*\n +What to do: /,
    );
    assert.deepEqual(run.changes, []);
    const left = "zpool list -H; find /etc/exports.d /etc/app.key -type f 2>/dev/null || true";
    assert.equal(await host().sh(left), "");
  });

  it("let through what keeps them, and tell what is advisory", async () => {
    const policies = {
      "data-protected": { level: "advisory" },
      "firewall-closed": { exceptions: [{ for: "firewall", reason: "the lab host is behind its machine" }] },
    };
    configure({ sharing, policies });
    const run = await project.must("up", ...JUDGED);
    assert.match(run.output, /\[advisory\] +data-protected .*zfs:Pool: tank\)/);
    assert.doesNotMatch(run.output, /mandatory/);
    assert.notDeepEqual(run.changes, []);
  });

  it("know from the second run on how large a pool is", async () => {
    const policies = { "data-protected": { level: "disabled" }, "firewall-closed": { level: "disabled" } };
    const datasets = { "tank/media": { ...storage.datasets["tank/media"], properties: { quota: "1T" } } };
    configure({ sharing, policies, storage: { ...storage, datasets } });
    const run = await project.run("up", ...JUDGED);
    assert.notEqual(run.code, 0);
    assert.match(
      run.output,
      /\[mandatory\] +storage-fits .*\n.*\n +tank\/media: quota 1T is more than pool tank has, \S+\n/,
    );
    assert.deepEqual(run.changes, []);
  });
});
