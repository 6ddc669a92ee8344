import assert from "node:assert/strict";
import { dropIn, parse, render } from "../providers/kinds/nfs/exports-file.ts";

describe("an exports file", () => {
  const cases: [title: string, text: string, entries: [path: string, client: string, options: string][]][] = [
    [
      "has an entry for each client",
      "/a 10.0.0.1(rw,sync) *.x(ro)",
      [
        ["/a", "10.0.0.1", "rw,sync"],
        ["/a", "*.x", "ro"],
      ],
    ],
    ["may use any blanks", "  /a\t\t10.0.0.1(rw)   ", [["/a", "10.0.0.1", "rw"]]],
    ["may have comments", "# one\n/a b(rw) # two\n\n#/c d(rw)", [["/a", "b", "rw"]]],
    [
      "goes on behind a backslash",
      "/a b(rw) \\\n  c(ro)\n/d e(rw)",
      [
        ["/a", "b", "rw"],
        ["/a", "c", "ro"],
        ["/d", "e", "rw"],
      ],
    ],
    ["quotes blanks", '"/a b" c(rw)', [["/a b", "c", "rw"]]],
    ["writes bytes in octal", "/a\\040b\\043\\303\\274 c(rw)", [["/a b#ü", "c", "rw"]]],
    ["takes a # inside a word as it is", "/a#b c(rw)", [["/a#b", "c", "rw"]]],
    [
      "has defaults behind a dash",
      "/a -rw,sync b c(ro)",
      [
        ["/a", "b", "rw,sync"],
        ["/a", "c", "rw,sync,ro"],
      ],
    ],
    ["means everybody where no client is named", "/a (rw)", [["/a", "*", "rw"]]],
    ["means everybody where nothing is named", "/a", [["/a", "*", ""]]],
    ["needs no options", "/a b", [["/a", "b", ""]]],
    [
      "does not mind empty options",
      "/a b() c(rw,)",
      [
        ["/a", "b", ""],
        ["/a", "c", "rw"],
      ],
    ],
    [
      "does not mind slashes at the end",
      "/a/ b(rw)\n/c//d b(rw)\n/ b(ro)",
      [
        ["/a", "b", "rw"],
        ["/c/d", "b", "rw"],
        ["/", "b", "ro"],
      ],
    ],
    [
      "may name IPv6 addresses",
      "/a 2001:db8::/32(rw) ::1(ro)",
      [
        ["/a", "2001:db8::/32", "rw"],
        ["/a", "::1", "ro"],
      ],
    ],
  ];
  for (const [title, text, entries] of cases)
    it(title, () => {
      const found = parse("/etc/exports", text.split("\n"));
      assert.deepEqual(found.broken, []);
      assert.deepEqual(
        found.entries.map(({ path, client, options }) => [path, client, options.join(",")]),
        entries,
      );
    });

  it("tells where an entry is", () => {
    const { entries } = parse("/etc/exports", ["# one", "/a b(rw) \\", "  c(rw)", "/d e(rw)"]);
    assert.deepEqual(
      entries.map(({ file, line }) => `${file}:${String(line)}`),
      ["/etc/exports:2", "/etc/exports:2", "/etc/exports:4"],
    );
  });

  for (const text of ["/a b(rw", "/a b(rw))", "/a b(rw)c", "a b(rw)", "/a b(rw)(ro)"])
    it(`tells a broken line: ${text}`, () => {
      assert.deepEqual(parse("/etc/exports", ["", text]), {
        entries: [],
        broken: [{ file: "/etc/exports", line: 2, text }],
      });
    });
});

describe("a drop-in", () => {
  const clients = { "10.0.0.0/24": ["rw", "no_root_squash"], "*": [] };

  it("has one line for each client, under a word of warning", () => {
    assert.equal(
      render("/tank/media", clients),
      "# Managed by phoenix-hypervisor: what is changed here by hand is changed back.\n" +
        "/tank/media 10.0.0.0/24(rw,no_root_squash,sync,no_subtree_check)\n" +
        "/tank/media *(sync,no_subtree_check)\n",
    );
  });

  it("says sync and subtree_check once only", () => {
    const options = ["async", "subtree_check"];
    assert.match(render("/a", { b: options }), /b\(async,subtree_check\)/);
  });

  const paths = [
    "/a b",
    "/a#b",
    '/a"b',
    "/(a)",
    "/ü…漢",
    "/a'b",
    "/$(id)",
    "/*",
    "/-a",
    "/a:b",
    "/",
    `/${"x".repeat(255)}`,
  ];
  for (const path of paths)
    it(`can be read back: ${path.slice(0, 20)}`, () => {
      const { entries, broken } = parse("x", render(path, clients).split("\n"));
      assert.deepEqual(broken, []);
      assert.deepEqual(
        entries.map((entry) => [entry.path, entry.client]),
        Object.keys(clients).map((client) => [path, client]),
      );
    });

  it("has a name of its own for each path", () => {
    const names = [...paths, "/a/b", "/a-b", "/a_b", "/A/b", `/${"x".repeat(300)}`, `/${"x".repeat(301)}`].map(dropIn);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^\/etc\/exports\.d\/phoenix-[A-Za-z0-9-]{8,100}\.exports$/);
  });

  it("keeps its name for ever, so that a later version finds it", () => {
    assert.equal(dropIn("/tank/media"), "/etc/exports.d/phoenix-tank-media-85402dd0.exports");
  });
});
