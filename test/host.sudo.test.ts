import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { script, sh, withStdin } from "../providers/host/command.ts";
import { UserError } from "../providers/host/host.ts";
import type { TestServer } from "./support/ssh-server.ts";
import { failure, sshHosts } from "./support/ssh-host.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("a host over SSH", () => {
  const home = temporaryHome();
  const { serve, reach } = sshHosts();

  describe("sudo", () => {
    /** A shell in front of which stands a sudo that does as the text says, and an id that says who one is. */
    async function withSudo(sudo: string, uid = 1000): Promise<TestServer> {
      for (const [name, text] of [
        ["sudo", sudo],
        ["id", `echo ${String(uid)}`],
      ] as const)
        if (text !== "") chmodSync(home.write(`bin/${name}`, `#!/bin/sh\n${text}\n`), 0o755);
      return serve({ env: { PATH: `${home.path}/bin:/usr/bin:/bin` } });
    }
    const works = '[ "$1 $2" = "-n --" ] && shift 2; [ "$1" = -n ] && shift; SUDO=yes exec "$@"';
    const says = 'echo "sudo: a password is required" >&2; exit 1';

    it("is not used by root", async () => {
      const server = await serve();
      await (await reach(server)).read(sh`true`);
      assert.match(server.lines[0] ?? "", /^env /);
    });

    it("runs every command of another user, with no round trip of its own", async () => {
      const server = await withSudo(works);
      const host = await reach(server, { user: "admin" });
      assert.equal((await host.read(script("x", 'echo "$SUDO"'))).stdout, "yes\n");
      assert.equal(server.lines.length, 1);
    });

    it("says what to do when it wants a password", async () => {
      const host = await reach(await withSudo(says), { user: "admin" });
      const error = await failure(host.change(sh`zfs list`));
      assert.ok(error instanceof UserError);
      assert.match(error.message, /user admin is not root and may not use sudo without a password/);
      assert.match(error.message, /sudo said: sudo: a password is required/);
      assert.match(error.message, /admin ALL=\(ALL:ALL\) NOPASSWD: ALL/);
    });

    it("says what to do when there is none", async () => {
      const host = await reach(await serve({ env: { PATH: "/nowhere" } }), { user: "admin" });
      assert.match(
        (await failure(host.read(sh`true`))).message,
        /user admin is not root.*sudo said:.*not found.*install sudo/s,
      );
    });

    it("is not needed by root under another name", async () => {
      const server = await withSudo("exit 127 # sudo: not found", 0);
      home.write("bin/sudo", "#!/bin/sh\necho 'sudo: not found' >&2; exit 127\n");
      const host = await reach(server, { user: "toor" });
      assert.equal((await host.change(withStdin(sh`cat`, "in"))).stdout, "in");
      assert.equal((await host.change(sh`echo 2`)).stdout, "2\n");
      assert.deepEqual(
        server.lines.map((line) => line.split(" ")[0]),
        ["sudo", "id", "env", "env"],
      );
    });

    it("is not blamed for a command that speaks of it", async () => {
      const server = await withSudo(works);
      const host = await reach(server, { user: "admin" });
      const { code, stderr } = await host.change(script("x", "echo 'sudo is mentioned' >&2; exit 1"));
      assert.deepEqual([code, stderr], [1, "sudo is mentioned\n"]);
      assert.equal(server.lines.filter((line) => line.includes("mentioned")).length, 1);
    });
  });
});
