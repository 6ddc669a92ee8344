import assert from "node:assert/strict";
import type { Context } from "../providers/kind.ts";
import { parse } from "../providers/kinds/firewall/facts.ts";
import { hostTable } from "../providers/kinds/firewall/nft.host.ts";
import { render } from "../providers/kinds/firewall/nft.ts";
import { ruleset, RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";
import { suite } from "./drift/firewall.ruleset.ts";
import { captured } from "./support/captured.ts";

type State = NonNullable<ReturnType<typeof ruleset.view>>;

const answer = (name: string) => captured(`firewall.ruleset/${name}`);

/** The lab host with the ruleset of the drift cases. */
const facts = parse(answer("converged"));
const debian = on(facts);
const spec = suite.cases[0]?.spec ?? RulesetSpec.parse({});
const context: Context<State> = {
  arrival: { client: "10.0.2.2", server: "10.0.2.15", port: 22, iface: "eth0" },
  probed: answer("listing"),
  secret: () => {
    throw new Error("no secrets here");
  },
};

function on({ on: there }: typeof facts) {
  if (there.is !== "debian") throw new Error("it was captured on Debian");
  return there;
}

/** What a preview lists when lines of the live table are other ones. */
function after(change: (table: string) => string): string[] {
  const table = change((debian.table ?? []).join("\n")).split("\n");
  const live = ruleset.view({ ...facts, on: { ...debian, table } }, spec, context);
  return ruleset.plan(live, spec, context).changes.map(({ prop, from }) => `${prop}: ${String(from)}`);
}

const next = (chain: string) => `\n\tchain ${chain} {`;

describe("a look at the firewall", () => {
  it("tells the file, the unit, and that nothing waits", () => {
    assert.equal(debian.file, render(hostTable(spec)));
    assert.deepEqual([debian.unit.enabled, debian.unit.active, facts.pending], [true, true, false]);
  });
  it("tells a host that was never touched", () => {
    const bare = parse(answer("bare"));
    assert.deepEqual(
      [on(bare).table, on(bare).file, on(bare).unit.file, bare.pending],
      [undefined, undefined, undefined, false],
    );
    assert.equal(ruleset.view(bare, spec, context), undefined);
  });
  it("refuses a host without nftables, naming the package", () => {
    assert.throws(() => parse({ code: 0, stdout: "== nft\n", stderr: "" }), /apt-get install nftables/);
  });
  it("finds a host as declared", () => {
    assert.deepEqual(ruleset.view(facts, spec, context), spec);
  });
});

describe("what a preview lists", () => {
  const cases: [string, (table: string) => string, string[]][] = [
    ["nothing", (table) => table, []],
    ["a rule that is gone", (table) => table.replace(/\n.*sport 53.*/, ""), ["rules[3]: absent"]],
    [
      "a rule that is another",
      (table) => table.replace("sport 53 drop", "sport 54 drop"),
      ["rules[3]: ip saddr 10.9.0.1-10.9.0.9 udp sport 54 drop"],
    ],
    [
      "a remark",
      (table) => table.replace("keep the way", "mind the way"),
      ['rules[0]: ip saddr @ipset-trusted-v4 tcp dport 22 accept comment "mind the way in open"'],
    ],
    [
      "a rule too many",
      (table) => table.replace(`\n\t}\n${next("out")}`, `\n\t\ttcp dport 9 accept\n\t}\n${next("out")}`),
      ["in: tcp dport 9 accept"],
    ],
    [
      "a rule that is there twice",
      (table) => table.replace(/(\n.*sport 53.*)/, "$1$1"),
      ["in: ip saddr 10.9.0.1-10.9.0.9 udp sport 53 drop"],
    ],
    [
      "two rules in another order",
      (table) => table.replace(/(\n.*dport 26 .*)(\n.*dport 28 .*)/, "$2$1"),
      ['in: iifname "eth0" tcp dport 28 accept', "rules[7]: absent"],
    ],
    ["what keeps the host alive", (table) => table.replace(/\n.*"lo" accept/, ""), ["in: absent"]],
    [
      "a policy",
      (table) => table.replace("priority 0; policy drop", "priority 0; policy accept"),
      ["policy_in: type filter hook input priority 0; policy accept;"],
    ],
    [
      "a chain's priority",
      (table) => table.replace("hook forward priority 0", "hook forward priority 5"),
      ["policy_forward: type filter hook forward priority 5; policy drop;"],
    ],
    [
      "a set's members",
      (table) => table.replace("192.0.2.1", "192.0.2.2"),
      ["ipset.trusted: type ipv4_addr flags interval auto-merge elements = { 10.0.0.0/8, 192.0.2.2 }"],
    ],
    ["a table that does nothing", (table) => table.replace("{\n", "{\n\tflags dormant\n"), ["enable: flags dormant"]],
  ];
  for (const [title, change, wanted] of cases)
    it(`is ${title}`, () => {
      assert.deepEqual(after(change), wanted);
    });
});

describe("a change of the declaration", () => {
  const plan = (live: object, want: object) =>
    ruleset.plan(RulesetSpec.parse(live), RulesetSpec.parse(want), context).changes;
  const [a, b, c] = [22, 80, 443].map((dport) => ({ type: "in", action: "ACCEPT", proto: "tcp", dport }));

  it("is a line for the rule that is edited", () => {
    const changed = { ...b, dport: 8080 };
    assert.deepEqual(plan({ rules: [a, b, c] }, { rules: [a, changed, c] }), [
      { prop: "rules[1]", from: b, to: changed },
    ]);
  });
  it("is a line for a rule that is put between others", () => {
    assert.deepEqual(plan({ rules: [a, c] }, { rules: [a, b, c] }), [{ prop: "rules[1]", from: undefined, to: b }]);
  });
  it("is a line for a rule that is taken out", () => {
    assert.deepEqual(plan({ rules: [a, b, c] }, { rules: [a, c] }), [{ prop: "rules[-]", from: b, to: undefined }]);
  });
  it("tells policies, aliases and sets", () => {
    const changes = plan(
      { policy_in: "DROP", aliases: { lan: "10.0.0.1" } },
      { policy_in: "REJECT", ipset: { us: ["10.0.0.2"] } },
    );
    assert.deepEqual(
      changes.map(({ prop }) => prop),
      ["policy_in", "aliases.lan", "ipset.us"],
    );
  });
});

describe("the steps of a change", () => {
  const drifted = { ...facts, on: { ...debian, table: undefined } };
  const planned = (some: typeof facts, want = spec) =>
    ruleset.plan(ruleset.view(some, want, context), want, context, some);

  it("are none when all is as declared", () => {
    assert.deepEqual(planned(facts).commands, []);
  });
  it("make the rules live, and wait for a new connection to make them stay", () => {
    const { commands, confirm, undo } = planned(drifted);
    assert.deepEqual(
      [commands.map(({ label }) => label), confirm?.label, undo?.map(({ label }) => label)],
      [["firewall-apply"], "firewall-confirm", ["firewall-roll-back"]],
    );
  });
  it("write the file alone when only that is wrong", () => {
    const { commands, confirm } = planned({ ...facts, on: { ...debian, file: "other" } });
    assert.deepEqual(
      [commands.map(({ label }) => label), confirm],
      [["write-file /etc/nftables.d/phoenix.nft"], undefined],
    );
  });
  it("start anew where a change was never confirmed", () => {
    const plan = planned({ ...facts, pending: true });
    assert.deepEqual([plan.changes.map(({ prop }) => prop), plan.confirm?.label], [["pending"], "firewall-confirm"]);
  });
  it("are refused when they would lock us out", () => {
    assert.match(
      planned(drifted, { ...spec, rules: spec.rules.slice(1) }).refusals.join(),
      /would lock this stack out.*from 10\.0\.2\.2/,
    );
  });
  it("are refused at a preview already, of a new ruleset too", () => {
    const want = { ...spec, rules: spec.rules.slice(1) };
    for (const live of [spec, undefined])
      assert.match(ruleset.plan(live, want, context).refusals.join(), /would lock this stack out/);
    assert.deepEqual(ruleset.plan(want, want, context).refusals, []);
  });
  it("are refused in nft's words", () => {
    const refused = { ...context, probed: { code: 1, stdout: "", stderr: "Error: no" } };
    assert.match(ruleset.plan(undefined, spec, refused, facts).refusals.join(), /nft refuses the rules: Error: no/);
  });
});
