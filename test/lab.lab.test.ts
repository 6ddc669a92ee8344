import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startLab, type Lab } from "../lab/host.ts";
import { LAB, processOf, recordOf } from "../lab/record.ts";
import { PATIENTLY } from "../providers/kinds/zfs/pool.commands.ts";
import { alive } from "../setup/cache.mjs";

function ssh(lab: Lab, command: string): string {
  return execFileSync("ssh", ["-F", lab.sshConfig, "lab", command], { encoding: "utf8" }).trim();
}

/** Resolves when it is so; what waits for ever runs into the test's time limit. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await pause(50);
}

const ONE = { processors: 1 };

describe("a lab host", function () {
  this.timeout(1_800_000); // the image and the first boot may have to be made
  let lab: Lab;

  before(async () => {
    lab = await startLab("lab-test", ONE);
  });
  after(async () => {
    await lab.stop();
  });

  it("has eight empty disks, no pools, and the right time", () => {
    const disks = ssh(lab, "ls /dev/disk/by-id").split("\n");
    assert.deepEqual(
      disks,
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `virtio-disk${String(n)}`),
    );
    assert.equal(ssh(lab, "zpool list 2>&1"), "no pools available");
    assert.ok(Math.abs(Number(ssh(lab, "date +%s")) - Date.now() / 1000) < 10);
  });

  it("is pristine again after a reset", async () => {
    ssh(lab, `${PATIENTLY}\nzpool_patiently create tank virtio-disk1 && touch /root/mark`);
    await lab.reset();
    assert.equal(ssh(lab, "zpool list 2>&1; ls /root"), "no pools available");
    assert.ok(Math.abs(Number(ssh(lab, "date +%s")) - Date.now() / 1000) < 10);
  });

  it("lets only root and the one who may sudo become root", () => {
    const sudo = (host: string) =>
      execFileSync("ssh", ["-F", lab.sshConfig, host, "sudo -n id -u 2>&1 || true"], { encoding: "utf8" }).trim();
    assert.equal(sudo("lab-admin"), "0");
    assert.match(sudo("lab-nosudo"), /password is required|not allowed/);
  });

  it("keeps what was synced, and only that process's port, through a power cut", async () => {
    ssh(lab, `${PATIENTLY}\nzpool_patiently create tank virtio-disk1 && touch /tank/mark && zpool sync && sync`);
    await lab.powerCut();
    assert.equal(ssh(lab, "ls /tank"), "mark");
    await lab.reset();
  });

  it("runs beside another, and a kept one goes on where it was stopped", async () => {
    const name = `lab-test-kept-${String(process.pid)}`;
    const folder = join(LAB, name);
    try {
      const kept = await startLab(name, { ...ONE, kept: true });
      assert.notEqual(kept.port, lab.port);
      ssh(kept, "echo not synced > /root/mark");
      await kept.stop();
      const again = await startLab(name, { ...ONE, kept: true });
      assert.equal(ssh(again, "cat /root/mark"), "not synced");
      assert.equal(ssh(lab, "ls /root"), "");
      await again.stop();
    } finally {
      const pid = processOf(recordOf(folder));
      if (pid !== undefined) process.kill(pid, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      rmSync(`${folder}.lock`, { force: true });
    }
  });

  it("ends with the process that started it, even a killed one, and leaves nothing", async () => {
    const text = `import { startLab } from "./lab/host.ts"; await startLab("orphan", { processors: 1 }); console.log("up"); setInterval(() => {}, 1e6);`;
    const owner = spawn(process.execPath, ["--input-type=module-typescript", "-e", text], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(owner.stdout, "data");
    const folder = join(LAB, `orphan-${String(owner.pid)}`);
    const qemu = processOf(recordOf(folder));
    assert.ok(qemu !== undefined && alive(qemu));
    owner.kill("SIGKILL");
    await until(() => !alive(qemu));
    const next = await startLab("next", ONE);
    assert.equal(existsSync(folder), false);
    await next.stop();
  });
});
