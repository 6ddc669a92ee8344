import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { script, secret, sh, withStdin, withTimeLimit } from "../providers/host/command.ts";
import type { Connection } from "../providers/host/connection.ts";
import { ConnectionLost, UserError } from "../providers/host/host.ts";
import type { Host } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import type { Limits } from "../providers/host/ssh.ts";
import { nasty } from "./support/nasty.ts";
import { startProxy } from "./support/proxy.ts";
import { hostKey, startServer, userKey } from "./support/ssh-server.ts";
import type { ServerOptions, TestServer } from "./support/ssh-server.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("a host over SSH", () => {
  const home = temporaryHome();

  let cleanUp: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of cleanUp.reverse()) await end();
    cleanUp = [];
  });

  async function serve(options: ServerOptions = {}): Promise<TestServer> {
    const server = await startServer(options);
    cleanUp.push(async () => server.close());
    return server;
  }

  async function reach(
    server: { port: number },
    settings: Partial<Connection> = {},
    limits?: Partial<Limits>,
  ): Promise<Host> {
    const own = {
      host: "127.0.0.1",
      port: server.port,
      user: "root",
      privateKey: userKey.private,
      hostKey: hostKey.public,
    };
    const host = await connect({ ...own, ...settings }, limits);
    cleanUp.push(async () => host.close());
    return host;
  }

  /** What the command log holds. */
  function logged(): Record<string, unknown>[] {
    const lines = readFileSync(join(home.path, "log"), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async function failure(promise: Promise<unknown>): Promise<Error> {
    return promise.then(
      () => assert.fail("it should have failed"),
      (error: unknown) => error as Error,
    );
  }

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

  describe("the connection", () => {
    it("is made at the first command, and shared", async () => {
      const server = await serve();
      const host = await reach(server);
      assert.equal(server.count.connections, 0);
      await Promise.all([host.read(sh`true`), host.change(sh`true`), host.read(sh`true`)]);
      await host.read(sh`true`);
      assert.equal(server.count.connections, 1);
    });

    it("has at most eight channels, however many commands", async () => {
      const server = await serve();
      const host = await reach(server);
      const results = await Promise.all(Array.from({ length: 60 }, async (_, i) => host.read(sh`echo ${i}`)));
      assert.deepEqual(
        results.map(({ stdout }) => Number(stdout)),
        [...Array(60).keys()],
      );
      assert.equal(server.count.mostOpen, 8);
      assert.equal(server.count.connections, 1);
    });

    const limited: [what: string, mayOpen: NonNullable<ServerOptions["mayOpen"]>, connections: number][] = [
      ["gets on with a host that refuses the first channels", (channel) => channel > 4, 1],
      ["gets on with a host that allows one channel at a time", (_channel, _connection, open) => open < 1, 1],
      ["gets on with a host that allows three channels at a time", (_channel, _connection, open) => open < 3, 1],
      ["gets on with a host that refuses every third channel", (channel) => channel % 3 !== 0, 1],
      ["is replaced when the host opens no channels on it", (_channel, connection) => connection > 1, 2],
    ];
    for (const [what, mayOpen, connections] of limited)
      it(what, async () => {
        const server = await serve({ mayOpen });
        const host = await reach(server);
        const results = await Promise.all(Array.from({ length: 20 }, async (_, i) => host.change(sh`echo ${i}`)));
        assert.deepEqual(
          results.map(({ stdout }) => Number(stdout)),
          [...Array(20).keys()],
        );
        assert.equal(server.lines.length, 20);
        assert.equal(server.count.connections, connections);
        assert.ok(server.count.refused < 100, `${String(server.count.refused)} channels were asked for in vain`);
      });

    it("says when the host opens no channels at all", async () => {
      const server = await serve({ mayOpen: () => false });
      const host = await reach(server);
      assert.match(
        (await failure(host.read(sh`true`))).message,
        /^cannot run a command on root@.* opens no session .*MaxSessions/s,
      );
      assert.equal(server.count.connections, 2);
    });

    it("costs one round trip a command, its input included", async function () {
      // The host answers at once, so that only the way there and back counts.
      const server = await serve({ onExec: answer });
      const roundTrip = 200;
      const far = await startProxy(server.port, roundTrip);
      cleanUp.push(() => {
        far.close();
      });
      const host = await reach(far);
      await host.read(sh`true`);
      for (const command of [sh`true`, withStdin(sh`cat`, "x".repeat(60_000))]) {
        const took: number[] = [];
        for (let i = 0; i < 5; i++) {
          const started = performance.now();
          await host.read(command);
          took.push((performance.now() - started) / roundTrip);
        }
        // The median, for this machine may be busy with other things at times.
        const median = took.sort((a, b) => a - b)[2] ?? 0;
        assert.ok(median > 0.99 && median < 1.5, `a command took ${median.toFixed(2)} round trips`);
      }
    });

    it("is not used after it was closed", async () => {
      const host = await reach(await serve());
      await host.read(sh`true`);
      await host.close();
      assert.match((await failure(host.read(sh`true`))).message, /has been closed by this program/);
      await host.close();
    });

    it("ends what is under way when it is closed", async () => {
      const started = Promise.withResolvers<true>();
      const server = await serve({
        onExec: () => {
          started.resolve(true);
          return true;
        },
      });
      const host = await reach(server);
      const error = failure(host.read(sh`sleep 1000`));
      await started.promise;
      await host.close();
      assert.match((await error).message, /has been closed by this program/);
    });
  });

  /** Answers a command without a shell. */
  const answer: NonNullable<ServerOptions["onExec"]> = (_line, channel) => {
    channel.resume();
    channel.once("end", () => {
      channel.exit(0);
      channel.end();
    });
    return true;
  };

  describe("a lost connection", () => {
    /** Cuts the connection at the first commands. */
    async function cutting(times: number): Promise<TestServer> {
      const server = await serve({
        onExec: () => {
          if (server.lines.length > times) return false;
          server.cut();
          return true;
        },
      });
      return server;
    }

    it("is made again for a read, which is repeated", async () => {
      const server = await cutting(1);
      const host = await reach(server);
      assert.equal((await host.read(withStdin(sh`cat`, "again"))).stdout, "again");
      assert.deepEqual([server.lines.length, server.count.connections], [2, 2]);
    });

    it("is made again for many reads at once, by one connection", async () => {
      const server = await cutting(4);
      const host = await reach(server);
      const results = await Promise.all(Array.from({ length: 12 }, async (_, i) => host.read(sh`echo ${i}`)));
      assert.deepEqual(
        results.map(({ stdout }) => Number(stdout)),
        [...Array(12).keys()],
      );
    });

    it("is not made again without end", async () => {
      const server = await cutting(100);
      const host = await reach(server);
      assert.match(
        (await failure(host.read(sh`echo no`))).message,
        /^cannot keep a connection to root@.*several times.*Last: echo no$/,
      );
      assert.equal(server.lines.length, 4);
    });

    it("leaves open whether a change took effect, and never repeats it", async () => {
      const server = await cutting(1);
      const host = await reach(server);
      const error = await failure(host.change(sh`touch x`));
      assert.ok(error instanceof ConnectionLost);
      assert.match(error.message, /whether it took effect is not known: touch x$/);
      assert.equal(server.lines.length, 1);
      assert.equal((await host.change(sh`echo next`)).stdout, "next\n");
      assert.deepEqual([server.lines.length, server.count.connections], [2, 2]);
    });

    it("leaves no question about a change that was not sent yet", async () => {
      const server = await serve({
        onExec: () => {
          if (server.lines.length > 8) return false;
          if (server.lines.length === 8) server.cut();
          return true;
        },
      });
      const host = await reach(server);
      const sent = Array.from({ length: 8 }, async (_, i) => failure(host.change(sh`touch ${i}`)));
      const waiting = host.change(sh`echo ninth`);
      for (const error of await Promise.all(sent)) assert.ok(error instanceof ConnectionLost);
      assert.equal((await waiting).stdout, "ninth\n");
      assert.equal(server.lines.length, 9);
    });

    it("is noticed when the output came but not its end", async () => {
      const server = await serve({
        onExec: (_line, channel) => {
          channel.write("half of it");
          channel.exit(0);
          setImmediate(() => {
            server.cut();
          });
          return true;
        },
      });
      const host = await reach(server);
      assert.ok((await failure(host.change(sh`echo`))) instanceof ConnectionLost);
    });

    it("is noticed when only the channel ends without an exit code", async () => {
      const server = await serve({
        onExec: (_line, channel) => {
          channel.close();
          return true;
        },
      });
      const host = await reach(server);
      assert.ok((await failure(host.change(sh`echo`))) instanceof ConnectionLost);
    });

    it("is noticed by its silence", async () => {
      const server = await serve({
        onExec: (_line, _channel, connection) => {
          silence(connection);
          return true;
        },
      });
      const host = await reach(server, { keepAlive: 0.05 });
      assert.ok((await failure(host.change(sh`echo`))) instanceof ConnectionLost);
    });
  });

  /** From now on the server reads nothing, and so answers nothing. */
  function silence(connection: object): void {
    (connection as { _sock: { pause(): void } })._sock.pause();
  }

  describe("sudo", () => {
    /** A shell in front of which stands a sudo that does as the text says, and an id that says who one is. */
    async function withSudo(sudo: string, uid = 1000): Promise<TestServer> {
      const { chmodSync } = await import("node:fs");
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

  describe("the command log", () => {
    it("has a line for every command and every connection, and nobody else may read it", async () => {
      process.env["PHOENIX_LOG"] = join(home.path, "log");
      const server = await serve();
      const host = await reach(server);
      await host.read(sh`echo hello`);
      await host.change(withStdin(script("write a file", "cat >/dev/null; exit 4"), "content"));
      await host.close();
      const name = `root@127.0.0.1:${String(server.port)}`;
      const lines = logged().map(({ time, ms, ...rest }) => {
        assert.match(String(time), /^20\d\d-.*Z$/);
        assert.ok(ms === undefined || Number.isInteger(ms));
        return rest;
      });
      assert.deepEqual(lines, [
        { event: "connected", host: name },
        { event: "command", host: name, effect: "read", label: "echo hello", code: 0, bytes: 6 },
        { event: "command", host: name, effect: "change", label: "'write a file'", code: 4, bytes: 0 },
        { event: "disconnected", host: name },
      ]);
      assert.equal(statSync(join(home.path, "log")).mode & 0o777, 0o600);
    });

    it("is named when it cannot be written, before anything is done", async () => {
      process.env["PHOENIX_LOG"] = join(home.path, "none", "log");
      const text = (await failure(reach({ port: 1 }))).message;
      assert.match(text, /^cannot write the command log that PHOENIX_LOG names: ENOENT/);
    });

    it("tells of failed connections and lost commands", async () => {
      process.env["PHOENIX_LOG"] = join(home.path, "log");
      const server = await serve({
        onExec: () => {
          server.cut();
          return true;
        },
      });
      const host = await reach(server);
      await failure(host.change(sh`touch x`));
      await server.close();
      await failure(host.read(sh`true`));
      assert.deepEqual(
        logged()
          .map(({ event, code }) => [event, code])
          .filter(([event]) => event !== "disconnected"),
        [
          ["connected", undefined],
          ["command", null],
          ["connect failed", undefined],
        ],
      );
    });

    it("holds no secret, and neither do errors nor command lines", async () => {
      process.env["PHOENIX_LOG"] = join(home.path, "log");
      const server = await serve({ password: "s3cret-password" });
      const host = await reach(server, { password: "s3cret-password" });
      const command = withStdin(script("unlock", "cat >&2; exit 1"), secret("s3cret-key"));
      await host.change(command);
      const late = await failure(host.change(withTimeLimit(withStdin(sh`sleep 100`, secret("s3cret-key")), 0.2)));
      const refused = await failure(
        (await reach(server, { privateKey: hostKey.private, password: "s3cret-wrong" })).read(sh`true`),
      );
      const all = [
        readFileSync(join(home.path, "log"), "utf8"),
        command.label,
        String(late.stack),
        String(refused.stack),
        ...server.lines,
      ];
      for (const text of all) {
        assert.doesNotMatch(text, /s3cret/);
        for (const line of [...userKey.private.split("\n"), ...hostKey.private.split("\n")])
          if (line.length > 20 && !line.startsWith("-----")) assert.ok(!text.includes(line), "a private key is shown");
      }
    });
  });
});
