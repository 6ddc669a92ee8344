import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sectionsOf } from "../providers/kinds/firewall/fw-file.ts";
import { canonicalLine, parseRule, ruleLines } from "../providers/kinds/firewall/fw-rule.ts";
import { clusterFile as edit, hostFile, pveView } from "../providers/kinds/firewall/pve.ts";
import { ruleset, RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";

const rule = (more: object) => {
  const [made] = RulesetSpec.parse({
    aliases: { lan: "10.0.0.0/8" },
    ipset: { us: [] },
    rules: [{ type: "in", action: "ACCEPT", ...more }],
  }).rules;
  assert.ok(made);
  return made;
};

describe("a rule in Proxmox VE's words", () => {
  const cases: [string, object, string[]][] = [
    ["is plain", {}, ["IN ACCEPT"]],
    ["has a service", { macro: "SSH", source: "lan" }, ["IN SSH(ACCEPT) -source lan"]],
    [
      "has all there is, in the order of Proxmox VE",
      {
        type: "out",
        action: "DROP",
        proto: "tcp",
        source: "+us",
        dest: "10.0.0.1,10.0.0.2",
        dport: "80,443",
        sport: "1:99",
        iface: "vmbr0",
        log: "info",
        comment: "why; é",
      },
      ["OUT DROP -i vmbr0 -source +us -dest 10.0.0.1,10.0.0.2 -p tcp -dport 80,443 -sport 1:99 -log info # why; é"],
    ],
    ["is off", { enable: false, action: "REJECT" }, ["|IN REJECT"]],
    ["is of ICMP", { proto: "icmpv6", "icmp-type": "echo-request" }, ["IN ACCEPT -p icmpv6 -icmp-type echo-request"]],
    ["has a protocol by number where names differ", { proto: "vrrp" }, ["IN ACCEPT -p 112"]],
    [
      "is written out where there is no such service",
      { macro: "NFSv3", source: "lan" },
      ["IN ACCEPT -source lan -p tcp -dport 111,2049,20048", "IN ACCEPT -source lan -p udp -dport 111,2049,20048"],
    ],
    ["says nothing about no log", { log: "nolog" }, ["IN ACCEPT"]],
  ];
  for (const [title, spec, lines] of cases)
    it(title, () => {
      assert.deepEqual(ruleLines(rule(spec)), lines);
      for (const line of lines) assert.equal(canonicalLine(line), line);
    });

  const same: [string, string][] = [
    ["IN ACCEPT -p tcp -dport 80 -log nolog", "IN ACCEPT -p tcp -dport 80"],
    ["in ACCEPT --dport 80 --proto tcp", "IN ACCEPT -p tcp -dport 80"],
    ["IN  ACCEPT   -dport 80 -p tcp   #  web ", "IN ACCEPT -p tcp -dport 80 # web"],
    ["|IN SSH(ACCEPT) -i vmbr0", "|IN SSH(ACCEPT) -i vmbr0"],
    ["IN ACCEPT -nonsense 1", "IN ACCEPT -nonsense 1"],
  ];
  for (const [line, canonical] of same)
    it(`reads ${line}`, () => {
      assert.equal(canonicalLine(line), canonical);
    });

  it("is read from a file that Proxmox VE wrote", () => {
    const captured = readFileSync(new URL("fixtures/firewall.ruleset/guest-101.fw.txt", import.meta.url), "utf8");
    const lines = sectionsOf(captured.replace(/^.*\n/, "")).find(({ name }) => name === "rules")?.lines ?? [];
    assert.deepEqual(lines.filter((line) => /^\|?IN/.test(line)).map(parseRule), [
      { type: "in", action: "ACCEPT", proto: "tcp", dport: "443" },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: "80", log: "nolog" },
      { type: "in", action: "ACCEPT", enable: false, proto: "udp", dport: "53" },
    ]);
  });
});

const foreign = `# by hand
[OPTIONS]

ebtables: 0
enable: 1
log_ratelimit: enable=1,rate=5/second

[ALIASES]

nas 10.0.0.9 # the old one
lan 10.0.0.0/24

[IPSET management] # who may

10.0.0.0/24
!10.0.0.66

[IPSET us]
10.0.0.1

[RULES]

IN ACCEPT -p tcp -dport 22 # ssh
IN ACCEPT -p tcp -dport 80 -log nolog

[group web] # sites

IN HTTP(ACCEPT)
\tIN HTTPS(ACCEPT)   #  odd  blanks
`;

const declared = RulesetSpec.parse({
  aliases: { lan: "10.0.0.0/24" },
  ipset: { us: ["10.0.0.1"] },
  rules: [
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 22, comment: "ssh" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: "80" },
  ],
});

const on = (cluster: string, more: object = {}) => ({
  ...{ clusterPath: "cluster.fw", cluster, hostPath: "host.fw", host: "", daemon: undefined },
  ...more,
});

