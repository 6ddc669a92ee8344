import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parse } from "../providers/kinds/system/file.facts.ts";
import { file, FileSpec } from "../providers/kinds/system/file.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const facts = parse(captured("system.file/some"));
const spec = (declared: object) => FileSpec.parse(declared);
const TEXT = { path: "/srv/f/text", content: "hello\nworld é\n", owner: "nobody", group: "daemon", mode: "0640" };
const plan = (declared: object, probed?: string) => {
  const want = spec(declared);
  const how = context<FileSpec>(probed === undefined ? {} : { probed });
  return file.plan(file.view(facts, want, how), want, how, facts);
};

describe("a look at files", () => {
  it("tells text, and of all else its digest", () => {
    const content = (path: string) => facts.entries.get(path)?.content;
    assert.equal(content("/srv/f/text"), "hello\nworld é\n");
    assert.equal(content("/srv/f/empty"), "");
    assert.match(content("/srv/f/bin|ary") ?? "", /^sha256:ea5dbf95/);
    assert.match(content("/srv/f/big") ?? "", /^sha256:66915c08/);
    assert.equal(content("/srv/f"), undefined);
  });
  it("tells what was there before us", () => {
    assert.deepEqual(
      [...facts.origins],
      [
        ["/srv/f/text", "kept"],
        ["/srv/f/empty", "made"],
      ],
    );
  });
});

describe("the plan of a file", () => {
  const cases: [string, object, string[], string[]][] = [
    ["is empty when all is as declared", TEXT, [], []],
    ["is empty when only the notation differs", { ...TEXT, owner: "65534", group: "1", mode: "640" }, [], []],
    [
      "makes it, and writes down that there was none",
      { path: "/srv/f/none", content: "x" },
      ["path"],
      ["keep-file /srv/f/none", "write-file /srv/f/none"],
    ],
    [
      "keeps what somebody else has there",
      { path: "/srv/f/big", content: "x" },
      ["content"],
      ["keep-file /srv/f/big", "write-file /srv/f/big"],
    ],
    ["writes other content", { ...TEXT, content: "x" }, ["content"], ["write-file /srv/f/text"]],
    [
      "gives owner, group and mode back",
      { path: TEXT.path, content: TEXT.content },
      ["owner", "group", "mode"],
      ["write-file /srv/f/text"],
    ],
    [
      "reloads its service once",
      { ...TEXT, content: "x", reloads: "smbd.service" },
      ["content"],
      ["write-file /srv/f/text", "reload smbd.service"],
    ],
    [
      "restarts where told",
      { ...TEXT, content: "x", restarts: "smbd.service" },
      ["content"],
      ["write-file /srv/f/text", "restart smbd.service"],
    ],
  ];
  for (const [title, declared, changes, commands] of cases)
    it(title, () => {
      const made = plan(declared);
      assert.deepEqual([props(made), labels(made), made.refusals], [changes, commands, []]);
    });
  it("is empty when content that is too long to be told is as declared", () => {
    const long = "x".repeat(70_000);
    const path = "/srv/f/big";
    const content = `sha256:${createHash("sha256").update(long).digest("hex")}`;
    const there = new Map([[path, { ...(facts.entries.get(path) ?? assert.fail()), content }]]);
    const live = file.view({ ...facts, entries: there }, spec({ path, content: long }), context());
    assert.deepEqual(file.plan(live, spec({ path, content: long }), context(), facts).changes, []);
  });
  it("is to have it read where a run was cut off before that, and nothing else", () => {
    const unread = { ...facts, unread: new Map([[TEXT.path, "smbd.service"]]) };
    const judged = (declared: object) => {
      const want = spec({ ...TEXT, ...declared });
      return file.plan(file.view(unread, want, context()), want, context(), unread);
    };
    for (const [prop, command] of [
      ["reloads", "reload"],
      ["restarts", "restart"],
    ] as const) {
      const made = judged({ [prop]: "smbd.service" });
      assert.deepEqual([props(made), labels(made)], [[prop], [`${command} smbd.service`]]);
      assert.deepEqual(props(judged({ [prop]: "nmbd.service" })), []);
    }
    assert.deepEqual(props(judged({})), []);
  });
  it("shows from what to what", () => {
    assert.deepEqual(plan({ ...TEXT, content: "x" }).changes, [{ prop: "content", from: TEXT.content, to: "x" }]);
  });
  it("puts the old content back when the service refuses the new one", () => {
    const undo = (path: string) =>
      (plan({ path, content: "x", reloads: "smbd.service" }).undo ?? []).map(({ label }) => label);
    assert.deepEqual(undo(TEXT.path), ["write-file /srv/f/text", "reload smbd.service"]);
    assert.deepEqual(undo("/srv/f/none"), ["remove-file /srv/f/none", "reload smbd.service"]);
  });
  for (const path of ["/srv/f/big", "/srv/f/bin|ary"])
    it(`keeps ${path} on the host for that`, () => {
      const made = plan({ path, content: "x", reloads: "smbd.service" });
      const quoted = path.includes("|") ? `'${path}'` : path;
      assert.deepEqual(labels(made), [
        `keep-file ${quoted}`,
        `keep-last-file ${quoted}`,
        `write-file ${path}`,
        "reload smbd.service",
      ]);
      assert.equal(made.undo?.[0]?.label, `put-last-file-back ${quoted}`);
    });
  it("goes by the host's own word for a secret, and shows nothing of it", () => {
    const secret = { path: TEXT.path, secret: "token", owner: "nobody", group: "daemon", mode: "0640" };
    assert.deepEqual(props(plan(secret, "same\n")), []);
    const bare = { path: "/srv/f/empty", secret: "token", mode: undefined };
    const tight = {
      ...facts,
      entries: new Map([["/srv/f/empty", { ...(facts.entries.get("/srv/f/empty") ?? assert.fail()), mode: "600" }]]),
    };
    const how = context<FileSpec>({ probed: "differs\n" });
    assert.deepEqual(props(file.plan(file.view(tight, spec(bare), how), spec(bare), how, tight)), ["secret"]);
    const made = plan(secret, "differs\n");
    assert.deepEqual([props(made), labels(made)], [["secret"], ["write-file /srv/f/text"]]);
    assert.doesNotMatch(JSON.stringify(made), /the value of|hello/);
  });
  for (const [path, what] of [
    ["/srv/f/link", "symbolic link"],
    ["/srv/f", "directory"],
  ] as const)
    it(`refuses a ${what}`, () => {
      assert.match(plan({ path, content: "" }).refusals.join(), new RegExp(`${path} is a ${what}`));
    });
});

