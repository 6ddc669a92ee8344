import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { RulesetSpec } from "./kinds/firewall/ruleset.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type RulesetArgs = Args<z.input<typeof RulesetSpec>>;

/**
 * The whole firewall of a host: policies, sets of addresses, and the rules in their order. On Proxmox VE it is the
 * cluster's firewall file, else a table of nftables of its own. There is one per host. A change stays only when a new
 * connection came through it.
 */
export class Ruleset extends HostResource {
  constructor(name: string, args: RulesetArgs, opts?: pulumi.CustomResourceOptions) {
    super("firewall:Ruleset", name, args, [], opts);
  }
}
