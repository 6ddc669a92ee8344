import assert from "node:assert/strict";
import { RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";
import { explain } from "../providers/runtime/explain.ts";
import { nasty } from "./support/nasty.ts";

const rule = (more: object) => ({ rules: [{ type: "in", action: "ACCEPT", ...more }] });

function complaints(spec: unknown): string[] {
  const parsed = RulesetSpec.safeParse(spec);
  if (parsed.success) return [];
  return explain(parsed.error, spec, RulesetSpec).map(({ property, reason }) => `${property}: ${reason}`);
}

describe("a firewall's declaration", () => {
  const fine: [string, object][] = [
    ["is fine when it is empty", {}],
    ["takes a port as a number", rule({ proto: "tcp", dport: 22 })],
    ["takes lists and ranges of ports", rule({ proto: "udp", dport: "53,5353,8000:8100", sport: "1:65535" })],
    ["takes addresses of both families", rule({ source: "10.0.0.1,10.1.0.0/16,10.2.0.1-10.2.0.9" })],
    ["takes IPv6", rule({ source: "fd00::1,fd00::/8,fd00::1-fd00::9", dest: "::1" })],
    ["takes a service", rule({ macro: "SMB", source: "10.0.0.0/24", iface: "vmbr0.100", log: "info" })],
    [
      "takes an alias and a set",
      { aliases: { lan: "10.0.0.0/8" }, ipset: { all: ["lan"] }, ...rule({ source: "+all", dest: "lan" }) },
    ],
    ["takes ICMP types by name and number", rule({ proto: "icmpv6", "icmp-type": "packet-too-big" })],
    ["takes a remark in any script", rule({ comment: "für die Küche; {x} $(y) `z` \\ é漢" })],
  ];
  for (const [title, spec] of fine)
    it(title, () => {
      assert.deepEqual(complaints(spec), []);
    });

  const bad: [string, object, RegExp][] = [
    ["port 0", rule({ proto: "tcp", dport: 0 }), /^rules\[0\]\.dport: must be ports from 1 to 65535.*found: 0$/],
    ["a port that is too high", rule({ proto: "tcp", dport: "65536" }), /^rules\[0\]\.dport: must be ports/],
    ["a range that runs backwards", rule({ proto: "tcp", dport: "90:80" }), /^rules\[0\]\.dport: must be ports/],
    ["a port by name", rule({ proto: "tcp", sport: "ssh" }), /^rules\[0\]\.sport: must be ports.*found: "ssh"/],
    ["ports without a protocol", rule({ dport: 22 }), /^rules\[0\]\.dport: needs a proto that has ports: tcp, udp/],
    ["ports of a protocol without any", rule({ proto: "gre", dport: 22 }), /^rules\[0\]\.dport: needs a proto/],
    ["an unknown protocol", rule({ proto: "tcpp" }), /^rules\[0\]\.proto: must be one of tcp, .*did you mean "tcp"/],
    [
      "an unknown service",
      rule({ macro: "HTPS" }),
      /^rules\[0\]\.macro: is no service that is known \(did you mean "HTTPS"\?\)/,
    ],
    ["a service in small letters", rule({ macro: "ssh" }), /did you mean "SSH"/],
    ["a service with ports", rule({ macro: "SSH", proto: "tcp" }), /^rules\[0\]\.proto: cannot stand beside a macro/],
    ["an address with too large parts", rule({ source: "10.0.0.256" }), /^rules\[0\]\.source: must be addresses/],
    ["a prefix that is too long", rule({ source: "10.0.0.0/33" }), /^rules\[0\]\.source: must be addresses/],
    ["a range that runs backwards", rule({ source: "10.0.0.9-10.0.0.1" }), /^rules\[0\]\.source: must be addresses/],
    ["a range between families", rule({ source: "10.0.0.1-fd00::1" }), /^rules\[0\]\.source: must be addresses/],
    ["an address with a zone", rule({ source: "fe80::1%eth0" }), /^rules\[0\]\.source: must be addresses/],
    ["a list of both families", rule({ source: "10.0.0.1,fd00::1" }), /^rules\[0\]\.source: cannot mix IPv4 and IPv6/],
    [
      "both families in one rule",
      rule({ source: "10.0.0.1", dest: "fd00::1" }),
      /^rules\[0\]\.dest: must be of the same family/,
    ],
    ["icmp to an IPv6 address", rule({ proto: "icmp", dest: "fd00::1" }), /^rules\[0\]\.proto: icmp is for IPv4 only/],
    [
      "an ICMP type of TCP",
      rule({ proto: "tcp", "icmp-type": "echo-request" }),
      /icmp-type: needs proto icmp or icmpv6/,
    ],
    [
      "an unknown ICMP type",
      rule({ proto: "icmp", "icmp-type": "echo-reqest" }),
      /icmp-type: must be .*did you mean "echo-request"/,
    ],
    [
      "an unknown set",
      rule({ source: "+trsted" }),
      /^rules\[0\]\.source: there is no set "trsted"; found: "\+trsted"$/,
    ],
    [
      "a set that is nearly there",
      { ipset: { trusted: [] }, ...rule({ source: "+trsted" }) },
      /did you mean "trusted"/,
    ],
    ["an unknown alias", rule({ dest: "lan" }), /^rules\[0\]\.dest: there is no alias "lan"/],
    ["an unknown alias in a set", { ipset: { all: ["lan"] } }, /^ipset\.all\[0\]: there is no alias "lan"/],
    ["a set of everything", { ipset: { all: ["0.0.0.0/0"] } }, /^ipset\.all\[0\]: cannot be all addresses/],
    [
      "a set with a range",
      { ipset: { all: ["10.0.0.1-10.0.0.2"] } },
      /^ipset\.all\[0\]: must be an address, or a network/,
    ],
    ["an alias of no address", { aliases: { lan: "lan" } }, /^aliases\.lan: must be an address, or a network/],
    ["a name in capitals", { aliases: { Lan: "10.0.0.1" } }, /must be 2 to 63 lower-case letters/],
    ["an interface that is a pattern", rule({ iface: "eth*" }), /^rules\[0\]\.iface: must be the name/],
    [
      "an interface of a forward rule",
      { rules: [{ type: "forward", action: "DROP", iface: "eth0" }] },
      /iface: cannot be given/,
    ],
    ["an unknown key", rule({ port: 22 }), /^rules\[0\]: there is no "port"/],
    ["an unknown action", rule({ action: "ALLOW" }), /^rules\[0\]\.action: /],
    ["an unknown policy", { policy_in: "drop" }, /^policy_in: /],
    [
      "a remark that is too long",
      rule({ comment: "é".repeat(65) }),
      /^rules\[0\]\.comment: must have at most 128 bytes/,
    ],
    ["a moment to come back", { rollback: 5 }, /^rollback: must be 10 at least/],
  ];
  for (const [title, spec, complaint] of bad)
    it(`refuses ${title}`, () => {
      assert.match(complaints(spec).join("\n"), complaint);
    });

  it("takes nothing for an address, a name or an interface that is none", () => {
    for (const text of nasty.filter((one) => one !== "x".repeat(255)))
      for (const key of ["source", "dest", "iface", "macro", "proto", "icmp-type", "dport", "sport"])
        assert.notDeepEqual(complaints(rule({ [key]: text })), [], `${key}: ${JSON.stringify(text)}`);
  });
  it("takes no remark that could end its quotes or its line", () => {
    for (const text of nasty.filter((one) => /["\n\r\u2028]|\p{Cc}/u.test(one)))
      assert.notDeepEqual(complaints(rule({ comment: text })), [], JSON.stringify(text));
  });
});
