import { guest, GuestSpec } from "../../providers/kinds/firewall/guest.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

type State = NonNullable<ReturnType<typeof guest.view>>;

const spec: State = GuestSpec.parse({
  vmid: 101,
  policy_in: "REJECT",
  policy_out: "DROP",
  dhcp: false,
  ndp: false,
  radv: true,
  macfilter: false,
  ipfilter: true,
  log_level_in: "info",
  log_level_out: "warning",
  aliases: { lan: "10.0.0.0/8", six: "fd00::/8" },
  ipset: { trusted: ["lan", "192.0.2.1"], "ipfilter-net0": ["10.10.10.101"] },
  rules: [
    { type: "in", action: "ACCEPT", macro: "SSH", source: "+trusted", comment: "the way in" },
    { type: "in", action: "ACCEPT", proto: "tcp", dport: "80,443", iface: "net0", log: "info" },
    { type: "in", action: "REJECT", proto: "tcp", dport: 23, enable: false },
    { type: "out", action: "DROP", proto: "tcp", dport: 25, dest: "lan" },
  ],
});

const bare: State = GuestSpec.parse({ vmid: 103 });
const file = "/etc/pve/firewall/101.fw";
const edited = (script: string) => `new=$(sed ${script} ${file}; echo x); printf '%s' "\${new%x}" >${file}`;

/** Healed by two commands: the change, and its confirmation over a new connection. */
function edit(prop: string, script: string, more: Partial<DriftCase<State>> = {}): DriftCase<State> {
  return { prop, spec, byHand: edited(script), commands: 2, ...more };
}

export const suite: DriftSuite<State> = {
  prepare: [
    becomePve,
    // Options, an alias, a set and rules of a group that nobody declares, in the same file.
    `mkdir -p /etc/pve/firewall; printf '[OPTIONS]\\n\\nips: 0\\n\\n[ALIASES]\\n\\nnas 10.0.0.9 # old\\n\\n[IPSET mine]\\n\\n10.0.0.1\\n\\n' >${file}`,
  ],
  foreign: ["printf '[OPTIONS]\\n\\nenable: 1\\n\\n[RULES]\\n\\nIN ACCEPT\\n' >/etc/pve/firewall/102.fw"],
  foreignState:
    `cat /etc/pve/firewall/102.fw; ls /etc/pve/firewall; ` +
    `sed -n -e '/^ips:/p' -e '/^nas/p' -e '/IPSET mine/,$p' ${file}`,
  cases: [
    // Every option once, changed or gone: one line of the preview for each.
    edit(
      "options changed",
      "-e 's/^enable: 1/enable: 0/' -e 's/^policy_in: REJECT/policy_in: ACCEPT/' -e 's/^dhcp: 0/dhcp: 1/' " +
        "-e 's/^radv: 1/radv: 0/' -e 's/^ipfilter: 1/ipfilter: 0/' -e 's/^log_level_in: info/log_level_in: err/'",
      { differs: ["enable", "policy_in", "dhcp", "radv", "ipfilter", "log_level_in"] },
    ),
    edit("options gone", "-e /^policy_out/d -e /^ndp/d -e /^macfilter/d -e /^log_level_out/d", {
      differs: ["policy_out", "ndp", "macfilter", "log_level_out"],
    }),
    edit("names", "-e 's|^lan 10.0.0.0/8|lan 10.0.0.0/9|' -e /^192.0.2.1/d -e '/IPSET ipfilter-net0/,/10.101/d'", {
      differs: ["aliases.lan", "ipset.trusted", "ipset.ipfilter-net0"],
    }),
    edit("rules", "-e 's/ # the way in//' -e 's/80,443/80/' -e 's/^|IN/IN/' -e '/dport 25/d'", {
      differs: [0, 1, 2, 3].map((i) => `rules[${String(i)}]`),
    }),
    { prop: "rules", spec: bare, byHand: "rm /etc/pve/firewall/103.fw", commands: 2 },
  ],
  apart: false,
};
