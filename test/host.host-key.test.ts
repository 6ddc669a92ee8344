import assert from "node:assert/strict";
import { fingerprint, hostKeyAlgorithms, judge } from "../providers/host/host-key.ts";
import type { Trust, Verdict } from "../providers/host/host-key.ts";
import { parseKnownHosts } from "../providers/host/known-hosts.ts";
import { alice, blob, bob, carol, dave } from "./support/keys.ts";

function trusts(text: string, port = 22): Trust {
  const names = port === 22 ? ["pve"] : [`[pve]:${String(port)}`, "pve"];
  return { known: parseKnownHosts(text, "known"), names, files: ["known"] };
}

function pins(...pinned: string[]): Trust {
  return { pinned, known: parseKnownHosts(`pve ${bob.line}`, "known"), names: ["pve"], files: [] };
}

const pinnedAlice = { fingerprint: `ssh-ed25519 ${alice.fingerprint}`, source: "the pinned hostKey" };

describe("the host key", () => {
  it("has the fingerprint that ssh-keygen shows", () => {
    for (const key of [alice, bob]) assert.equal(fingerprint(blob(key)), key.fingerprint);
  });

  const cases: [what: string, trust: Trust, key: { line: string }, verdict: Verdict][] = [
    ["is trusted when it is the known one", trusts(`pve ${alice.line}`), alice, { is: "trusted" }],
    ["is trusted when it is one of several", trusts(`pve ${carol.line}\npve ${alice.line}`), alice, { is: "trusted" }],
    ["is unknown when there is no line", trusts(`other ${alice.line}`), alice, { is: "unknown" }],
    [
      "is changed when another one is known",
      trusts(`pve ${bob.line}`),
      alice,
      { is: "changed", expected: [{ fingerprint: `ssh-ed25519 ${bob.fingerprint}`, source: "known:1" }] },
    ],
    [
      "is changed when one of another type is known",
      trusts(`# \npve ${bob.line}`),
      carol,
      { is: "changed", expected: [{ fingerprint: `ssh-ed25519 ${bob.fingerprint}`, source: "known:2" }] },
    ],
    ["is trusted under its port", trusts(`[pve]:2222 ${alice.line}`, 2222), alice, { is: "trusted" }],
    ["is trusted under the plain name too, as ssh does", trusts(`pve ${alice.line}`, 2222), alice, { is: "trusted" }],
    [
      "is unknown, not changed, when only the plain name has another",
      trusts(`pve ${bob.line}`, 2222),
      alice,
      { is: "unknown" },
    ],
    [
      "is refused when it is revoked",
      trusts(`pve ${alice.line}\n@revoked * ${alice.line}`),
      alice,
      { is: "revoked", source: "known:2" },
    ],
    [
      "is trusted when another one is revoked",
      trusts(`pve ${alice.line}\n@revoked * ${bob.line}`),
      alice,
      { is: "trusted" },
    ],
    [
      "is not known by a certificate authority",
      trusts(`@cert-authority * ${alice.line}`),
      alice,
      { is: "unknown", authority: "known:1" },
    ],
    [
      "is known beside a certificate authority",
      trusts(`@cert-authority * ${bob.line}\npve ${alice.line}`),
      alice,
      { is: "trusted" },
    ],
    ["is trusted when it is pinned", pins(alice.line), alice, { is: "trusted" }],
    ["is trusted when it is pinned with a comment", pins(`${alice.line} root@pve`), alice, { is: "trusted" }],
    ["is trusted when its fingerprint is pinned", pins(alice.fingerprint), alice, { is: "trusted" }],
    ["is trusted when its padded fingerprint is pinned", pins(`${alice.fingerprint}=`), alice, { is: "trusted" }],
    ["is trusted when it is one of the pinned", pins(carol.line, alice.fingerprint), alice, { is: "trusted" }],
    [
      "is changed when it is not pinned, whatever is known",
      pins(alice.line),
      bob,
      { is: "changed", expected: [pinnedAlice] },
    ],
  ];
  for (const [what, trust, key, verdict] of cases)
    it(what, () => {
      assert.deepEqual(judge(trust, blob(key)), verdict);
    });

  const orders: [what: string, trust: Trust, without: string[], first: string[]][] = [
    ["asks for ed25519 first when nothing is known", trusts(""), [], ["ssh-ed25519", "ecdsa-sha2-nistp256"]],
    ["asks for the known type first", trusts(`pve ${carol.line}`), [], ["ecdsa-sha2-nistp256", "ssh-ed25519"]],
    [
      "asks for RSA with SHA-2 first when RSA is known",
      trusts(`pve ${dave.line}`),
      [],
      ["rsa-sha2-512", "rsa-sha2-256"],
    ],
    [
      "keeps its own order among known types",
      trusts(`pve ${dave.line}\npve ${carol.line}`),
      [],
      ["ecdsa-sha2-nistp256", "rsa-sha2-512"],
    ],
    ["asks for the pinned type first", pins(carol.line), [], ["ecdsa-sha2-nistp256", "ssh-ed25519"]],
    ["leaves out what was shown in vain", pins(alice.fingerprint), ["ssh-ed25519"], ["ecdsa-sha2-nistp256"]],
    [
      "does not count lines of certificate authorities",
      trusts(`@cert-authority pve ${dave.line}`),
      [],
      ["ssh-ed25519"],
    ],
  ];
  for (const [what, trust, without, first] of orders)
    it(what, () => {
      assert.deepEqual(hostKeyAlgorithms(trust, without).slice(0, first.length), first);
    });

  it("still takes every other type, so that a wrong key can be told from none", () => {
    assert.equal(hostKeyAlgorithms(pins(carol.line)).length, hostKeyAlgorithms(trusts("")).length);
  });

  it("never asks for SHA-1 signatures", () => {
    assert.ok(!hostKeyAlgorithms(trusts(`pve ${dave.line}`)).includes("ssh-rsa"));
  });
});
