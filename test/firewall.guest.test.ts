import assert from "node:assert/strict";
import { guest, GuestSpec } from "../providers/kinds/firewall/guest.ts";
import { guestFile } from "../providers/kinds/firewall/guest.pve.ts";
import { guestTable } from "../providers/kinds/firewall/nft.guest.ts";
import { captured } from "./support/captured.ts";
import { complaints } from "./support/kind.ts";

const spec = (more: object = {}) => GuestSpec.parse({ vmid: 101, ...more });
const chain = (name: string, more: object = {}) =>
  guestTable(spec(more))
    .chains.find((one) => one.name === name)
    ?.lines.filter(({ off }) => off !== true)
    .map(({ text }) => text) ?? [];

describe("a guest's rules in nft's words", () => {
  const cases: [string, "in" | "out", object, RegExp][] = [
    ["drop what no rule matches to it", "in", {}, /\ndrop$/],
    ["accept what no rule matches from it", "out", {}, /\naccept$/],
    ["reject what comes from it", "out", { policy_out: "REJECT" }, /\nreject$/],
    [
      "log what the policy drops",
      "in",
      { log_level_in: "warning" },
      /log prefix "phoenix 101 policy_in DROP: " level warn\ndrop$/,
    ],
    ["log nothing where the policy accepts", "out", { log_level_out: "info" }, /^(?![^]*log prefix)/],
    ["let addresses by DHCP through", "in", {}, /udp sport 67 udp dport 68 accept/],
    ["let no addresses by DHCP through", "in", { dhcp: false }, /^(?![^]*dport 68)/],
    ["let neighbours find it", "in", {}, /icmpv6 type \{ 130, 131, 132, 133, 134, 135, 136, 143 \} accept/],
    ["let neighbours not find it", "in", { ndp: false }, /^(?![^]*icmpv6)/],
    ["let it be no router", "out", {}, /^icmpv6 type 134 drop\n/],
    ["let it be a router", "out", { radv: true }, /^(?![^]*134)/],
    [
      "know its interfaces by their cables",
      "in",
      { rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: 80, iface: "net1" }] },
      /\noifname "veth101i1" tcp dport 80 accept\n/,
    ],
    [
      "know them the other way round too",
      "out",
      { rules: [{ type: "out", action: "DROP", iface: "net0" }] },
      /\niifname "veth101i0" drop\n/,
    ],
    [
      "keep a service of IPv6 to it",
      "in",
      { rules: [{ type: "in", action: "ACCEPT", macro: "DHCPv6" }] },
      /\nmeta protocol ip6 udp sport 546-547 udp dport 546-547 accept\n/,
    ],
    [
      "keep an interface to its addresses",
      "out",
      { ipset: { "ipfilter-net0": ["10.0.0.5", "fd00::5"] } },
      /iifname "veth101i0" meta protocol ip ip saddr != @ipset-ipfilter-net0-v4 drop\n.* arp saddr ip != @ipset-ipfilter-net0-v4 drop\n.*ip6 saddr != \{ ::, fe80::\/10 \} ip6 saddr != @ipset-ipfilter-net0-v6 drop\n/,
    ],
    [
      "keep an interface to one family",
      "out",
      { ipset: { "ipfilter-net0": ["fd00::5"] } },
      /iifname "veth101i0" meta protocol ip drop\niifname "veth101i0" meta protocol arp drop\n/,
    ],
  ];
  for (const [title, name, more, wanted] of cases)
    it(title, () => {
      assert.match(chain(name, more).join("\n"), wanted);
    });

  it("are asked for all that passes its cables, and for nothing else", () => {
    assert.deepEqual(chain("from"), ['iifname "veth101i*" jump out']);
    for (const name of ["through", "to"]) assert.deepEqual(chain(name).slice(-1), ['oifname "veth101i*" jump in']);
    assert.equal(chain("through").length, 1);
  });
  it("let through to it what a REJECT answers, which belongs to no connection", () => {
    assert.deepEqual(chain("to").slice(0, -1), [
      'oifname "veth101i*" ct state invalid tcp flags & rst == rst accept',
      'oifname "veth101i*" ct state invalid icmp type 3 accept',
      'oifname "veth101i*" ct state invalid icmpv6 type 1 accept',
    ]);
  });
});

describe("a guest's declaration", () => {
  it("takes its number as text too, as a stack's file has it", () => {
    assert.equal(spec({ vmid: "101" }).vmid, 101);
  });
  const bad: [string, object, RegExp][] = [
    ["a number that is too low", { vmid: 99 }, /^vmid: must be at least 100/],
    ["a number that is none", { vmid: "1e3" }, /^vmid: must be a number, such as 101/],
    ["what is forwarded", { rules: [{ type: "forward", action: "DROP" }] }, /through a guest nothing is forwarded/],
    ["an interface of the host", { rules: [{ type: "in", action: "DROP", iface: "eth0" }] }, /such as net0/],
    [
      "ports without a protocol",
      { rules: [{ type: "in", action: "DROP", dport: 22 }] },
      /needs a proto that has ports/,
    ],
    ["a set that is not there", { rules: [{ type: "in", action: "DROP", source: "+us" }] }, /there is no set "us"/],
  ];
  for (const [title, more, wanted] of bad)
    it(`refuses ${title}`, () => {
      assert.match(complaints(GuestSpec, { vmid: 101, ...more }).join(), wanted);
    });

  const unfit: [string, object, RegExp][] = [
    ["macfilter", { macfilter: true }, /^macfilter needs Proxmox VE/],
    ["ipfilter", { ipfilter: true }, /declare the set ipfilter-net0 instead/],
    ["a policy that answers for it", { policy_in: "REJECT" }, /^policy_in is REJECT.*DROP does it/],
    ["a rule that answers for it", { rules: [{ type: "in", action: "REJECT" }] }, /^rules\[0\] is REJECT/],
  ];
  for (const [title, more, wanted] of unfit)
    it(`is refused on Debian with ${title}`, () => {
      assert.match(guest.unfit?.(spec(more), "debian").join() ?? "", wanted);
      assert.deepEqual(guest.unfit?.(spec(more), "proxmox"), []);
    });
  it("is fine on Debian with what is off there anyway", () => {
    const more = {
      macfilter: false,
      ipfilter: false,
      policy_out: "REJECT",
      rules: [{ type: "out", action: "REJECT" }],
    };
    assert.deepEqual(guest.unfit?.(spec(more), "debian"), []);
  });
});

describe("a guest's firewall file", () => {
  const text = captured("firewall.ruleset/guest-101.fw").stdout;
  const declared = {
    rules: [
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 443 },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 80 },
      { type: "in", action: "ACCEPT", enable: false, proto: "udp", dport: 53 },
    ],
  };
  it("that Proxmox VE wrote stays byte for byte", () => {
    assert.equal(guestFile(text, spec(declared)), text);
  });
  it("is made with what switches it on", () => {
    assert.equal(guestFile("", spec()), "[OPTIONS]\n\nenable: 1\n\n");
  });
  it("has options that are declared, whatever holds without them", () => {
    assert.equal(
      guestFile(text, spec({ ...declared, macfilter: true, dhcp: false })),
      text.replace("enable: 1", "enable: 1\ndhcp: 0\nmacfilter: 1"),
    );
  });
  it("is gone when nothing is left in it", () => {
    assert.equal(guestFile(text, undefined, spec(declared)), "");
    const more = text.replace("enable: 1", "enable: 1\nips: 1");
    assert.equal(guestFile(more, undefined, spec(declared)), "[OPTIONS]\n\nips: 1\n\n");
  });
});
