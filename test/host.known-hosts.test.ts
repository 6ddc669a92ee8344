import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { knownName, parseKnownHosts, speaksOf } from "../providers/host/known-hosts.ts";
import { alice, blob, bob, carol } from "./support/keys.ts";

describe("the known_hosts files", () => {
  const lines: [what: string, text: string, names: string[]][] = [
    ["a plain line", `pve ${alice.line}`, ["pve"]],
    ["a line with a comment", `pve,192.0.2.1 ${alice.line} root@pve`, ["pve,192.0.2.1"]],
    ["tabs, blanks and a carriage return", `  pve\t${alice.line.replace(" ", "  ")}\r`, ["pve"]],
    ["comments and empty lines", `# pve ${alice.line}\n\n   \npve ${alice.line}`, ["pve"]],
    ["a line with too few fields", "pve ssh-ed25519", []],
    ["a key that is not of the type it says", `pve ${carol.line.replace(carol.type, alice.type)}`, []],
    ["a key that is no key", "pve ssh-ed25519 AAAA", []],
    ["an RSA1 line of old times", "pve 1024 35 1234567890", []],
    ["an unknown marker", `@future pve ${alice.line}`, []],
  ];
  for (const [what, text, names] of lines)
    it(`reads ${what}`, () => {
      const known = parseKnownHosts(text, "file");
      assert.deepEqual(
        known.map((key) => key.names),
        names,
      );
      for (const key of known) assert.deepEqual([key.type, key.key], [alice.type, blob(alice)]);
    });

  it("reads markers, and tells where a line is", () => {
    const text = `@revoked pve ${alice.line}\n@cert-authority *.example.org ${bob.line}\n`;
    assert.deepEqual(
      parseKnownHosts(text, "/etc/known").map(({ marker, names, source }) => [marker, names, source]),
      [
        ["revoked", "pve", "/etc/known:1"],
        ["cert-authority", "*.example.org", "/etc/known:2"],
      ],
    );
  });

  const names: [names: string, name: string, speaks: boolean][] = [
    ["pve", "pve", true],
    ["PVE.example.org", "pve.Example.ORG", true],
    ["pve", "pve2", false],
    ["pve2", "pve", false],
    ["a,pve,b", "pve", true],
    ["*.example.org", "pve.example.org", true],
    ["*.example.org", "example.org", false],
    ["pv?", "pve", true],
    ["pv?", "pv", false],
    ["p.e", "pve", false],
    ["*,!pve", "pve", false],
    ["!pve,*", "pve", false],
    ["!p*,*", "web", true],
    ["!pve", "web", false],
    ["[pve]:2222", "[pve]:2222", true],
    ["[pve]:2222", "pve", false],
    ["pve", "[pve]:2222", false],
    ["[*.example.org]:22??", "[pve.example.org]:2222", true],
    ["2001:db8::1", "2001:db8::1", true],
    ["192.0.2.*", "192.0.2.77", true],
    ["|1|broken", "pve", false],
    ["|2|VezasSqV5YFTQajy6labBJG2xbw=|+JuMBx9E/oLy2Bk8VA1rQqbj3pA=", "pve.example.org", false],
  ];
  for (const [pattern, name, speaks] of names)
    it(`says that ${pattern} ${speaks ? "speaks" : "does not speak"} of ${name}`, () => {
      const [known] = parseKnownHosts(`${pattern} ${alice.line}`, "file");
      assert.ok(known);
      assert.equal(speaksOf(known, name), speaks);
    });

  it("finds hashed names, with and without a port", () => {
    const file = new URL("fixtures/host/known_hosts.hashed.txt", import.meta.url);
    const known = parseKnownHosts(readFileSync(file, "utf8"), "file");
    const found = (name: string) => known.filter((key) => speaksOf(key, name)).map((key) => key.key);
    assert.deepEqual(found("pve.example.org"), [blob(alice)]);
    assert.deepEqual(found("PVE.example.org"), [blob(alice)]);
    assert.deepEqual(found("[pve.example.org]:2222"), [blob(bob)]);
    assert.deepEqual(found("[pve.example.org]:2223"), []);
    assert.deepEqual(found("other.example.org"), []);
  });

  it("names a host with a port of its own in brackets", () => {
    assert.deepEqual([knownName("pve", 22), knownName("pve", 2222)], ["pve", "[pve]:2222"]);
  });
});
