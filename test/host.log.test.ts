import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { script, secret, sh, withStdin, withTimeLimit } from "../providers/host/command.ts";
import { hostKey, userKey } from "./support/ssh-server.ts";
import { failure, sshHosts } from "./support/ssh-host.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("a host over SSH", () => {
  const home = temporaryHome();
  const { serve, reach } = sshHosts();

  /** What the command log holds. */
  function logged(): Record<string, unknown>[] {
    const lines = readFileSync(join(home.path, "log"), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

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
