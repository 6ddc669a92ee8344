import assert from "node:assert/strict";
import { md4, ntHash } from "../providers/kinds/samba/nt-hash.ts";

describe("MD4", () => {
  // RFC 1320, appendix A.5; the last ones need two blocks.
  const cases: [string, string][] = [
    ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
    ["a", "bde52cb31de33e46245e05fbdbd6fb24"],
    ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
    ["message digest", "d9130a8164549fe818874806e1c7014b"],
    ["abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4"],
    ["1234567890".repeat(8), "e33b4ddc9c38f2199c3e7b164fcc0536"],
  ];
  for (const [text, digest] of cases)
    it(`of ${JSON.stringify(text)}`, () => {
      assert.equal(md4(Buffer.from(text)).toString("hex"), digest);
    });

  it("of a password is what Samba stores", () => {
    // MS-NLMP 4.2.2.1.2, and the well-known one of "password".
    assert.equal(ntHash("Password").toString("hex"), "a4f49c406510bdcab6824ee7c30fd852");
    assert.equal(ntHash("password").toString("hex"), "8846f7eaee8fb117ad06bdd830b7586c");
  });
});
