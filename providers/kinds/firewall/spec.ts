import { z } from "zod";
import { badNames, badSets, HostRule, LOG_LEVELS, NAMES, POLICIES, SECONDS } from "./rule.spec.ts";

const level = z.enum(LOG_LEVELS).optional();
const flag = z.boolean().optional();
const count = (least: number, most?: number) => {
  const number = z.int("must be a whole number").min(least, `must be ${String(least)} at least`);
  return (most === undefined ? number : number.max(most, `must be ${String(most)} at most`)).optional();
};

/** What Proxmox VE keeps for the one host, beside what holds for the whole cluster. */
const HostPart = z.strictObject({
  /** Whether the host itself is filtered at all. Default: left alone; Proxmox VE's is true. */
  enable: flag,
  /** Level at which what `policy_in` drops is logged. Default: left alone; Proxmox VE's is `nolog`. */
  log_level_in: level,
  /** Level at which what `policy_out` drops is logged. Default: left alone; Proxmox VE's is `nolog`. */
  log_level_out: level,
  /** Level at which what is dropped on its way through the host is logged. Default: left alone. */
  log_level_forward: level,
  /** Whether forged broadcasts (smurfs) are dropped. Default: left alone; Proxmox VE's is true. */
  nosmurfs: flag,
  /** Level at which smurfs are logged. Default: left alone. */
  smurf_log_level: level,
  /** Whether impossible combinations of TCP flags are dropped. Default: left alone; Proxmox VE's is false. */
  tcpflags: flag,
  /** Level at which they are logged. Default: left alone. */
  tcp_flags_log_level: level,
  /** Whether neighbour discovery of IPv6 is let in. Default: left alone; Proxmox VE's is true. */
  ndp: flag,
  /** How many connections the kernel follows. Default: left alone; Proxmox VE's is 262144. */
  nf_conntrack_max: count(32_768),
  /** Seconds after which a connection without traffic is forgotten. Default: left alone; Proxmox VE's is 432000. */
  nf_conntrack_tcp_timeout_established: count(7875),
  /** Seconds that a connection has to be made in. Default: left alone; Proxmox VE's is 60. */
  nf_conntrack_tcp_timeout_syn_recv: count(30, 60),
  /** Whether packets that belong to no connection pass. Default: left alone; Proxmox VE's is false. */
  nf_conntrack_allow_invalid: flag,
  /** Whether the kernel's list of connections is logged. Default: left alone. */
  log_nf_conntrack: flag,
  /** Whether floods of new connections are stopped. Default: left alone; Proxmox VE's is false. */
  protection_synflood: flag,
  /** New connections in a second that one address may make. Default: left alone; Proxmox VE's is 200. */
  protection_synflood_rate: count(1),
  /** How many of them may come at once. Default: left alone; Proxmox VE's is 1000. */
  protection_synflood_burst: count(1),
  /** Rules that come before those for the cluster, all of them. Default: left alone. */
  rules: z.array(HostRule).optional(),
});
export type HostPart = z.infer<typeof HostPart>;

export const RulesetSpec = z
  .strictObject({
    /** False: the rules are there and checked, and do nothing. Default: true. */
    enable: z.boolean().default(true),
    /** What happens to packets to the host that no rule matches. Default: `DROP`. */
    policy_in: z.enum(POLICIES).default("DROP"),
    /** What happens to packets from the host that no rule matches. Default: `ACCEPT`. */
    policy_out: z.enum(POLICIES).default("ACCEPT"),
    /** What happens to packets through the host that no rule matches. Default: `ACCEPT`. */
    policy_forward: z.enum(["ACCEPT", "DROP"]).default("ACCEPT"),
    ...NAMES,
    /** The rules. For each packet the first that matches counts. Default: none. */
    rules: z.array(HostRule).default([]),
    /**
     * Proxmox VE only: options and rules of this one node (`host.fw`), beside those above, which hold for all nodes of
     * its cluster (`cluster.fw`). Default: left alone.
     */
    host: HostPart.optional(),
    /**
     * Seconds after which the host takes a change back by itself, unless a new connection came through by then: from
     * 10 to 600. Default: 60.
     */
    rollback: SECONDS,
  })
  .check(({ value, issues }) => {
    const ofHost = badNames(value.host?.rules ?? [], value).map(
      ([path, message]) => [["host", ...path], message] as const,
    );
    for (const [path, message] of [...badSets(value), ...badNames(value.rules, value), ...ofHost])
      issues.push({ code: "custom", message, path: [...path], input: value });
  });
export type RulesetSpec = z.infer<typeof RulesetSpec>;
