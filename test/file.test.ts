import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { script, secret, type Command } from "../providers/host/command.ts";
import { removeFile, restoreFile, writeFile } from "../providers/host/file.ts";

const me = { owner: userInfo().uid.toString(), group: userInfo().gid.toString() };
const says = (word: string) => script("check", `grep -q -- "$1" "$2" || { echo "no $1 in it" >&2; exit 3; }`, [word]);

// The scripts are POSIX sh and coreutils, so the machine that runs the tests will do; file.lab.test.ts has the rest.
describe("a managed file", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "file-"));
    path = join(folder, "a.conf");
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("is written with its mode, content exact", () => {
    const content = "é…漢 'quoted' $HOME `id`\\n\\\\ no newline at the end";
    ok(writeFile(path, content, { ...me, mode: "0640" }));
    assert.equal(fs.readFileSync(path, "utf8"), content);
    assert.equal(fs.statSync(path).mode & 0o7777, 0o640);
    assert.deepEqual(fs.readdirSync(folder), ["a.conf"]);
  });

  it("may hold a secret, of which no argument tells anything", () => {
    const command = writeFile(path, secret("hush\nhush"), { ...me, mode: "600" });
    ok(command);
    assert.equal(fs.readFileSync(path, "utf8"), "hush\nhush");
    assert.doesNotMatch(command.argv.join(" "), /hush|[0-9a-f]{64}/);
    assert.doesNotMatch(JSON.stringify(command), /hush/);
  });

  it("may be empty", () => {
    ok(writeFile(path, "", { ...me, mode: "644" }));
    assert.equal(fs.readFileSync(path, "utf8"), "");
  });

  it("may have any name", () => {
    for (const name of ["a b", "-rf", "$(id)", "x'y", "é", "n".repeat(230)]) {
      const odd = join(folder, name);
      ok(writeFile(odd, name, { ...me, mode: "644" }));
      assert.equal(fs.readFileSync(odd, "utf8"), name);
      ok(removeFile(odd));
      assert.equal(fs.existsSync(odd), false);
    }
  });

  it("replaces what is there", () => {
    fs.writeFileSync(path, "old");
    ok(writeFile(path, "new", { ...me, mode: "644" }));
    assert.equal(fs.readFileSync(path, "utf8"), "new");
  });

  it("is not touched when it is as wanted already", () => {
    ok(writeFile(path, "same", { ...me, mode: "644" }));
    const before = fs.statSync(path).ino;
    ok(writeFile(path, "same", { ...named(path), mode: "644" }));
    assert.equal(fs.statSync(path).ino, before);
  });

  it("leaves a note of what is still to be done about it, where it was written", () => {
    const note = { path: `${folder}/notes/f`, text: "tell $(id)" };
    ok(writeFile(path, "same", { ...me, mode: "644" }));
    ok(writeFile(path, "same", { ...named(path), mode: "644", note }));
    assert.equal(fs.existsSync(note.path), false);
    ok(writeFile(path, "other", { ...me, mode: "644", note }));
    assert.equal(fs.readFileSync(note.path, "utf8"), "tell $(id)\n");
  });

  it("gets its mode back", () => {
    ok(writeFile(path, "same", { ...named(folder), mode: "644" }));
    fs.chmodSync(path, 0o600);
    ok(writeFile(path, "same", { ...named(folder), mode: "644" }));
    assert.equal(fs.statSync(path).mode & 0o777, 0o644);
  });

  it("makes its folder", () => {
    const deeper = join(folder, "new.d", "a.conf");
    ok(writeFile(deeper, "x", { ...me, mode: "600" }));
    assert.equal(fs.statSync(join(folder, "new.d")).mode & 0o777, 0o755);
  });

  it("does not make its folder's parent", () => {
    assert.match(fails(writeFile(join(folder, "x", "y", "a.conf"), "x", { ...me, mode: "600" })), /No such file/);
  });

  it("counts only when the check has passed", () => {
    fs.writeFileSync(path, "old");
    const stderr = fails(writeFile(path, "bad", { ...me, mode: "644", check: says("good") }));
    assert.match(stderr, /no good in it/);
    assert.equal(fs.readFileSync(path, "utf8"), "old");
    assert.deepEqual(fs.readdirSync(folder), ["a.conf"]);
    ok(writeFile(path, "good", { ...me, mode: "644", check: says("good") }));
    assert.equal(fs.readFileSync(path, "utf8"), "good");
  });

  it("stays as it was when the content arrives in part", () => {
    fs.writeFileSync(path, "old");
    const whole = writeFile(path, "line 1\nline 2\n", { ...me, mode: "644" });
    assert.match(fails({ ...whole, stdin: "line 1\n" }), /left as it was: the new content did not arrive whole/);
    assert.equal(fs.readFileSync(path, "utf8"), "old");
    assert.deepEqual(fs.readdirSync(folder), ["a.conf"]);
  });

  it("is written over what a killed run left", () => {
    fs.writeFileSync(join(folder, ".a.conf.phoenix-new"), "half a li");
    ok(writeFile(path, "whole", { ...me, mode: "644" }));
    assert.deepEqual(fs.readdirSync(folder), ["a.conf"]);
    assert.equal(fs.readFileSync(path, "utf8"), "whole");
  });

  it("is removed with what a killed run left", () => {
    fs.writeFileSync(join(folder, ".a.conf.phoenix-new"), "half a li");
    fs.writeFileSync(path, "x");
    ok(removeFile(path));
    assert.deepEqual(fs.readdirSync(folder), []);
    ok(removeFile(path));
  });

  it("is never a symbolic link", () => {
    const target = join(folder, "target");
    fs.writeFileSync(target, "theirs");
    fs.symlinkSync(target, path);
    assert.match(fails(writeFile(path, "x", { ...me, mode: "644" })), /a\.conf is a symbolic link/);
    assert.match(fails(removeFile(path)), /a\.conf is a symbolic link/);
    assert.equal(fs.readFileSync(target, "utf8"), "theirs");
  });

  it("is never a folder", () => {
    fs.mkdirSync(path);
    assert.match(fails(writeFile(path, "x", { ...me, mode: "644" })), /a\.conf is not a regular file/);
    assert.match(fails(removeFile(path)), /a\.conf is not a regular file/);
  });

  it("comes back as it was before", () => {
    fs.writeFileSync(path, "new");
    ok(restoreFile(path, "old", { ...me, mode: "644" }));
    assert.equal(fs.readFileSync(path, "utf8"), "old");
    ok(restoreFile(path, undefined, { ...me, mode: "644" }));
    assert.equal(fs.existsSync(path), false);
  });

  it("shows its path in logs, not its content", () => {
    const { label } = writeFile("/etc/x.conf", "content", { mode: "644", check: says("x") });
    assert.equal(label, "write-file /etc/x.conf");
  });
});

/** Owner and group as names, as stat(1) shows them. */
function named(path: string): { owner: string; group: string } {
  const [owner = "", group = ""] = spawnSync("stat", ["-c", "%U %G", path], { encoding: "utf8" })
    .stdout.trim()
    .split(" ");
  return { owner, group };
}

function run({ argv, stdin }: Command) {
  const [program = "", ...args] = argv;
  const input = typeof stdin === "string" ? stdin : stdin !== undefined && "reveal" in stdin ? stdin.reveal() : "";
  return spawnSync(program, args, { input, encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
}

function ok(command: Command): void {
  const { status, stderr } = run(command);
  assert.equal(status, 0, stderr);
}

function fails(command: Command): string {
  const { status, stderr } = run(command);
  assert.notEqual(status, 0);
  return stderr;
}
