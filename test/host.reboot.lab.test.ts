import assert from "node:assert/strict";
import { script } from "../providers/host/command.ts";
import { connect } from "../providers/host/ssh.ts";
import { useLab } from "./support/lab.ts";

const BOOT = script("boot", "cat /proc/sys/kernel/random/boot_id; ls /run/before /srv/stays 2>/dev/null || :");

describe("on the lab host, a reboot", function () {
  this.timeout(900_000);
  const host = useLab("reboot");

  // A host that comes up takes nobody but root for a while (pam_nologin).
  it("ends when the same machine has ended another boot", async () => {
    await host().sh("touch /run/before /srv/stays");
    const admin = await connect({ host: "lab-admin", sshConfig: host().lab.sshConfig });
    const [before, ...files] = (await admin.read(BOOT)).stdout.split("\n");
    assert.deepEqual(files, ["/run/before", "/srv/stays", ""]);
    await admin.reboot(800);
    const [after, ...left] = (await admin.read(BOOT)).stdout.split("\n");
    assert.notEqual(after, before);
    assert.deepEqual(left, ["/srv/stays", ""]);
    const { stdout } = await admin.read(script("state", "systemctl is-system-running || :"));
    assert.match(stdout, /^(running|degraded)\n$/);
    await admin.close();
  });
});
