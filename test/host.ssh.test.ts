import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerChannel } from "ssh2";
import { script, secret, sh, withStdin, withTimeLimit } from "../providers/host/command.ts";
import { UserError } from "../providers/host/host.ts";
import { nasty } from "./support/nasty.ts";
import { failure, sshHosts } from "./support/ssh-host.ts";
import { temporaryHome } from "./support/temp-home.ts";

/** The exit code after the end of the output, which ssh2's server does not send by itself. */
function exit(connection: object, channel: ServerChannel, code: number): void {
  const { _protocol } = connection as { _protocol: { exitStatus(id: number, code: number): void } };
  _protocol.exitStatus((channel as unknown as { outgoing: { id: number } }).outgoing.id, code);
  channel.close();
}

describe("a host over SSH", () => {
  const home = temporaryHome();
  const { serve, reach } = sshHosts();

  describe("a command over SSH", () => {
    it("gives code, stdout and stderr", async () => {
      const host = await reach(await serve());
      const result = await host.read(script("x", "printf out; printf err >&2; exit 3"));
      assert.deepEqual(result, { code: 3, stdout: "out", stderr: "err" });
    });

    it("gives 128 and the signal's number for a command that a signal ended", async () => {
      const host = await reach(await serve());
      assert.equal((await host.read(sh`sh -c ${"kill -9 $$"}`)).code, 137);
    });

    it("brings every argument byte for byte to a program", async () => {
      const host = await reach(await serve());
      const results = await Promise.all(
        nasty.map(async (argument) => host.read(sh`printf ${"%s|%s"} ${argument} end`)),
      );
      assert.deepEqual(
        results.map(({ stdout }) => stdout),
        nasty.map((argument) => `${argument}|end`),
      );
      assert.equal(
        (await host.read(script("x", 'printf "%s\\0" "$@"', nasty))).stdout,
        nasty.map((a) => `${a}\0`).join(""),
      );
    });

    it("runs in the C locale with the sbin folders in its path", async () => {
      const host = await reach(await serve({ env: { LC_ALL: "de_DE.UTF-8", PATH: "/usr/bin:/bin" } }));
      assert.equal((await host.read(script("x", 'echo "$LC_ALL $PATH"'))).stdout.split(":")[0], "C /usr/local/sbin");
      assert.match((await host.read(script("x", 'echo "$PATH"'))).stdout, /:\/sbin:/);
    });

    it("writes text, bytes and secrets to standard input, and ends it", async () => {
      const host = await reach(await serve());
      const given = async (stdin: Parameters<typeof withStdin>[1]) =>
        (await host.read(withStdin(sh`od -An -c`, stdin))).stdout;
      assert.equal(await given("a\0é\n"), "   a  \\0 303 251  \\n\n");
      assert.equal(await given(Buffer.from([255, 0])), " 377  \\0\n");
      assert.equal(await given(secret("pw")), "   p   w\n");
      assert.equal((await host.read(sh`cat`)).stdout, "");
    });

    it("writes a large standard input whole", async () => {
      const host = await reach(await serve());
      const content = Buffer.alloc(10_000_000, "phoenix");
      const { stdout } = await host.read(withStdin(sh`sha256sum`, content));
      assert.equal(stdout.slice(0, 64), createHash("sha256").update(content).digest("hex"));
    });

    it("sends a file of this machine, and runs nothing where there is none", async () => {
      const host = await reach(await serve());
      const [file, mark] = [join(home.path, "large"), join(home.path, "mark")];
      const content = Buffer.alloc(10_000_000, "phoenix");
      writeFileSync(file, content);
      const { stdout } = await host.read(withStdin(sh`sha256sum`, { file }));
      assert.equal(stdout.slice(0, 64), createHash("sha256").update(content).digest("hex"));
      const early = await host.read(withStdin(script("x", "exec <&-; echo done"), { file }));
      assert.deepEqual([early.code, early.stdout], [0, "done\n"]);
      const absent = withStdin(sh`touch ${mark}`, { file: `${file}.absent` });
      await assert.rejects(
        host.change(absent),
        /cannot send the file that the command needs from here: ENOENT.*touch/s,
      );
      const folder = withStdin(sh`cat`, { file: home.path });
      await assert.rejects(host.change(folder), /cannot send the file that the command needs from here/);
      assert.ok(!existsSync(mark));
    });

    it("does not mind a program that does not read its input", async () => {
      const host = await reach(await serve());
      const { code, stdout } = await host.read(withStdin(script("x", "exec <&-; echo done"), "x".repeat(5_000_000)));
      assert.deepEqual([code, stdout], [0, "done\n"]);
    });

    it("decodes characters that fall between two packets", async () => {
      const host = await reach(await serve());
      const text = "é漢😀".repeat(50_000);
      assert.equal((await host.read(withStdin(sh`cat`, `x${text}`))).stdout, `x${text}`);
    });

    it("takes 20 MB on one line", async () => {
      const host = await reach(await serve());
      const { stdout } = await host.read(script("x", "head -c 20000000 /dev/zero | tr '\\0' x"));
      assert.equal(stdout.length, 20_000_000);
    });

    it("ends a command that prints without end, and says so", async () => {
      const host = await reach(await serve());
      const error = await failure(host.read(sh`head -c 100000000 /dev/zero`));
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^command on root@127\S+ printed more than 64 MiB and was ended: head -c 100000000/);
      assert.equal((await host.read(sh`echo on`)).stdout, "on\n");
    });

    it("counts stderr as output", async () => {
      const host = await reach(await serve(), {}, { output: 1000 });
      assert.match((await failure(host.read(script("x", "yes >&2")))).message, /more than 0 MiB/);
    });

    it("ends a command that takes too long, on the host too", async () => {
      const host = await reach(await serve());
      const error = await failure(
        host.change(withTimeLimit(script("slow", "echo $$ >$1; sleep 1000", [join(home.path, "pid")]), 0.3)),
      );
      assert.match(error.message, /^command on root@127\S+ took longer than 0.3 s and was ended: slow /);
      const pid = Number(readFileSync(join(home.path, "pid"), "utf8"));
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    });

    it("takes the limit of the settings where a command has none", async () => {
      const host = await reach(await serve(), { commandTimeout: 0.3 });
      assert.match((await failure(host.read(sh`sleep 1000`))).message, /took longer than 0.3 s/);
    });

    it("does not take a command's own code 124 for its time limit", async () => {
      const host = await reach(await serve());
      assert.equal((await host.read(sh`sh -c ${"exit 124"}`)).code, 124);
    });

    it("gives up a command that the host does not end in time", async () => {
      const server = await serve({ onExec: () => true });
      const host = await reach(server, { commandTimeout: 0.1 }, { grace: 0.1 });
      assert.match((await failure(host.read(sh`sleep 1000`))).message, /took longer than 0.1 s/);
    });

    it("waits for an exit code that comes long after the output ended", async () => {
      const finish: (() => void)[] = [];
      const server = await serve({
        onExec: (line, channel, connection) => {
          if (line.endsWith("finish")) finish.pop()?.();
          if (!line.endsWith("daemon")) return false;
          channel.eof();
          finish.push(() => {
            exit(connection, channel, 3);
          });
          return true;
        },
      });
      const host = await reach(server);
      const daemon = host.change(sh`daemon`);
      // When this one has ended, the end of the daemon's output has come too.
      await host.read(sh`true`);
      await host.read(sh`echo finish`);
      assert.equal((await daemon).code, 3);
    });

    it("says when the host refuses to run it", async () => {
      const host = await reach(await serve({ mayExec: false }));
      assert.match(
        (await failure(host.change(sh`echo no`))).message,
        /^the host root@127\S+ refuses to run a command: echo no$/,
      );
    });

    it("refuses a line that is too long, before it connects", async () => {
      const server = await serve();
      const host = await reach(server);
      assert.match((await failure(host.read(sh`echo ${"x".repeat(140_000)}`))).message, /too long/);
      assert.equal(server.count.connections, 0);
    });
  });
});
