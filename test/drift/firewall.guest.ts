import { guest, GuestSpec } from "../../providers/kinds/firewall/guest.ts";
import { guestPlace } from "../../providers/kinds/firewall/places.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type State = NonNullable<ReturnType<typeof guest.view>>;

const spec: State = GuestSpec.parse({
  vmid: 101,
  policy_out: "REJECT",
  radv: true,
  log_level_in: "info",
  log_level_out: "warning",
  aliases: { lan: "10.0.0.0/8", "lan-six": "fd00::/8" },
  ipset: { trusted: ["lan", "lan-six", "192.0.2.1"], "ipfilter-net0": ["10.10.10.101", "fd00:10::101"] },
  rules: [
    { type: "in", action: "ACCEPT", macro: "SSH", source: "+trusted", comment: "the way in" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: "80,443", iface: "net0", log: "info" },
    { type: "in", action: "DROP", proto: "udp", sport: 53, source: "10.9.0.1-10.9.0.9" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: 23, enable: false },
    { type: "out", action: "REJECT", proto: "tcp", dport: 25, dest: "lan" },
    { type: "out", action: "ACCEPT", macro: "DNS", iface: "net1" },
    { type: "out", action: "ACCEPT", proto: "icmpv6", "icmp-type": "echo-request" },
  ],
});
const quiet: State = GuestSpec.parse({ vmid: 102, dhcp: false, ndp: false, policy_in: "ACCEPT" });
const { file, unit, unitFile } = guestPlace(101);

/** The handle of the rule in a chain that has a text. */
const handle = (chain: string, text: string) =>
  `$(nft -nn -a list chain bridge phoenix-101 ${chain} | sed -n '/${text}/s/.*handle //p' | head -n 1)`;
const replaced = (chain: string, text: string, by: string) =>
  `nft replace rule bridge phoenix-101 ${chain} handle ${handle(chain, text)} ${by}`;
const gone = (chain: string, text: string) =>
  `nft delete rule bridge phoenix-101 ${chain} handle ${handle(chain, text)}`;

/** The live table is healed by two commands: the change, and its confirmation over a new connection. */
function live(prop: string, byHand: string, more: Partial<DriftCase<State>> = {}): DriftCase<State> {
  return { prop, spec, byHand, commands: 2, ...more };
}

export const suite: DriftSuite<State> = {
  prepare: [],
  foreign: [
    "nft add table bridge foreign",
    "nft 'add chain bridge foreign in { type filter hook input priority -5; }'",
    "nft add rule bridge foreign in tcp dport 9 counter drop comment '\"not ours\"'",
    "nft add table inet phoenix",
    "mkdir -p /etc/nftables.d; echo '# by somebody' >/etc/nftables.d/mine.nft",
  ],
  foreignState:
    "nft -s list table bridge foreign; nft list table inet phoenix; nft list tables; ls /etc/nftables.d; " +
    "sha256sum /etc/nftables.d/mine.nft; ls /etc/systemd/system",
  cases: [
    live(
      "rules",
      [
        gone("in", "@ipset-trusted-v4 tcp dport 22"),
        replaced("in", "limit rate.*in ACCEPT", 'oifname "veth101i0" tcp dport { 80, 443 } log level debug'),
        replaced("in", "sport 53", "ip saddr 10.9.0.1-10.9.0.9 udp sport 53 accept"),
        replaced("out", "tcp dport 25", "ip daddr 10.0.0.0/8 tcp dport 25 accept"),
        replaced("out", "udp dport 53", 'iifname "veth101i1" udp dport 54 accept'),
        gone("out", "icmpv6 type 128"),
        "nft add rule bridge phoenix-101 in tcp dport 99 accept",
      ].join("; "),
      { differs: [0, 1, 2, 4, 5, 6].map((i) => `rules[${String(i)}]`).concat("in") },
    ),
    live(
      "options and sets",
      [
        replaced("in", "^[[:space:]]*drop #", "accept"),
        gone("out", "^[[:space:]]*reject"),
        gone("in", "policy_in"),
        gone("out", "policy_out"),
        gone("in", "67"),
        gone("out", "icmpv6 type {"),
        "nft insert rule bridge phoenix-101 out icmpv6 type 134 drop",
        "nft add element bridge phoenix-101 ipset-trusted-v4 '{ 198.51.100.0/24 }'",
        "nft add element bridge phoenix-101 ipset-ipfilter-net0-v6 '{ fd00:10::66 }'",
        "nft 'add chain bridge phoenix-101 from { policy drop; }'",
        "nft 'add table bridge phoenix-101 { flags dormant; }'",
      ].join("; "),
      {
        differs: [
          ...["policy_in", "policy_out", "log_level_in", "log_level_out", "dhcp", "ndp", "out"],
          ...["ipset.trusted", "ipset.ipfilter-net0", "from", "enable"],
        ],
      },
    ),
    live("table", "nft delete table bridge phoenix-101"),
    // What is live is compared by the file, so that one that was changed is put in force again.
    live("file", `echo '# mine' >>${file}`),
    live("file", `rm ${file}`),
    { prop: "unit", spec, byHand: `systemctl disable ${unit}` },
    // The file, and what makes it count.
    { prop: "unit", spec, byHand: `sed -i /PartOf/d ${unitFile}`, commands: 2 },
    // Its stop takes the table away.
    live("table", `systemctl stop ${unit}`, { differs: ["table", "unit"] }),
    { ...live("policy_in", "nft flush chain bridge phoenix-102 in"), spec: quiet, differs: ["in", "policy_in"] },
  ],
  // They share a unit file.
  apart: false,
};
