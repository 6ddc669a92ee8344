import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { RulesetSpec } from "./kinds/firewall/ruleset.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type RulesetArgs = Args<z.input<typeof RulesetSpec>>;

/**
 * The whole firewall of a host: policies, sets of addresses, and the rules in their order. On Proxmox VE it is the
 * cluster's firewall file, else a table of nftables of its own. There is one per host. A change stays only when a new
 * connection came through it.
 * @example
 * network:
 *   firewall:
 *     policy_in: DROP
 *     aliases: { lan: 10.0.0.0/24, admin-pc: 10.0.0.5 }
 *     ipset: { trusted: [admin-pc, "fd00:10::/64"] }
 *     rules:
 *       - { type: in, action: ACCEPT, macro: SSH, source: +trusted, comment: the way in }
 *       - { type: in, action: ACCEPT, macro: NFS, source: lan }
 *       - { type: in, action: REJECT, proto: tcp, dport: 113 }
 * @refused Rules that would lock this stack out: a new connection from where we come from, to the address and port we came
 * to, must stay allowed. The error names the rule that cuts it, and one that would let it in. Rules that the tool's own
 * check does not take.
 * @consent None: no data is involved. A change that no new connection confirms within `rollback` seconds is taken back by
 * the host itself, even if we are gone. Other tables, chains and files are left alone.
 * @runs To look: `nft list`, `nft -c` on the rules as declared, `systemctl`. To change: the rules, swapped in one step
 * by `nft -f`, and the file and unit that load them at boot.
 */
export class Ruleset extends HostResource {
  constructor(name: string, args: RulesetArgs, opts?: pulumi.CustomResourceOptions) {
    super("firewall:Ruleset", name, args, [], opts);
  }
}
