import { ruleset, RulesetSpec } from "../../providers/kinds/firewall/ruleset.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

type State = NonNullable<ReturnType<typeof ruleset.view>>;

const us = { type: "in", action: "ACCEPT", macro: "SSH", source: "10.0.2.0/24", comment: "us" };
const spec: State = RulesetSpec.parse({
  policy_in: "REJECT",
  policy_out: "DROP",
  policy_forward: "DROP",
  aliases: { lan: "10.0.0.0/8" },
  ipset: { trusted: ["lan", "192.0.2.1"] },
  rules: [us, { type: "out", action: "ACCEPT" }, { type: "forward", action: "ACCEPT", source: "lan" }],
  host: {
    enable: true,
    log_level_in: "info",
    log_level_out: "warning",
    log_level_forward: "err",
    nosmurfs: true,
    smurf_log_level: "info",
    tcpflags: true,
    tcp_flags_log_level: "info",
    ndp: true,
    nf_conntrack_max: 524_288,
    nf_conntrack_tcp_timeout_established: 86_400,
    nf_conntrack_tcp_timeout_syn_recv: 45,
    nf_conntrack_allow_invalid: false,
    log_nf_conntrack: false,
    protection_synflood: true,
    protection_synflood_rate: 300,
    protection_synflood_burst: 500,
    rules: [us, { type: "in", action: "ACCEPT", macro: "HTTPS", source: "+trusted" }],
  },
});

const cluster = "/etc/pve/firewall/cluster.fw";
const host = "/etc/pve/nodes/$(uname -n)/host.fw";
const edited = (file: string, script: string) =>
  `file=${file}; new=$(sed ${script} $file; echo x); printf '%s' "\${new%x}" >$file`;

/** Healed by two commands: the change of both files, and its confirmation over a new connection. */
function edit(file: string, prop: string, script: string, more: Partial<DriftCase<State>> = {}): DriftCase<State> {
  return { prop, spec, byHand: edited(file, script), commands: 2, ...more };
}

const hostOptions = Object.keys(spec.host ?? {}).filter((key) => key !== "rules");

export const suite: DriftSuite<State> = {
  prepare: [
    becomePve,
    // In the same files, what nobody declares.
    `mkdir -p /etc/pve/firewall /etc/pve/nodes/$(uname -n); printf '[group web] # sites\\n\\nIN HTTP(ACCEPT)\\n' >${cluster}`,
    `printf '[OPTIONS]\\n\\nnf_conntrack_helpers: ftp\\n' >${host}`,
  ],
  foreign: ["printf '[OPTIONS]\\n\\nenable: 1\\n\\n[RULES]\\n\\nIN ACCEPT\\n' >/etc/pve/firewall/102.fw"],
  foreignState: `cat /etc/pve/firewall/102.fw; sed -n '/group web/,$p' ${cluster}; sed -n /helpers/p ${host}`,
  cases: [
    edit(
      cluster,
      "options and names",
      "-e 's/^enable: 1/enable: 0/' -e /^policy_in/d -e 's/^policy_out: DROP/policy_out: REJECT/' -e /^policy_forward/d " +
        "-e 's|^lan 10.0.0.0/8|lan 10.0.0.0/9|' -e /^192.0.2.1/d",
      { differs: ["enable", "policy_in", "policy_out", "policy_forward", "aliases.lan", "ipset.trusted"] },
    ),
    edit(cluster, "rules", "-e 's/ # us//' -e '/^FORWARD/d'", { differs: ["rules[0]", "rules[2]"] }),
    // Every option of the host at once: one line of the preview for each.
    edit(host, "host", "-E '/^(nf_conntrack_helpers|\\[|IN)/!d'", {
      differs: hostOptions.map((key) => `host.${key}`),
    }),
    edit(
      host,
      "host",
      "-e 's/^nf_conntrack_max: .*/nf_conntrack_max: 262144/' -e 's/^nosmurfs: 1/nosmurfs: 0/' -e 's/^log_level_in: info/log_level_in: nolog/'",
      { differs: ["host.nf_conntrack_max", "host.nosmurfs", "host.log_level_in"] },
    ),
    edit(host, "host.rules", "-e 's/ # us//' -e '/HTTPS/d'", { differs: ["host.rules[0]", "host.rules[1]"] }),
  ],
  // There is one firewall.
  apart: false,
};
