import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unmake } from "../providers/kinds/system/directory.commands.ts";
import { made, parse, record } from "../providers/kinds/system/directory.facts.ts";
import { directoryKind, DirectorySpec } from "../providers/kinds/system/directory.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const facts = parse(captured("system.directory/some"));
const OURS = { path: "/srv/d", owner: "nobody", group: "daemon", mode: "2750" };
const look = (declared: object, was?: DirectorySpec) => {
  const want = DirectorySpec.parse(declared);
  const how = context<DirectorySpec>(was === undefined ? {} : { was });
  const live = directoryKind.view(facts, want, how);
  return { live, plan: directoryKind.plan(live, want, how, facts) };
};

describe("a look at directories", () => {
  it("tells whose they are, which are ours, and which are empty", () => {
    assert.partialDeepStrictEqual(facts.entries.get("/srv/d"), { owner: "nobody", group: "daemon", mode: "2750" });
    assert.deepEqual(
      ["/srv/d", "/srv/d/e f|g", "/srv/theirs"].map((path) => made(facts, path)),
      [true, true, false],
    );
    assert.deepEqual([...facts.empty], ["/srv/d/e f|g", "/srv/theirs"]);
  });
  it("fails with what the host says", () => {
    assert.throws(() => parse({ code: 2, stdout: "", stderr: "no stat\n" }), /look at the directories: no stat/);
  });
});

describe("the plan of a directory", () => {
  const cases: [string, object, string[], string[]][] = [
    ["is empty when all is as declared", OURS, [], []],
    ["is empty when only the notation differs", { ...OURS, owner: "65534", group: "1", mode: "2750" }, [], []],
    ["leaves alone what is not declared", { path: "/srv/theirs" }, [], []],
    ["makes it", { path: "/srv/none" }, ["path"], [`make-directory /srv/none ${record("/srv/none")} root root 00755`]],
    [
      "makes it as declared",
      { ...OURS, path: "/srv/none" },
      ["path"],
      [`make-directory /srv/none ${record("/srv/none")} nobody daemon 02750`],
    ],
    [
      "changes all that differs by one command",
      { ...OURS, path: "/srv/theirs" },
      ["owner", "group", "mode"],
      ["set-directory /srv/theirs nobody daemon 02750"],
    ],
    [
      "changes nothing else",
      { path: "/srv/theirs", mode: "0700" },
      ["mode"],
      ["set-directory /srv/theirs '' '' 00700"],
    ],
  ];
  for (const [title, declared, changes, commands] of cases)
    it(title, () => {
      const { plan } = look(declared);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
    });

  for (const [path, is] of [
    ["/srv/link", "symbolic link"],
    ["/srv/file", "regular file"],
  ] as const)
    it(`is refused where a ${is} is`, () => {
      assert.deepEqual(look({ path }).plan.refusals, [`${path} is a ${is}, no directory: move it away`]);
    });
  it("puts back what was there, and takes away what it made", () => {
    const undo = (declared: object) => look(declared).plan.undo?.map(({ label }) => label);
    assert.deepEqual(undo({ path: "/srv/theirs", mode: "0700" }), ["set-directory /srv/theirs 0 0 00755"]);
    assert.deepEqual(undo({ path: "/srv/none" }), [`remove-directory /srv/none ${record("/srv/none")}`]);
  });
});

describe("the end of a directory", () => {
  const end = (path: string, there = facts) => {
    const want = DirectorySpec.parse({ path });
    const live = directoryKind.view(there, want, context({ was: want })) ?? assert.fail();
    return directoryKind.destroy(live, context({ was: want }), there);
  };
  it("removes one that we made", () => {
    assert.deepEqual(labels(end("/srv/d/e f|g")), [`remove-directory '/srv/d/e f|g' ${record("/srv/d/e f|g")}`]);
  });
  it("leaves one that is not empty, and says so", () => {
    assert.equal(end("/srv/d").says, "it is not empty, so it stays");
  });
  it("leaves one that was there before", () => {
    const { changes, says } = end("/srv/theirs");
    assert.deepEqual([changes, says], [[], "it was on the host before it was declared, so it stays"]);
  });
  it("forgets one that somebody deleted", () => {
    const entries = new Map([...facts.entries].filter(([path]) => path !== "/srv/d/e f|g"));
    assert.equal(labels(end("/srv/d/e f|g", { ...facts, entries })).length, 1);
  });
});

describe("what takes away a directory that we made", () => {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-directory-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const cases: [what: string, record: boolean, file: boolean, stays: boolean][] = [
    ["removes one that is written down as ours", true, false, false],
    ["leaves one that is not empty", true, true, true],
    ["leaves one that somebody else made meanwhile", false, false, true],
  ];
  for (const [what, isRecorded, isFull, stays] of cases)
    it(what, () => {
      const [path, note] = [mkdtempSync(join(folder, "of-")), join(folder, "record")];
      if (isRecorded) writeFileSync(note, "");
      if (isFull) writeFileSync(join(path, "file"), "");
      const [shell = "", ...words] = unmake(path).argv;
      const { status, stderr } = spawnSync(shell, [...words.slice(0, -1), note], { encoding: "utf8" });
      assert.deepEqual([status, stderr, existsSync(path), existsSync(note)], [0, "", stays, false]);
    });
});

describe("the spec of a directory", () => {
  const bad: [object, string][] = [
    [{ path: "srv" }, 'path: must be absolute, such as /etc/issue; found: "srv"'],
    [{ path: "/srv/../etc" }, 'path: must have no empty, `.` or `..` part, and no / at its end; found: "/srv/../etc"'],
    [{ path: "/srv", mode: "rwx" }, 'mode: must be octal, in quotes, such as "0644"; found: "rwx"'],
    [{ path: "/srv", owner: "a b" }, 'owner: must be a name or a number in quotes; found: "a b"'],
  ];
  for (const [declared, complaint] of bad)
    it(`refuses: ${complaint}`, () => {
      assert.deepEqual(complaints(DirectorySpec, declared), [complaint]);
    });
});
