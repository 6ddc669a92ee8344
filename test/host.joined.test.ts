import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join as pathOf } from "node:path";
import { brief, script, sh, withStdin, withTimeLimit, type Command } from "../providers/host/command.ts";
import { groups } from "../providers/host/joined.ts";
import { nasty } from "./support/nasty.ts";
import { failure, sshHosts } from "./support/ssh-host.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("commands that come at the same time", () => {
  const home = temporaryHome();
  const { serve, reach } = sshHosts();
  const ten = Array.from({ length: 10 }, (_, i) => brief(sh`zfs create ${`tank/d${String(i)}`}`));
  const slow = withTimeLimit(brief(sh`zfs list`), 7);
  const long = brief(script("long", "true", ["x".repeat(20_000)]));

  const cases: [string, readonly Command[], readonly number[]][] = [
    ["brief ones make groups of eight", ten, [8, 2]],
    ["others stay alone", [sh`a`, brief(sh`b`), sh`c`, brief(sh`d`)], [1, 2, 1]],
    ["so does what has a standard input", [brief(sh`a`), withStdin(brief(sh`b`), "b")], [1, 1]],
    ["each time limit has groups of its own", [brief(sh`a`), slow, brief(sh`b`), slow], [2, 2]],
    ["no group is longer than a command line", [long, long, brief(sh`a`)], [1, 2]],
  ];
  for (const [title, commands, sizes] of cases)
    it(title, () => {
      assert.deepEqual(
        groups(commands).map(({ length }) => length),
        sizes,
      );
    });

  it("have each their own outcome, and their own line in the log", async () => {
    process.env["PHOENIX_LOG"] = pathOf(home.path, "log");
    const server = await serve();
    const host = await reach(server);
    const shell = (name: string, text: string) => brief(script(name, text));
    const commands = [
      shell("good", "echo fine"),
      shell("bad", "echo cannot >&2; exit 3"),
      shell("tail", "seq 1 5000; exit 4"),
      sh`echo alone`,
      shell("killed", "kill -9 $$"),
    ];
    const results = await Promise.all(host.changeAll(commands));
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 3, 4, 0, 137],
    );
    assert.deepEqual([results[0]?.stderr, results[1]?.stderr, results[3]?.stdout], ["fine", "cannot", "alone\n"]);
    assert.match(results[2]?.stderr ?? "", /\n4999\n5000$/);
    assert.equal(server.lines.length, 2);
    const lines = readFileSync(pathOf(home.path, "log"), "utf8").split("\n").slice(1, -1);
    assert.deepEqual(
      lines
        .map((line) => JSON.parse(line) as { label: string; code: number })
        .map(({ label, code }) => `${label} ${String(code)}`)
        .toSorted(),
      ["bad 3", "echo alone 0", "good 0", "killed 137", "tail 4"],
    );
  });

  it("get every argument byte for byte", async () => {
    const host = await reach(await serve());
    const some = nasty.slice(0, 8);
    const results = await Promise.all(host.changeAll(some.map((word) => brief(sh`printf ${"%s|"} ${word} end`))));
    assert.deepEqual(
      results.map(({ stderr }) => stderr),
      some.map((word) => `${word}|end|`),
    );
  });

  it("are all lost when the connection is", async () => {
    const server = await serve({
      onExec: () => {
        server.cut();
        return true;
      },
    });
    const host = await reach(server);
    const errors = await Promise.all(host.changeAll(ten.slice(0, 2)).map(failure));
    for (const { name, message } of errors) {
      assert.equal(name, "ConnectionLost");
      assert.match(message, /zfs create tank\/d0 & zfs create tank\/d1/);
    }
  });

  it("are ended together when they take too long", async () => {
    const host = await reach(await serve());
    const sleepers = [brief(sh`sleep 100`), brief(sh`sleep 101`)].map((one) => withTimeLimit(one, 0.5));
    const errors = await Promise.all(host.changeAll(sleepers).map(failure));
    for (const { message } of errors) assert.match(message, /took longer than 0.5 s/);
  });
});
