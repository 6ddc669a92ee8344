import assert from "node:assert/strict";
import { parse, render, shareFile } from "../providers/kinds/samba/smb-conf.ts";

describe("text in the format of smb.conf", () => {
  it("is read as Samba reads it", () => {
    const lines = [
      "before = 1",
      " [ Sp  Ace ]",
      "Writeable=  1",
      "; x = 1",
      "# y = 2",
      "comment = one \\",
      "  two",
      "none",
    ];
    const { entries, sections } = parse(lines);
    assert.deepEqual(
      entries.map(({ section, name, value, line }) => [section, name, value, line]),
      [
        ["global", "before", "1", 1],
        ["sp ace", "read only", "No", 3],
        ["sp ace", "comment", "one two", 6],
      ],
    );
    assert.deepEqual([...sections.keys()], ["sp ace"]);
  });

  it("is written with one parameter a line, and reads the same", () => {
    const text = render("Media", { path: "/tank/media", "valid users": ["a b", "@c"], writable: true });
    const { entries } = parse(text.split("\n"));
    assert.deepEqual(
      entries.map(({ name, value }) => `${name} = ${value}`),
      ["path = /tank/media", 'valid users = "a b" @c', "read only = No"],
    );
  });

  it("is in a file of the share's name, one for each share whatever its case", () => {
    assert.equal(shareFile("Media"), "/etc/samba/phoenix-media.conf");
    assert.match(shareFile("a b"), /^\/etc\/samba\/phoenix-a-b~[\da-f]{8}\.conf$/);
    assert.notEqual(shareFile("a b"), shareFile("a-b"));
    assert.notEqual(shareFile("é"), shareFile("è"));
    assert.equal(shareFile("A  B"), shareFile("a b"));
  });
});
