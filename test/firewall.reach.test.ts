import assert from "node:assert/strict";
import { cutOff } from "../providers/kinds/firewall/reach.ts";
import { RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";

const ours = { client: "10.0.0.2", server: "10.0.0.1", port: 22, iface: "eth0" };
const ssh = { type: "in", action: "ACCEPT", macro: "SSH" };

function cut(spec: object, from: object = {}): string | undefined {
  return cutOff(RulesetSpec.parse(spec), { ...ours, ...from });
}

describe("the connection that a ruleset comes through", () => {
  const open: [string, object, object?][] = [
    ["is let in by a service", { rules: [ssh] }],
    ["is let in by its address", { rules: [{ ...ssh, source: "10.0.0.0/24" }] }],
    ["is let in by a set", { ipset: { us: ["10.0.0.2"] }, rules: [{ ...ssh, source: "+us" }] }],
    ["is let in by an alias", { aliases: { us: "10.0.0.2" }, rules: [{ ...ssh, source: "us" }] }],
    ["is let in by a range of ports", { rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: "20:30" }] }],
    ["is let in by its interface", { rules: [{ ...ssh, iface: "eth0" }] }],
    ["is let in by a policy", { policy_in: "ACCEPT" }],
    ["is let in while nothing counts", { enable: false }],
    ["is let in while the host is not filtered", { host: { enable: false } }],
    ["is let in by a rule of the host's own", { host: { rules: [ssh] }, rules: [{ type: "in", action: "DROP" }] }],
    ["is let in before it is dropped", { rules: [ssh, { type: "in", action: "DROP" }] }],
    [
      "is let in when what is dropped is another's",
      { rules: [{ type: "in", action: "DROP", source: "10.0.0.3" }, ssh] },
    ],
    [
      "is let in when what is dropped is another port",
      { rules: [{ type: "in", action: "DROP", proto: "tcp", dport: "23" }, ssh] },
    ],
    [
      "is let in when what is dropped is another protocol",
      { rules: [{ type: "in", action: "DROP", proto: "udp" }, ssh] },
    ],
    ["is let in when what is dropped goes out", { rules: [{ type: "out", action: "DROP" }, ssh] }],
    ["is let in when what drops is off", { rules: [{ type: "in", action: "DROP", enable: false }, ssh] }],
    ["is let in by IPv6", { rules: [{ ...ssh, source: "fd00::/8" }] }, { client: "fd00::2", server: "fd00::1" }],
    [
      "is let in at another port",
      { rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: 2222 }] },
      { port: 2222 },
    ],
  ];
  for (const [title, spec, from] of open)
    it(title, () => {
      assert.equal(cut(spec, from), undefined);
    });

  const closed: [string, object, RegExp, object?][] = [
    [
      "no rule",
      {},
      /from 10\.0\.0\.2 to 10\.0\.0\.1 port 22 on eth0, and no rule accepts it, and policy_in is DROP; add a rule/,
    ],
    ["no rule that counts", { rules: [{ ...ssh, enable: false }] }, /no rule accepts it/],
    ["a policy that rejects", { policy_in: "REJECT" }, /policy_in is REJECT/],
    [
      "a rule before",
      { rules: [{ type: "in", action: "DROP", comment: "all" }, ssh] },
      /rules\[0\] \(all\) is DROP; put a rule before rules\[0\]/,
    ],
    [
      "a rule for its network",
      { rules: [{ type: "out", action: "ACCEPT" }, { type: "in", action: "REJECT", source: "10.0.0.0/8" }, ssh] },
      /rules\[1\] is REJECT/,
    ],
    ["a service of others", { rules: [{ ...ssh, source: "10.1.0.0/16" }] }, /no rule accepts it/],
    ["another address of the host", { rules: [{ ...ssh, dest: "10.0.0.9" }] }, /no rule accepts it/],
    [
      "a rule of the host's own, which comes first",
      { host: { rules: [{ type: "in", action: "DROP" }] }, rules: [ssh] },
      /host\.rules\[0\] is DROP; put a rule before host\.rules\[0\]/,
    ],
    ["another interface", { rules: [{ ...ssh, iface: "eth1" }] }, /no rule accepts it/],
    ["another port", { rules: [ssh] }, /no rule accepts it/, { port: 2222 }],
    [
      "the other family",
      { rules: [{ ...ssh, source: "0.0.0.0/0" }] },
      /source: fd00::2, dport: 22/,
      { client: "fd00::2", server: "fd00::1" },
    ],
    [
      "a source port that may be another",
      { rules: [{ type: "in", action: "ACCEPT", proto: "tcp", sport: 4000, dport: 22 }] },
      /no rule accepts it/,
    ],
    [
      "a source port that may be its own",
      { rules: [{ type: "in", action: "DROP", proto: "tcp", sport: "1024:65535" }, ssh] },
      /rules\[0\] is DROP/,
    ],
    ["an empty set", { ipset: { us: [] }, rules: [{ ...ssh, source: "+us" }] }, /no rule accepts it/],
    [
      "an interface that is not known",
      { rules: [{ ...ssh, iface: "eth0" }] },
      /no rule accepts it/,
      { iface: undefined },
    ],
  ];
  for (const [title, spec, told, from] of closed)
    it(`would be cut by ${title}`, () => {
      assert.match(cut(spec, from) ?? "it would not", told);
    });
  it("would be cut by a rule of the host's own that is not declared", () => {
    const spec = RulesetSpec.parse({ rules: [ssh] });
    assert.match(
      cutOff(spec, ours, [{ type: "in", action: "REJECT" }]) ?? "it would not",
      /host\.rules\[0\] is REJECT/,
    );
    assert.equal(
      cutOff(RulesetSpec.parse({ host: { rules: [] }, rules: [ssh] }), ours, [{ type: "in", action: "REJECT" }]),
      undefined,
    );
  });
});
