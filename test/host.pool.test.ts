import assert from "node:assert/strict";
import { sh, withStdin } from "../providers/host/command.ts";
import { ConnectionLost } from "../providers/host/host.ts";
import { startProxy } from "./support/proxy.ts";
import type { ServerOptions, TestServer } from "./support/ssh-server.ts";
import { failure, sshHosts } from "./support/ssh-host.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("a host over SSH", () => {
  temporaryHome();
  const { serve, reach, atEnd } = sshHosts();

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

    it("costs one round trip a command, its input included", async () => {
      // The host answers at once, so that only the way there and back counts.
      const server = await serve({ onExec: answer });
      const roundTrip = 200;
      const far = await startProxy(server.port, roundTrip);
      atEnd(() => {
        far.close();
      });
      const host = await reach(far);
      await host.read(sh`true`);
      far.roundTrips();
      for (const command of [sh`true`, withStdin(sh`cat`, "x".repeat(60_000))]) {
        const took: number[] = [];
        for (let i = 0; i < 5; i++) {
          const started = performance.now();
          await host.read(command);
          took.push((performance.now() - started) / roundTrip);
        }
        assert.equal(far.roundTrips(), 5);
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
});
