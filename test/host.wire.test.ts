import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { wire } from "../providers/host/wire.ts";
import { nasty } from "./support/nasty.ts";

const asRoot = { sudo: false, timeLimit: 120, effect: "read" } as const;

describe("the line a command is sent as", () => {
  it("sets the environment and a time limit", () => {
    assert.equal(
      wire(["zfs", "list"], asRoot),
      "env LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin timeout -k 5 120 zfs list",
    );
  });

  it("puts sudo before all of it, for root ends what root runs", () => {
    assert.match(
      wire(["zfs"], { ...asRoot, sudo: true, timeLimit: 1.5 }),
      /^sudo -n -- env LC_ALL=C PATH=\S+ timeout -k 5 1\.5 zfs$/,
    );
  });

  it("holds a lock while it changes something, which what it starts does not inherit", () => {
    const line = wire(["zfs"], { ...asRoot, effect: "change" });
    assert.match(line, / flock -so -w 120 -E 124 \/etc\/machine-id timeout -k 5 120 zfs$/);
  });

  it("refuses what Linux would not take, before it is sent", () => {
    assert.throws(
      () => wire(["echo", "x".repeat(131_072)], asRoot),
      /command line of 1311\d\d bytes is too long, 131071/,
    );
    assert.throws(() => wire(["echo", "é".repeat(65_536)], asRoot), /too long/);
    assert.doesNotThrow(() => wire(["echo", "x".repeat(130_000)], asRoot));
  });

  // The login shell is the user's choice; those that are not installed here are left out.
  for (const shell of ["sh", "dash", "bash", "zsh", "fish", "tcsh", "csh", "ksh", "busybox"]) {
    const isHere = spawnSync(shell, ["-c", "true"]).error === undefined;
    const run = (argv: string[]) =>
      spawnSync(shell, [...(shell === "busybox" ? ["sh"] : []), "-c", wire(argv, asRoot)], { encoding: "utf8" });
    (isHere ? it : it.skip)(`arrives byte for byte when the login shell is ${shell}`, () => {
      for (const argument of nasty) assert.equal(run(["printf", "%s|", argument]).stdout, `${argument}|`);
      const all = run(["printf", "%s\\0", ...nasty]);
      assert.deepEqual(all.stdout.split("\0").slice(0, -1), nasty);
      assert.equal(all.stderr, "");
    });
    (isHere ? it : it.skip)(`gives the exit code back when the login shell is ${shell}`, () => {
      assert.equal(run(["/bin/sh", "-euc", "exit 42\n"]).status, 42);
      assert.equal(run(["/bin/sh", "-euc", "exit 43"]).status, 43);
    });
  }
});
