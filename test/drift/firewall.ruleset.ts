import { HOST } from "../../providers/kinds/firewall/places.ts";
import { ruleset, RulesetSpec } from "../../providers/kinds/firewall/ruleset.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type State = NonNullable<ReturnType<typeof ruleset.view>>;

const spec: State = RulesetSpec.parse({
  policy_out: "REJECT",
  policy_forward: "DROP",
  aliases: { lan: "10.0.0.0/8", "lan-six": "fd00::/8" },
  ipset: { trusted: ["lan", "lan-six", "192.0.2.1"] },
  rules: [
    { type: "in", action: "ACCEPT", macro: "SSH", source: "+trusted", comment: "keep the way in open" },
    { type: "in", action: "ACCEPT", macro: "Ping" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: "80,443,8000:8100", iface: "eth0", log: "info" },
    { type: "in", action: "DROP", proto: "udp", sport: 53, source: "10.9.0.1-10.9.0.9" },
    { type: "in", action: "REJECT", proto: "tcp", dport: 23, enable: false },
    { type: "in", action: "REJECT", proto: "tcp", dport: 25, dest: "10.0.2.15" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 26 },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 28, iface: "eth0" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 30 },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 31, comment: "why" },
    { type: "in", action: "ACCEPT", proto: "tcp", sport: 32 },
    { type: "out", action: "ACCEPT" },
    { type: "forward", action: "ACCEPT", proto: "icmpv6", "icmp-type": "echo-request" },
  ],
});

/** The handle of the rule in chain `in` that has a text. */
const handle = (text: string) => `$(nft -a list chain inet phoenix in | sed -n '/${text}/s/.*handle //p' | head -n 1)`;

/** The live table is healed by two commands: the change, and its confirmation over a new connection. */
function live(prop: string, byHand: string, more: Partial<DriftCase<State>> = {}): DriftCase<State> {
  return { prop, spec, byHand, commands: 2, ...more };
}

const replaced = (text: string, by: string) => `nft replace rule inet phoenix in handle ${handle(text)} ${by}`;

export const suite: DriftSuite<State> = {
  prepare: [],
  foreign: [
    "nft add table inet foreign",
    "nft 'add chain inet foreign in { type filter hook input priority -5; }'",
    "nft add rule inet foreign in tcp dport 9 counter drop comment '\"not ours\"'",
    "nft add table ip nat",
    "echo '# by somebody' >>/etc/nftables.conf; echo 'table ip more' >/etc/nftables.d-more.nft",
  ],
  foreignState:
    "nft -s list table inet foreign; nft list table ip nat; nft list tables; sha256sum /etc/nftables.conf /etc/nftables.d-more.nft; " +
    "systemctl is-enabled nftables || true; ls /etc/systemd/system",
  cases: [
    // A rule's every member: what it says now is shown at the rule's place.
    live(
      "rules",
      [
        `nft delete rule inet phoenix in handle ${handle("dport 22 accept")}`,
        replaced("limit rate", 'iifname "eth0" tcp dport { 80, 443, 8000-8100 } log level debug'),
        replaced("sport 53", "ip saddr 10.9.0.1-10.9.0.9 udp sport 53 accept"),
        replaced("dport 25", "ip daddr 10.0.2.16 tcp dport 25 reject with tcp reset"),
        replaced("dport 26", "tcp dport 27 accept"),
        replaced("dport 28", 'iifname "lo" tcp dport 28 accept'),
        replaced("dport 30", "udp dport 30 accept"),
        replaced("dport 31", "tcp dport 31 accept comment '\"but why\"'"),
        replaced("sport 32", "tcp sport 33 accept"),
        "nft add rule inet phoenix in tcp dport 99 accept",
      ].join("; "),
      { differs: [0, 2, 3, 5, 6, 7, 8, 9, 10].map((i) => `rules[${String(i)}]`).concat("in") },
    ),
    live(
      "policies and sets",
      [
        "nft 'add chain inet phoenix in { policy accept; }; add chain inet phoenix forward { policy accept; }'",
        "nft add element inet phoenix ipset-trusted-v4 '{ 198.51.100.0/24 }'",
        "nft 'add set inet phoenix mine { type ipv4_addr; }'",
        "nft delete rule inet phoenix out handle $(nft -a list chain inet phoenix out | sed -n '/reject/s/.*handle //p')",
        "nft 'add table inet phoenix { flags dormant; }'",
      ].join("; "),
      { differs: ["policy_in", "policy_forward", "policy_out", "ipset.trusted", "set mine", "enable"] },
    ),
    live("table", "nft delete table inet phoenix"),
    { prop: "file", spec, byHand: `echo '# mine' >>${HOST.file}` },
    { prop: "unit", spec, byHand: `systemctl disable ${HOST.unit}` },
    // The file, and what makes it count.
    { prop: "unit", spec, byHand: `sed -i /PartOf/d ${HOST.unitFile}`, commands: 2 },
    // Its stop takes the table away.
    live("table", `systemctl stop ${HOST.unit}`, { differs: ["table", "unit"] }),
  ],
  // There is one firewall.
  apart: false,
};
