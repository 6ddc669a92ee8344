import assert from "node:assert/strict";
import {
  badName,
  badValue,
  canonical,
  canonicalName,
  inTermsOf,
  written,
  type Scope,
  type Value,
} from "../providers/kinds/samba/parameters.ts";

describe("parameters of Samba", () => {
  // Each pair of notations, and whether it is the same; checked against testparm of Samba 4.22.
  const pairs: [string, Value, string, Value, boolean][] = [
    ["writable", true, "read only", "no", true],
    ["write ok", "0", "read only", "Yes", true],
    ["writable", true, "read only", true, false],
    ["public", "on", "guest ok", 1, true],
    ["browsable", "FALSE", "browseable", "No", true],
    ["GuestOK", "yes", "guest ok", true, true],
    ["create mode", "664", "create mask", "0664", true],
    ["create mask", "664", "create mask", "0665", false],
    ["max log size", "5k", "max log size", 5120, true],
    ["os level", "0x20", "os level", 32, true],
    ["os level", "010", "os level", 8, true],
    ["server min protocol", "smb2_10", "protocol", "SMB2", false],
    ["min protocol", "SMB2_10", "server min protocol", "smb2", true],
    ["server signing", "mandatory", "server signing", "required", true],
    ["valid users", '"a b", @c;d', "valid users", ["a b", "@c", "d"], true],
    ["valid users", "a, b", "valid users", "b a", false],
    ["workgroup", "home", "workgroup", "HOME", true],
    ["comment", "A", "comment", "a", false],
    ["enable spoolss", false, "disable spoolss", true, true],
    ["fruit:metadata", "stream", "FRUIT:metadata", "stream", true],
  ];
  for (const [name, value, other, another, same] of pairs)
    it(`are ${same ? "the same" : "different"}: ${name} = ${String(value)}, ${other} = ${String(another)}`, () => {
      const is = [canonicalName(name), canonical(name, value)];
      const to = [canonicalName(other), canonical(other, another)];
      if (same) assert.deepEqual(is, to);
      else assert.notDeepEqual(is, to);
    });

  it("are shown in terms of the declared name", () => {
    assert.equal(inTermsOf("writable", "Yes"), "No");
    assert.equal(inTermsOf("read only", "Yes"), "Yes");
  });

  it("are written as smb.conf takes them", () => {
    assert.equal(written("valid users", ["a b", "@c"]), '"a b" @c');
    assert.equal(written("read only", false), "no");
    assert.equal(written("comment", "a, b"), "a, b");
  });

  const names: [string, Scope, RegExp | undefined][] = [
    ["read only", "share", undefined],
    ["vfs objects", "global", undefined],
    ["fruit:metadata", "share", undefined],
    ["idmap config * : range", "global", undefined],
    ["raed only", "share", /is no parameter of Samba \(did you mean "read only"\?\)/],
    ["constructor", "share", /is no parameter/],
    ["workgroup", "share", /for the whole server/],
    ["path", "share", /declare `path`/],
    ["include", "share", /nobody looks at/],
    ["config backend", "global", /whole configuration/],
    ["fruit : metadata", "share", /without blanks beside the colon/],
    ["x\ny:z", "share", /module:option/],
    ["a]b", "share", /is no parameter/],
  ];
  for (const [name, scope, rule] of names)
    it(`${rule === undefined ? "know" : "refuse"} the name ${JSON.stringify(name)} for a ${scope}`, () => {
      const bad = badName(name, scope);
      if (rule === undefined) assert.equal(bad, undefined);
      else assert.match(bad ?? "", rule);
    });

  const values: [string, Value, RegExp | undefined][] = [
    ["read only", "maybe", /must be yes or no/],
    ["create mask", 436, /octal, in quotes/],
    ["create mask", "0988", /octal/],
    ["max log size", "1.5M", /number of bytes/],
    ["os level", "8x", /whole number/],
    ["os level", "08", /whole number/],
    ["server min protocol", "SMB9", /must be one of .*SMB3/],
    ["strict locking", true, undefined],
    ["comment", ["a"], /no list/],
    ["comment", "a\nb", /line ends/],
    ["comment", "a  b", /two in a row/],
    ["comment", "a\\", /backslash/],
    ["comment", "$(reboot) '; é", undefined],
    ["valid users", ['a"b'], /the entry/],
    ["valid users", 'a "b', /second "/],
    ["winbind separator", "ab", undefined],
    ["mangling char", "ab", /one character/],
  ];
  for (const [name, value, rule] of values)
    it(`${rule === undefined ? "take" : "refuse"} ${name} = ${JSON.stringify(value)}`, () => {
      const bad = badValue(name, value);
      if (rule === undefined) assert.equal(bad, undefined);
      else assert.match(bad ?? "", rule);
    });
});