describe("the end of a file", () => {
  it("gives back what was there before", () => {
    assert.deepEqual(labels(file.destroy(spec(TEXT), context(), facts)), ["give-back-file /srv/f/text"]);
  });
  it("gives it back although the file was deleted by hand, and forgets that there was none", () => {
    const without = { ...facts, entries: new Map() };
    const was = spec(TEXT);
    const live = file.view(without, was, context({ was })) ?? assert.fail();
    assert.deepEqual(labels(file.destroy(live, context({ was }), without)), ["give-back-file /srv/f/text"]);
    assert.deepEqual(props(file.plan(live, was, context({ was }), without)), ["path"]);
  });
  it("is no matter for what is not there and never was ours", () => {
    const was = spec({ path: "/srv/f/none", content: "" });
    assert.equal(file.view(facts, was, context({ was })), undefined);
  });
  it("leaves a file that was as declared from the start", () => {
    const end = file.destroy(spec({ path: "/srv/f/big", content: "" }), context(), facts);
    assert.deepEqual(labels(end), []);
    assert.match(end.says ?? "", /stays/);
  });
});

describe("the declaration of a file", () => {
  const bad: [object, RegExp][] = [
    [{ path: "etc/x", content: "" }, /^path: must be absolute/],
    [{ path: "/etc/../x", content: "" }, /^path: must have no empty/],
    [{ path: "/etc/x/", content: "" }, /^path: must have no empty/],
    [{ path: "/etc/a\nb", content: "" }, /^path: must have no control/],
    [{ path: `/${"x".repeat(255)}`, content: "" }, /^path: must have at most 242 bytes/],
    [{ path: "/a" }, /say content or secret/],
    [{ path: "/a", content: "", secret: "s" }, /say content or secret/],
    [{ path: "/a", content: "", mode: "8" }, /^mode: must be octal/],
    [{ path: "/a", content: "", owner: "a b" }, /^owner: must be a name/],
    [{ path: "/a", content: "", check: [] }, /^check: must have a program/],
    [{ path: "/a", content: "", reloads: "-x" }, /^reloads: must be a unit/],
    [{ path: "/a", content: "", reloads: "x", restarts: "x" }, /^restarts: excludes reloads/],
  ];
  for (const [declared, message] of bad)
    it(`refuses ${JSON.stringify(declared).slice(0, 60)}`, () => {
      assert.match(complaints(FileSpec, declared).join("\n"), message);
    });
});
