import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { useLab } from "./support/lab.ts";
import { differences, makeProject, type Project, type Run } from "./support/project.ts";
import { OBJECTS, sampleStack, SECRET, storage } from "./support/sample-stack.ts";

/** Everything of the host that the stack could touch; useradd leaves copies and a lock of its own in /etc. */
const EVERYTHING = `
  zpool list -H -o name,health; zfs list -H -o name,mountpoint,mounted
  sort /var/lib/nfs/etab; systemctl is-enabled nfs-server; systemctl is-active nfs-server
  grep -H '' /sys/module/zfs/parameters/zfs_arc_*; findmnt -rn -o TARGET | sort
  find /etc -type f ! -name zpool.cache ! -name '*-' ! -name .pwd.lock -exec sha256sum {} + | sort; find / -maxdepth 1 -printf '%p %u %m\\n' | sort`;

/** Objects that nobody declared. */
const FOREIGN = [
  "zpool_patiently create foreign /dev/disk/by-id/virtio-disk8 && zfs create -o sharenfs=rw=@10.0.0.0/8 foreign/shared",
  "mkdir -p /srv/foreign && echo '/srv/foreign 10.1.0.0/16(ro,sync)' >>/etc/exports && exportfs -a",
  "echo 'options zfs zfs_txg_timeout=7' >/etc/modprobe.d/foreign.conf",
];

