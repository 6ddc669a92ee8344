import assert from "node:assert/strict";
import { dataset, DatasetSpec } from "../providers/kinds/zfs/dataset.ts";
import { explain } from "../providers/runtime/explain.ts";
import { nasty } from "./support/nasty.ts";

const complaints = (spec: unknown) => {
  const parsed = DatasetSpec.safeParse(spec);
  return parsed.success
    ? []
    : explain(parsed.error, spec, DatasetSpec).map(({ property, reason }) => `${property}: ${reason}`);
};

describe("a dataset's spec", () => {
  const secret = { secret: "k" };
  const volume = { name: "tank/v", type: "volume", volsize: "1G" };
  const broken: readonly (readonly [spec: object, complaint: RegExp])[] = [
    [{}, /^name: .*expected string/],
    [{ name: "tank" }, /^name: must be pool\/child: a pool's root file system is part of zfs:Pool; found: "tank"/],
    [{ name: "tank/a@b" }, /^name: must not hold @: that names a snapshot/],
    [{ name: "tank/a#b" }, /^name: must not hold #: that names a bookmark/],
    [{ name: "1tank/a" }, /^name: must begin with a letter/],
    [{ name: "-tank/a" }, /^name: must begin with a letter/],
    [{ name: "tank/a/" }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: "tank//a" }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: "tank/.." }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: "tank/é" }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: "tank/a;b" }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: "tank/a\nb" }, /^name: must be pool\/child\[\/…\], each part/],
    [{ name: `tank/${"x".repeat(251)}` }, /^name: must be at most 255 bytes long/],
    [{ name: `tank${"/x".repeat(50)}` }, /^name: must not be nested deeper than 50/],
    [{ name: "tank/a", type: "snapshot" }, /^type: .*; found: "snapshot"/],
    [{ name: "tank/a", size: 1 }, /there is no "size"/],
    [{ name: "tank/a", propertys: {} }, /there is no "propertys" \(did you mean "properties"\?\)/],
    [{ name: "tank/a", volsize: "1G" }, /^volsize: must be declared for volumes only; found: "1G"/],
    [{ name: "tank/a", sparse: true }, /^sparse: must be declared for volumes only/],
    [{ name: "tank/v", type: "volume" }, /^volsize: must be declared for a volume/],
    [{ ...volume, volsize: "0" }, /^volsize: must be a size such as 32G; found: "0"/],
    [{ ...volume, volsize: "big" }, /^volsize: must be a size such as 32G/],
    [
      { ...volume, owner: "alice" },
      /^owner: must not be declared: it is that of the mount point, and a volume has none/,
    ],
    [{ ...volume, properties: { atime: "off" } }, /^properties\.atime: atime is a property of filesystems/],
    [{ name: "tank/a", properties: { compresion: "lz4" } }, /^properties\.compresion: .*did you mean "compression"/],
    [{ name: "tank/a", properties: { quota: "lots" } }, /^properties\.quota: quota must be a size .*; found: "lots"/],
    [{ name: "tank/a", properties: { quota: null } }, /^properties\.quota: /],
    [
      { name: "tank/a", properties: { "m:x": "a\u0000b" } },
      /^properties\["m:x"\]: m:x must not hold control characters/,
    ],
    [{ name: "tank/a", owner: "al ice" }, /^owner: must be a user or group name/],
    [{ name: "tank/a", owner: -1 }, /^owner: /],
    [{ name: "tank/a", group: "a:b" }, /^group: must be a user or group name/],
    [{ name: "tank/a", mode: "0999" }, /^mode: must be three or four octal digits, such as "0775"; found: "0999"/],
    [{ name: "tank/a", mode: 755 }, /^mode: .*expected string/],
    [
      { name: "tank/a", mode: "755", properties: { mountpoint: "none" } },
      /^mode: .*with mountpoint=none ZFS mounts nothing/,
    ],
    [
      { name: "tank/a", owner: 1, properties: { canmount: "noauto" } },
      /^owner: .*with canmount=noauto ZFS mounts nothing/,
    ],
    [{ name: "tank/a", encryption: {} }, /^encryption\.secret: /],
    [{ name: "tank/a", encryption: { secret: "" } }, /^encryption\.secret: must name a secret/],
    [{ name: "tank/a", encryption: { ...secret, algorithm: "rot13" } }, /^encryption\.algorithm: .*found: "rot13"/],
    [{ name: "tank/a", encryption: { ...secret, keyformat: "raw" } }, /^encryption\.keyformat: /],
    [
      { name: "tank/a", encryption: { ...secret, pbkdf2iters: 9 } },
      /^encryption\.pbkdf2iters: must be at least 100000; found: 9/,
    ],
    [
      { name: "tank/a", encryption: { ...secret, keyformat: "hex", pbkdf2iters: 100000 } },
      /^encryption\.pbkdf2iters: must not be declared for keyformat hex/,
    ],
    [{ name: "tank/a", renamedFrom: "tank/a" }, /^renamedFrom: must be another name than `name`/],
    [{ name: "tank/a", renamedFrom: "fast/a" }, /^renamedFrom: must be in the same pool/],
    [{ name: "tank/a/b", renamedFrom: "tank/a" }, /^renamedFrom: must be neither above nor below/],
    [{ name: "tank/a", allowDestroy: "yes" }, /^allowDestroy: .*found: "yes"/],
  ];
  for (const [spec, complaint] of broken)
    it(`is refused by path, rule and value: ${JSON.stringify(spec).slice(0, 90)}`, () => {
      const found = complaints(spec);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", complaint);
    });

  it("takes numbers and booleans where they are natural", () => {
    const { properties } = DatasetSpec.parse({
      name: "tank/a",
      properties: { atime: false, exec: true, copies: 2, quota: 1073741824, "m:flag": true },
    });
    assert.deepEqual(properties, { atime: "off", exec: "on", copies: "2", quota: "1073741824", "m:flag": "true" });
  });

  it("fills in what is not declared", () => {
    assert.deepEqual(DatasetSpec.parse({ name: "tank/a", encryption: secret }), {
      name: "tank/a",
      type: "filesystem",
      properties: {},
      encryption: { algorithm: "aes-256-gcm", keyformat: "passphrase", ...secret },
      allowDestroy: false,
    });
  });

  it("takes every name that ZFS takes", () => {
    for (const name of [
      "tank/a",
      "tank/a b",
      "tank/-x",
      "tank/.x",
      "tank/ ",
      "t_a.n-k:1/a_b.c-d:e/F",
      `tank/${"x".repeat(250)}`,
    ])
      assert.deepEqual(complaints({ name }), [], name);
  });

  it("refuses hostile names, and keeps hostile values of a user property exactly", () => {
    for (const word of nasty) {
      const name = `tank/${word}`;
      if (!/^[\w.: -]+$/.test(word)) assert.equal(complaints({ name }).length, 1, JSON.stringify(word));
      const parsed = DatasetSpec.safeParse({ name: "tank/a", properties: { "m:x": word } });
      if (/[\u0000-\u001f\u007f]/.test(word)) assert.equal(parsed.success, false);
      else assert.equal(parsed.data?.properties["m:x"], word);
    }
  });

  it("names the secret it needs", () => {
    const named = (spec: object) => dataset.secrets?.(DatasetSpec.parse({ name: "tank/a", ...spec }));
    assert.deepEqual([named({}), named({ encryption: secret })], [[], ["k"]]);
  });
});
