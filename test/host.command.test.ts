import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { render, script, secret, sh, withStdin } from "../providers/host/command.ts";
import { stdinText } from "./support/kind.ts";

const nasty = [
  "",
  " ",
  "a b",
  "a'b",
  "'",
  "''",
  '"',
  "$HOME",
  "`id`",
  "$(id)",
  "; reboot",
  "a\nb",
  "\t",
  "-rf",
  "--",
  "*",
  "~",
  "\\",
  "!x",
  "é…漢",
  "x".repeat(255),
  "a=b",
  "#c",
  "{a,b}",
];

describe("a command", () => {
  const cases: [string, readonly string[], readonly string[]][] = [
    ["splits literal text on blanks", sh`zfs  list -H`.argv, ["zfs", "list", "-H"]],
    ["takes a value as one argument", sh`zfs set ${"a=b c"} ${"tank/x y"}`.argv, ["zfs", "set", "a=b c", "tank/x y"]],
    [
      "takes an array as many arguments",
      sh`zfs create ${["-o", "a=b"]} ${"tank"}`.argv,
      ["zfs", "create", "-o", "a=b", "tank"],
    ],
    ["takes an empty array as none", sh`zfs list ${[]}`.argv, ["zfs", "list"]],
    ["keeps an empty value as an argument", sh`echo ${""}`.argv, ["echo", ""]],
    [
      "hands a script its arguments",
      script("look", "echo $1", ["a b"]).argv,
      ["/bin/sh", "-euc", "echo $1", "look", "a b"],
    ],
  ];
  for (const [title, argv, wanted] of cases)
    it(title, () => {
      assert.deepEqual(argv, wanted);
    });

  it("refuses text glued to a value", () => {
    assert.throws(() => sh`zfs set a=${"b"}`, /glued/);
    assert.throws(() => sh`zfs set ${"a"}=b`, /glued/);
  });
  it("refuses a NUL byte", () => {
    assert.throws(() => sh`echo ${"a\0b"}`, /NUL/);
  });
  it("reaches a program byte for byte through a real shell", () => {
    const line = render(["printf", "%s\\0", ...nasty]);
    assert.deepEqual(execFileSync("/bin/sh", ["-c", line]).toString().split("\0").slice(0, -1), nasty);
  });
  it("shows a script by its name, on one line", () => {
    assert.equal(script("look", "long text", ["a\nb"]).label, "look 'a b'");
  });
  it("shows its secret nowhere", () => {
    const command = withStdin(sh`passwd`, secret("hush"));
    assert.ok(!`${JSON.stringify(command)} ${stdinText(command)}`.includes("hush"));
  });
});
