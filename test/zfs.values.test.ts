import assert from "node:assert/strict";
import { misnamed, misvalued, nativeProperties, ruleOf } from "../providers/kinds/zfs/dataset.properties.ts";
import { bytes, canonical, nice, shown, written } from "../providers/kinds/zfs/values.ts";

describe("a size", () => {
  // What OpenZFS 2.3.9 stored, in bytes, after `zfs set quota=…`; undefined: refused.
  const stored: readonly (readonly [text: string, bytes: bigint | undefined])[] = [
    ["1.4T", 1539316278886n],
    ["1.4TiB", 1539316278886n],
    ["1.5M", 1572864n],
    ["128K", 131072n],
    ["128k", 131072n],
    ["128kb", 131072n],
    ["1000", 1000n],
    ["512b", 512n],
    [".5G", 536870912n],
    ["5.G", 5368709120n],
    ["0", 0n],
    ["18446744073709551615", 18446744073709551615n],
    ["9007199254740993", 9007199254740993n],
    ["16E", undefined],
    ["1Z", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["+5G", undefined],
    ["-5G", undefined],
    [" 5G", undefined],
    ["5 G", undefined],
    ["5G\n", undefined],
    ["", undefined],
    [".", undefined],
    ["G", undefined],
    ["1BB", undefined],
    ["1,5G", undefined],
  ];
  for (const [text, expected] of stored)
    it(`${JSON.stringify(text)} is ${expected === undefined ? "none" : `${String(expected)} bytes`}`, () => {
      assert.equal(bytes(text), expected);
    });

  it("is shown with the largest unit that is exact", () => {
    assert.deepEqual([0n, 1n, 1000n, 1024n, 1610612736n, 2n ** 40n, 2n ** 40n + 1n].map(nice), [
      "0",
      "1",
      "1000",
      "1K",
      "1536M",
      "1T",
      "1099511627777",
    ]);
  });
});

describe("two notations of a property's value", () => {
  const cases: readonly (readonly [property: string, one: string, other: string, same: boolean])[] = [
    ["quota", "1.4T", "1539316278886", true],
    ["quota", "none", "0", true],
    ["quota", "1G", "1000M", false],
    ["recordsize", "128K", "131072", true],
    ["recordsize", "1M", "1024k", true],
    ["filesystem_limit", "none", "0", false],
    ["filesystem_limit", "007", "7", true],
    ["userquota@alice", "none", "0", true],
    ["userquota@alice", "1G", "1073741824", true],
    ["userobjquota@alice", "5", "5", true],
    ["compression", "gzip", "gzip-6", true],
    ["compression", "zstd-fast", "zstd-fast-1", true],
    ["compression", "on", "lz4", false],
    ["compression", "zstd", "zstd-3", false],
    ["acltype", "posix", "posixacl", true],
    ["acltype", "off", "noacl", true],
    ["acltype", "off", "disabled", true],
    ["aclinherit", "restricted", "secure", true],
    ["volmode", "full", "geom", true],
    ["version", "current", "5", true],
    ["checksum", "on", "fletcher4", false],
    ["special_small_blocks", "0", "0", true],
    ["mountpoint", "/a", "/b", false],
    ["module:note", "1K", "1024", false],
  ];
  for (const [property, one, other, same] of cases)
    it(`${property}: ${one} and ${other} are ${same ? "the same" : "different"}`, () => {
      assert.equal(canonical(ruleOf(property), one) === canonical(ruleOf(property), other), same);
    });

  it("are written to zfs set with none where it refuses 0", () => {
    const wire = (property: string, value: string) => written(ruleOf(property), value);
    assert.deepEqual(
      [wire("quota", "0"), wire("quota", "1.4T"), wire("filesystem_limit", "0"), wire("recordsize", "128K")],
      ["none", "1.4T", "0", "128K"],
    );
  });

  it("are shown as people write them", () => {
    const people = (property: string, value: string) => shown(ruleOf(property), value);
    assert.deepEqual(
      [people("quota", "1073741824"), people("quota", "0"), people("recordsize", "131072"), people("copies", "2")],
      ["1G", "none", "128K", "2"],
    );
  });
});

describe("a property", () => {
  const refused: readonly (readonly [name: string, value: string, complaint: RegExp])[] = [
    ["compresion", "lz4", /no property compresion \(did you mean "compression"\?\)/],
    ["Compression", "lz4", /no property Compression/],
    ["-o", "x", /no property -o/],
    ["constructor", "x", /no property constructor/],
    ["used", "1", /used is read-only/],
    ["userused@alice", "1", /read-only/],
    ["written@snap", "1", /read-only/],
    ["volsize", "1G", /declare it as `volsize`/],
    ["encryption", "on", /declare `encryption\.algorithm`/],
    ["keyformat", "hex", /encryption\.keyformat/],
    ["keylocation", "prompt", /keylocation is always prompt/],
    ["pbkdf2iters", "1", /encryption\.pbkdf2iters/],
    ["mlslabel", "x", /Trusted Solaris/],
    ["jailed", "on", /FreeBSD/],
    ["volblocksize", "16K", /property of volumes/],
    ["compression", "LZ4", /must be one of .*lz4/],
    ["compression", "zstd-20", /with a level such as/],
    ["compression", "", /must be one of/],
    ["atime", "yes", /must be one of on or off/],
    ["atime", "toString", /must be one of on or off/],
    ["recordsize", "100K", /power of two from 512 to 16M/],
    ["recordsize", "32M", /power of two/],
    ["recordsize", "0", /power of two/],
    ["special_small_blocks", "7", /0 or a power of two/],
    ["quota", "lots", /a size such as 10G or 1\.5T, or none/],
    ["quota", "-1", /a size/],
    ["quota", "1G; reboot", /a size/],
    ["filesystem_limit", "1.5", /whole number or none/],
    ["filesystem_limit", "99999999999999999999", /whole number or none/],
    ["mountpoint", "relative", /absolute path/],
    ["mountpoint", "/a/", /absolute path/],
    ["mountpoint", "/a//b", /absolute path/],
    ["mountpoint", "/a/../b", /absolute path/],
    ["mountpoint", "/a\nb", /control characters/],
    ["sharenfs", "", /not be empty/],
    ["module:note", "a\tb", /control characters/],
    ["module:note", "x".repeat(8192), /shorter than 8192 bytes/],
    ["module:note", "é".repeat(4096), /shorter than 8192 bytes/],
    ["Module:note", "x", /lower-case letters/],
    ["module:no te", "x", /lower-case letters/],
    ["-module:note", "x", /lower-case letters/],
    [`m:${"n".repeat(254)}`, "x", /shorter than 256/],
    ["userquota@alice", "lots", /a size/],
  ];
  for (const [name, value, complaint] of refused)
    it(`${name.slice(0, 30)}=${JSON.stringify(value).slice(0, 30)} is refused in words`, () => {
      assert.match(misnamed(name, "filesystem") ?? misvalued(name, value) ?? "", complaint);
    });

  const fine: readonly (readonly [name: string, value: string])[] = [
    ["mountpoint", "/"],
    ["mountpoint", "/srv/with blank/$x'\"`"],
    ["mountpoint", "legacy"],
    ["sharenfs", "rw=@10.0.0.0/24,no_root_squash"],
    ["module:note", ""],
    ["module:note", "-rf $(reboot) 'é漢' ; x=y"],
    ["module:note", "x".repeat(8191)],
    ["module:a:b_c.d-e", "1"],
    [`m:${"n".repeat(253)}`, "x"],
    ["compression", "zstd-fast-1000"],
    ["special_small_blocks", "0"],
    ["userobjquota@alice", "none"],
  ];
  for (const [name, value] of fine)
    it(`${name.slice(0, 30)}=${value.slice(0, 30)} is taken`, () => {
      assert.equal(misnamed(name, "filesystem") ?? misvalued(name, value), undefined);
    });

  it("of a file system is refused for a volume, and the other way round", () => {
    assert.match(misnamed("atime", "volume") ?? "", /property of filesystems, and this is a volume/);
    assert.match(misnamed("userquota@alice", "volume") ?? "", /and this is a volume/);
    assert.equal(misnamed("volmode", "volume"), undefined);
    assert.equal(misnamed("volmode", "filesystem"), undefined);
  });

  it("has a rule that takes its own default", () => {
    for (const [name, { back, rule }] of Object.entries(nativeProperties))
      if (typeof back === "object") assert.equal(misvalued(name, back.default), undefined, `${name} ${rule.kind}`);
  });
});
