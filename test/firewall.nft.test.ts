import assert from "node:assert/strict";
import { hostTable } from "../providers/kinds/firewall/nft.host.ts";
import { render as text, type Line } from "../providers/kinds/firewall/nft.ts";
import { RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";
import { nasty } from "./support/nasty.ts";

const names = {
  aliases: { lan: "10.0.0.0/8", six: "fd00::/8" },
  ipset: { both: ["lan", "six", "192.0.2.1"], four: ["lan"], none: [] },
};

const render = (spec: RulesetSpec) => text(hostTable(spec));

function lines(rule: object, direction = "in"): string[] {
  const spec = RulesetSpec.parse({ ...names, rules: [{ type: direction, action: "ACCEPT", ...rule }] });
  const ours = ({ from, off }: Line) => from === "rules[0]" && off !== true;
  const chain = hostTable(spec).chains.find(({ name }) => name === direction);
  return (chain?.lines ?? []).filter(ours).map((line) => line.text);
}

describe("a rule in nft's words", () => {
  const cases: [string, object, string[], string?][] = [
    ["accepts", {}, ["accept"]],
    ["drops", { action: "DROP", proto: "udp" }, ["meta l4proto 17 drop"]],
    ["rejects TCP by a reset", { action: "REJECT", proto: "tcp", dport: 25 }, ["tcp dport 25 reject with tcp reset"]],
    ["rejects all else by ICMP", { action: "REJECT", proto: "udp", dport: 25 }, ["udp dport 25 reject"]],
    [
      "has ports",
      { proto: "tcp", sport: "1:1023", dport: "80,8000:8100" },
      ["tcp sport 1-1023 tcp dport { 80, 8000-8100 } accept"],
    ],
    [
      "has addresses",
      { source: "10.0.0.1,10.1.0.0/16", dest: "10.2.0.1-10.2.0.9" },
      ["ip saddr { 10.0.0.1, 10.1.0.0/16 } ip daddr 10.2.0.1-10.2.0.9 accept"],
    ],
    ["has IPv6 addresses", { source: "fd00::1" }, ["ip6 saddr fd00::1 accept"]],
    ["looks an alias up", { source: "lan" }, ["ip saddr 10.0.0.0/8 accept"]],
    [
      "is there for each family of a set",
      { source: "+both", proto: "tcp", dport: 1 },
      ["ip saddr @ipset-both-v4 tcp dport 1 accept", "ip6 saddr @ipset-both-v6 tcp dport 1 accept"],
    ],
    [
      "is there for the family of both ends",
      { source: "+both", dest: "+four" },
      ["ip saddr @ipset-both-v4 ip daddr @ipset-four-v4 accept"],
    ],
    ["matches nothing when its set is empty", { source: "+none" }, []],
    ["knows a service", { macro: "SSH", source: "lan" }, ["ip saddr 10.0.0.0/8 tcp dport 22 accept"]],
    ["knows a service of several parts", { macro: "DNS" }, ["udp dport 53 accept", "tcp dport 53 accept"]],
    ["knows a service of both families", { macro: "Ping" }, ["icmp type 8 accept", "icmpv6 type 128 accept"]],
    [
      "leaves out what is not of its family",
      { macro: "Ping", source: "six" },
      ["ip6 saddr fd00::/8 icmpv6 type 128 accept"],
    ],
    [
      "keeps a service of IPv6 to it",
      { macro: "DHCPv6" },
      ["meta nfproto ipv6 udp sport 546-547 udp dport 546-547 accept"],
    ],
    ["has an ICMP type by number", { proto: "icmp", "icmp-type": "13" }, ["icmp type 13 accept"]],
    ["comes in by an interface", { iface: "vmbr0" }, ['iifname "vmbr0" accept']],
    ["goes out by an interface", { iface: "vmbr0" }, ['oifname "vmbr0" accept'], "out"],
    ["has a remark", { comment: "why; {not} #x" }, ['accept comment "why; {not} #x"']],
    [
      "is logged once in a second",
      { action: "DROP", proto: "tcp", log: "warning", comment: "c" },
      [
        'meta l4proto 6 limit rate 1/second burst 5 packets log prefix "phoenix in DROP: " level warn',
        'meta l4proto 6 drop comment "c"',
      ],
    ],
    ["is not logged", { log: "nolog" }, ["accept"]],
    ["does nothing when it is off", { enable: false }, []],
  ];
  for (const [title, rule, wanted, direction] of cases)
    it(title, () => {
      assert.deepEqual(lines(rule, direction), wanted);
    });
});

describe("the file for nft", () => {
  const spec = RulesetSpec.parse({
    ...names,
    policy_forward: "DROP",
    policy_in: "REJECT",
    rules: [
      { type: "in", action: "ACCEPT", macro: "SSH" },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 80, enable: false, comment: "later" },
      { type: "out", action: "DROP", proto: "tcp", dport: 25 },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 443 },
    ],
  });
  const file = render(spec);

  it("replaces its own table in one transaction, and names no other", () => {
    assert.match(file, /^table inet phoenix\ndelete table inet phoenix\ntable inet phoenix \{$/m);
    assert.doesNotMatch(file, /flush/);
    assert.deepEqual([...file.matchAll(/^.*\btable .*$/gm)].length, 3);
  });
  it("keeps the order, and what is off in its place", () => {
    assert.match(
      file,
      /tcp dport 22 accept\n\t\t# off: tcp dport 80 accept comment "later"\n\t\ttcp dport 443 accept\n\t\treject\n/,
    );
  });
  it("lets neighbour discovery, loopback and what is established pass first", () => {
    for (const chain of ["in", "out"])
      assert.match(
        file,
        new RegExp(
          `chain ${chain} \\{\\n.*policy.*\\n\\t\\tct state established,related accept\\n(?:.*\\n){0,2}.*"lo" accept\\n.*icmpv6 type \\{.*135, 136`,
        ),
      );
  });
  it("has policies", () => {
    assert.match(file, /hook input priority filter; policy drop;/);
    assert.match(file, /hook output priority filter; policy accept;/);
    assert.match(file, /hook forward priority filter; policy drop;/);
  });
  it("is there and does nothing when it is switched off", () => {
    assert.match(render({ ...spec, enable: false }), /table inet phoenix \{\n\tflags dormant;\n/);
  });
  it("changes by a line when a rule does", () => {
    const other = { ...spec, rules: spec.rules.map((rule, i) => (i === 3 ? { ...rule, dport: 8443 } : rule)) };
    const [before, after] = [file.split("\n"), render(other).split("\n")];
    assert.equal(before.filter((line, i) => line !== after[i]).length, 1);
  });
  it("stays one line for each rule whatever a remark holds", () => {
    const lengths = nasty.flatMap((comment) => {
      const parsed = RulesetSpec.safeParse({ rules: [{ type: "in", action: "DROP", comment }] });
      if (!parsed.success) return [];
      const own = render(parsed.data)
        .split("\n")
        .filter((line) => line.includes("comment"));
      assert.deepEqual(own, [`\t\tdrop comment "${comment}"`]);
      return [render(parsed.data).split("\n").length];
    });
    assert.ok(lengths.length > 20);
    assert.equal(new Set(lengths).size, 1);
  });
});