// One after the other, on one host and one stack: each goes on where the one before it ended.
describe("the real engine, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("engine");
  let project: Project;
  let pristine: string;

  before(async () => {
    project = await makeProject();
    for (const line of FOREIGN) await host().sh(line);
    pristine = await host().sh(EVERYTHING);
    await configure({});
  });
  after(() => {
    project.remove();
  });

  /** The sample stack with some keys in place of its own; the secret is encrypted as users do it. */
  async function configure(more: Record<string, unknown>): Promise<void> {
    project.configure({ ...sampleStack(host().lab.sshConfig), ...more });
    await project.must("config", "set", "--secret", "--path", "secrets.key", SECRET);
  }

  async function quiet(): Promise<void> {
    const run = await project.must("preview");
    assert.deepEqual([run.tally, run.changes], [[], []], run.output);
  }

  it("creates what is declared on a clean host, and no secret shows anywhere", async () => {
    await host().sh(
      "systemd-run --quiet --unit=watch sh -c 'while sleep 0.2; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done >/run/seen 2>/dev/null'",
    );
    const run = await project.must("up");
    await host().sh("systemctl stop watch");
    assert.match(run.tally.join(), /^\+ \d+ created$/);
    assert.deepEqual(objects(project), OBJECTS.toSorted());
    const seen = await host().sh("cat /run/seen; rm /run/seen");
    assert.ok(seen.includes("zfs-in-order"), "the watcher saw our commands");
    assert.ok(![seen, run.output].join().includes(SECRET));
    // Without following links, which lead into the checkout: all that the project has written.
    const { stdout } = spawnSync("grep", ["-rlF", SECRET, project.folder], { encoding: "utf8" });
    assert.equal(stdout, "", "files with the secret in them");
  });

  it("then finds nothing to do, with few reads and no changing command", async () => {
    for (const command of ["up", "preview"]) {
      const run = await project.must(command);
      assert.deepEqual([run.tally, run.changes], [[], []], run.output);
      assert.ok(reads(run) <= 6, `${String(reads(run))} reads`);
      assert.equal(run.log.filter(({ event }) => event === "connected").length, 1);
    }
  });

  it("keeps the state small", () => {
    const size = project.state().length / project.resources().length;
    assert.ok(size <= 1500, `${String(size)} bytes per resource`);
  });

  it("lists exactly what drifted, and heals exactly that with one command each", async () => {
    const byHand = [
      "echo 300000000 >/sys/module/zfs/parameters/zfs_arc_max",
      "zpool set autotrim=off tank",
      // No `zfs set`, in whose wake ZFS may have exportfs read all files again.
      "chmod 700 /tank/media",
      "exportfs -u 10.0.0.0/24:/tank/media",
    ];
    for (const line of byHand) await host().sh(line);
    const preview = await project.must("preview");
    assert.deepEqual(differences(preview.output), {
      "update arc": ["- now: {", '- max: "300000000"'],
      "update tank": ["~ properties: {", '~ autotrim: "off" => "on"'],
      "update tank/media": ['~ mode: "700" => "0775"'],
      "update /tank/media": ["~ clients: {", "~ 10.0.0.0/24: [", '- [3]: "not live"'],
    });
    assert.deepEqual(preview.tally, ["~ 4 to update"]);
    const refresh = await project.must("refresh");
    assert.deepEqual([preview.changes, refresh.changes], [[], []], "neither changes anything");
    const up = await project.must("up");
    assert.deepEqual(up.tally, ["~ 4 updated"]);
    assert.equal(up.changes.length, byHand.length, up.changes.join("\n"));
    await quiet();
  });

  it("adopts everything when the state was lost, without a changing command", async () => {
    await project.forget();
    const run = await project.must("up");
    assert.deepEqual(run.changes, []);
    assert.match(run.tally.join(), /^\+ \d+ created$/);
    assert.deepEqual(objects(project), OBJECTS.toSorted());
    // The next run changes what it declares anew and nothing else.
  });

  it("records half-done work, which the next run finishes", async () => {
    const late = { owner: "late", allowDestroy: true };
    await configure({ storage: { ...storage, datasets: { ...storage.datasets, "tank/late": late } } });
    const failed = await project.run("up");
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, /cannot create zfs:Dataset tank\/late: command failed on .*\n.*invalid user/);
    assert.ok(objects(project).includes("tank/late"), "what was made is in the state");
    await host().sh("useradd late");
    const run = await project.must("up");
    assert.deepEqual(run.tally, ["~ 1 updated"]);
    assert.deepEqual(run.changes, ["chown -- late /tank/late"]);
    await configure({});
    assert.deepEqual((await project.must("up")).tally, ["- 1 deleted"]);
    await host().sh("userdel late");
  });

  it("refuses another machine behind the same address, until the configuration accepts it", async () => {
    const [here, other] = [(await host().sh("cat /etc/machine-id")).trim(), "f".repeat(32)];
    await host().sh(`echo ${other} >/etc/machine-id`);
    const refused = await project.run("up");
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, new RegExp(`machine-id ${here}, connected is ${other}.*set machineId ${other}`));
    assert.deepEqual(refused.changes, []);
    await configure({ machineId: other });
    assert.deepEqual((await project.must("up")).changes, []);
    // And back again.
    await host().sh(`echo ${here} >/etc/machine-id`);
    await configure({ machineId: here });
    assert.deepEqual((await project.must("up")).changes, []);
    // The state remembers the new one from now on.
    await configure({});
    await quiet();
    assert.ok(!project.state().includes(other));
  });

  it("refuses a bad configuration by path, value and rule, before any connection", async () => {
    const bad = { ...storage, datasets: { "tank/media": { properties: { recordsize: "100K" } } } };
    project.configure({ ...sampleStack(host().lab.sshConfig), storage: bad });
    const run = await project.run("preview");
    assert.notEqual(run.code, 0);
    assert.match(run.output, /storage\.datasets\["tank\/media"\]\.properties\.recordsize: .*100K/);
    assert.deepEqual(run.log, []);
    await configure({});
  });

  it("destroys what it made and nothing else, and the host is as it was", async () => {
    await host().sh("zfs create tank/foreign && touch /tank/foreign/file");
    const refused = await project.run("destroy");
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /cannot delete zfs:Pool tank: .*tank\/foreign/);
    assert.deepEqual(objects(project), ["claim", "tank"]);
    assert.equal(await host().sh("ls /tank/foreign"), "file\n");
    await host().sh("zfs destroy tank/foreign");
    await project.must("destroy");
    assert.equal(await host().sh(EVERYTHING), pristine);
  });
});

/** Ids of the objects in the state. */
function objects(project: Project): string[] {
  const ours = project.resources().filter(({ type }) => type.startsWith("pulumi-nodejs:"));
  return ours.map(({ urn }) => urn.split("::").at(-1) ?? "").toSorted();
}

function reads({ log }: Run): number {
  return log.filter((line) => line.event === "command" && line.effect === "read").length;
}