describe("the cluster's firewall file", () => {
  const spec = (more: object) => RulesetSpec.parse({ ...declared, ...more });
  /** The lines that a change takes out and puts in. */
  function changed(text: string, want: RulesetSpec, was?: RulesetSpec): string[] {
    const [before, after] = [text.split("\n"), edit(text, want, was).split("\n")];
    return [
      ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
    ];
  }

  it("stays byte for byte when it says what is declared", () => {
    assert.equal(edit(foreign, declared, undefined), foreign);
    assert.deepEqual(pveView(on(foreign), declared), declared);
  });
  it("changes by a line when a rule does", () => {
    const rules = [declared.rules[0], { type: "in", action: "ACCEPT", proto: "tcp", dport: 8080 }];
    assert.deepEqual(changed(foreign, spec({ rules })), [
      "- IN ACCEPT -p tcp -dport 80 -log nolog",
      "+ IN ACCEPT -p tcp -dport 8080",
    ]);
  });
  it("keeps the order of rules, and duplicates", () => {
    const rules = [declared.rules[1], declared.rules[0], declared.rules[1]];
    const text = edit(foreign, spec({ rules }), undefined);
    assert.match(
      text,
      /\[RULES\]\n\nIN ACCEPT -p tcp -dport 80\nIN ACCEPT -p tcp -dport 22 # ssh\nIN ACCEPT -p tcp -dport 80\n\n\[group web\]/,
    );
  });
  it("changes by a line when an option does", () => {
    assert.deepEqual(changed(foreign, spec({ enable: false, policy_in: "REJECT" })), [
      "- enable: 1",
      "+ enable: 0",
      "+ policy_in: REJECT",
    ]);
  });
  it("changes by a line when an alias does", () => {
    assert.deepEqual(changed(foreign, spec({ aliases: { lan: "10.0.0.0/8", six: "fd00::/8" } })), [
      "- lan 10.0.0.0/24",
      "+ lan 10.0.0.0/8",
      "+ six fd00::/8",
    ]);
  });
  it("has no word about the policy for forwarding that older releases do not know", () => {
    assert.doesNotMatch(edit("", declared, undefined), /policy_forward/);
    assert.match(edit("", spec({ policy_forward: "DROP" }), undefined), /policy_forward: DROP/);
  });
  it("loses what is no longer declared, and nothing else", () => {
    const less = spec({ aliases: {}, ipset: {}, rules: [] });
    const text = edit(foreign, less, declared);
    assert.doesNotMatch(text, /^lan |IPSET us|RULES/m);
    for (const kept of [
      "nas 10.0.0.9 # the old one",
      "[IPSET management] # who may\n\n10.0.0.0/24\n!10.0.0.66\n",
      "ebtables: 0",
      "\tIN HTTPS(ACCEPT)   #  odd  blanks\n",
    ])
      assert.ok(text.includes(kept), kept);
  });
  it("is made where there is none, in an order that Proxmox VE can read", () => {
    assert.equal(
      edit("", declared, undefined),
      "[OPTIONS]\n\nenable: 1\n\n[ALIASES]\n\nlan 10.0.0.0/24\n\n[IPSET us]\n\n10.0.0.1\n\n" +
        "[RULES]\n\nIN ACCEPT -p tcp -dport 22 # ssh\nIN ACCEPT -p tcp -dport 80\n\n",
    );
  });
  it("is without rules, policies and the word that switches it on in the end", () => {
    const text = edit(foreign, undefined, declared);
    assert.doesNotMatch(text, /enable:|policy|RULES|IPSET us|^lan /m);
    assert.match(text, /log_ratelimit: [^]*\[IPSET management\][^]*\[group web\]/);
  });

  const drifts: [string, (text: string) => string, string[]][] = [
    ["nothing", (text) => text, []],
    ["a rule that is gone", (text) => text.replace(/IN.*# ssh\n/, ""), ["rules[0]"]],
    ["a rule that is another", (text) => text.replace("dport 22", "dport 23"), ["rules[0]"]],
    ["a remark", (text) => text.replace("# ssh", "# tts"), ["rules[0]"]],
    ["a rule too many", (text) => text.replace("\n\n[group", "\nIN DROP\n\n[group"), ["rules[-]"]],
    ["a group that is used", (text) => text.replace("\n\n[group", "\nGROUP web\n\n[group"), ["rules[-]"]],
    ["rules in another order", (text) => text.replace(/(IN.*22.*\n)(IN.*80.*\n)/, "$2$1"), ["rules[-]", "rules[1]"]],
    ["what switches it on", (text) => text.replace("enable: 1\n", ""), ["enable"]],
    ["a policy", (text) => text.replace("enable: 1\n", "enable: 1\npolicy_out: drop\n"), ["policy_out"]],
    ["an alias", (text) => text.replace("lan 10.0.0.0/24", "lan 10.0.0.0/25"), ["aliases.lan"]],
    ["a set", (text) => text.replace("[IPSET us]\n", "[IPSET us]\n10.0.0.2\n"), ["ipset.us"]],
    ["a set that is gone", (text) => text.replace("[IPSET us]\n10.0.0.1\n", ""), ["ipset.us"]],
  ];
  for (const [title, by, props] of drifts)
    it(`shows ${title}`, () => {
      const live = pveView(on(by(foreign)), declared);
      const { changes } = ruleset.plan(live, declared, { secret: () => assert.fail("no secrets here") });
      assert.deepEqual(changes.map(({ prop }) => prop).toSorted(), props.toSorted());
      assert.equal(edit(by(foreign), declared, undefined) === by(foreign), props.length === 0);
    });
  it("shows a daemon that does not run", () => {
    assert.equal(pveView(on(foreign, { daemon: { enabled: true, active: false } }), declared)?.unit, "inactive");
  });
  it("is ours when it is switched off, whatever else is in it", () => {
    const off = RulesetSpec.parse({ enable: false });
    assert.equal(edit("", off), "[OPTIONS]\n\nenable: 0\n\n");
    assert.deepEqual(pveView(on(edit("", off)), off), off);
    assert.equal(pveView(on("[OPTIONS]\n\nlog_ratelimit: enable=1\n"), off), undefined);
  });
  it("is not ours while it says nothing", () => {
    assert.equal(pveView(on("[group web]\n\nIN HTTP(ACCEPT)\n"), declared), undefined);
  });
});

describe("the host's firewall file", () => {
  const text = `[OPTIONS]

# why
nf_conntrack_helpers: ftp
nosmurfs: 0

[RULES]

IN DROP -p udp # mine
`;
  const spec = (host: object) => RulesetSpec.parse({ ...declared, host });
  const host = (part: object) => spec(part).host ?? {};

  it("stays byte for byte when nothing of it is declared", () => {
    assert.equal(hostFile(text, undefined), text);
    assert.equal(hostFile(text, {}), text);
    assert.equal(hostFile(text, host({ nosmurfs: false })), text);
  });
  it("changes by a line for an option, and keeps rules that are not declared", () => {
    assert.equal(
      hostFile(text, host({ nosmurfs: true, nf_conntrack_max: 65_536, log_level_in: "info" })),
      text.replace("nosmurfs: 0", "nosmurfs: 1\nlog_level_in: info\nnf_conntrack_max: 65536"),
    );
  });
  it("changes its last word where an option is said twice", () => {
    assert.equal(hostFile("[OPTIONS]\nndp: 1\nndp: 0\n", host({ ndp: true })), "[OPTIONS]\nndp: 1\n");
  });
  it("has the declared rules, all of them", () => {
    assert.equal(
      hostFile(text, host({ rules: [{ type: "in", action: "ACCEPT", macro: "SSH" }] })),
      text.replace("IN DROP -p udp # mine\n", "IN SSH(ACCEPT)\n\n"),
    );
  });
  it("loses what is no longer declared, and nothing else", () => {
    const was = host({ nosmurfs: false, rules: [] });
    assert.equal(hostFile(text, undefined, was), "[OPTIONS]\n\n# why\nnf_conntrack_helpers: ftp\n\n");
    assert.equal(hostFile("[OPTIONS]\n\nnosmurfs: 0\n", undefined, host({ nosmurfs: false })), "");
  });

  const drifts: [string, (text: string) => string, object, string[]][] = [
    [
      "nothing",
      (same) => same,
      { nosmurfs: false, rules: [{ type: "in", action: "DROP", proto: "udp", comment: "mine" }] },
      [],
    ],
    ["an option", (same) => same, { nosmurfs: true }, ["host.nosmurfs"]],
    ["an option that is not said", (same) => same, { ndp: true }, ["host.ndp"]],
    [
      "a number",
      (same) => same.replace("[RULES]", "nf_conntrack_max: 1\n[RULES]"),
      { nf_conntrack_max: 65_536 },
      ["host.nf_conntrack_max"],
    ],
    ["a rule", (same) => same, { rules: [{ type: "in", action: "DROP", proto: "udp" }] }, ["host.rules[0]"]],
    ["a rule too many", (same) => same, { rules: [] }, ["host.rules[-]"]],
  ];
  for (const [title, by, part, props] of drifts)
    it(`shows ${title}`, () => {
      const want = spec(part);
      const live = pveView(on(foreign, { host: by(text) }), want);
      const { changes } = ruleset.plan(live, want, { secret: () => assert.fail("no secrets here") });
      assert.deepEqual(
        changes.map(({ prop }) => prop),
        props,
      );
    });
  it("shows what is no longer declared and still there", () => {
    const [want, was] = [RulesetSpec.parse(declared), spec({ nosmurfs: false, rules: [] })];
    const live = pveView(on(foreign, { host: text }), want, was);
    const { changes } = ruleset.plan(live, want, { secret: () => assert.fail("no secrets here") });
    assert.deepEqual(
      changes.map(({ prop }) => prop),
      ["host.nosmurfs", "host.rules[-]"],
    );
    assert.equal(pveView(on(foreign, { host: hostFile(text, undefined, was.host) }), want, was)?.host, undefined);
  });
  it("is refused where there is no Proxmox VE", () => {
    assert.match(ruleset.unfit?.(spec({}), "debian").join() ?? "", /`host` is for Proxmox VE/);
    assert.deepEqual(ruleset.unfit?.(spec({}), "proxmox"), []);
  });
});
