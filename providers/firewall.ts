import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { GuestSpec } from "./kinds/firewall/guest.ts";
import type { RulesetSpec } from "./kinds/firewall/ruleset.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type GuestArgs = Args<z.input<typeof GuestSpec>>;
export type RulesetArgs = Args<z.input<typeof RulesetSpec>>;

/**
 * The whole firewall of a host: policies, sets of addresses, and the rules in their order. On Proxmox VE it is the
 * firewall file of the cluster (`cluster.fw`) and, in `host`, that of the node (`host.fw`), whose rules come first; else
 * a table of nftables of its own. There is one per host. A change stays only when a new connection came through it.
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
 * to, must stay allowed. The error names the rule that cuts it, and one that would let it in; a preview has it already.
 * Rules that the tool's own check does not take. `host` on a host without Proxmox VE.
 * @consent None: no data is involved. A change that no new connection confirms within `rollback` seconds is taken back by
 * the host itself, even if we are gone. Other tables, chains, files and sections of files are left alone.
 * @runs To look: `nft list`, `nft -c` on the rules as declared, `systemctl`. To change: the rules, swapped in one step
 * by `nft -f`, and the file and unit that load them at boot. On Proxmox VE the files, which count when
 * `pve-firewall compile` has no complaint about them that it had not before.
 */
export class Ruleset extends HostResource {
  constructor(name: string, args: RulesetArgs, opts?: pulumi.CustomResourceOptions) {
    super("firewall:Ruleset", name, args, [], opts);
  }
}

/**
 * The firewall of a guest: a container, or a virtual machine of Proxmox VE. On Proxmox VE it is the guest's file,
 * `/etc/pve/firewall/VMID.fw`; its rules count where the firewall as a whole is on (firewall:Ruleset) and the guest's
 * interface has `firewall=1`, and this says so where they do not. On a plain Debian host it is a table of nftables of its
 * own for all that passes the host's ends of the container's cables, `veth101i0`, `veth101i1` …: from other containers on
 * the bridge as well as from outside. The guest need not be there yet.
 * @example
 * network:
 *   guests:
 *     "101":
 *       policy_in: DROP
 *       aliases: { lan: 10.0.0.0/24 }
 *       ipset: { ipfilter-net0: [10.10.10.101] }
 *       rules:
 *         - { type: in, action: ACCEPT, macro: HTTPS, iface: net0 }
 *         - { type: in, action: ACCEPT, macro: SSH, source: lan }
 *         - { type: out, action: REJECT, macro: SMTP }
 * @refused On a plain Debian host: `macfilter`, `ipfilter` (sets `ipfilter-net0` and so on work), and REJECT for what comes
 * to a guest, since nothing there can answer in its place.
 * @consent None: no data is involved. A change that no new connection to the host confirms within `rollback` seconds is
 * taken back by the host itself: the way to the host may lead through a guest. Of the guest's file, sections that are not
 * declared are kept byte for byte.
 * @runs To look, once for all guests: reads their files, `nft list ruleset bridge`, `systemctl show`. To change: the
 * table, swapped in one step by `nft -f`, and the file and unit that load it at boot; on Proxmox VE the file, which counts
 * when `pve-firewall compile` has no complaint about it.
 */
export class Guest extends HostResource {
  constructor(name: string, args: GuestArgs, opts?: pulumi.CustomResourceOptions) {
    super("firewall:Guest", name, args, [], opts);
  }
}
