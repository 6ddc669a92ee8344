import { z } from "zod";
import { Guest, GuestSpec, Ruleset, RulesetSpec } from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";

export const NetworkConfig = z.strictObject({
  /** The host's firewall (firewall:Ruleset). Default: left alone. */
  firewall: RulesetSpec.optional(),
  /** Firewalls of guests (firewall:Guest) by their numbers. */
  guests: named(GuestSpec, "vmid"),
});
type NetworkConfig = z.infer<typeof NetworkConfig>;

/** Network: who may reach what. */
export class Network extends Area {
  constructor({ firewall, guests }: NetworkConfig, whole: Whole) {
    super("Network", whole);
    const needs: Thing[] = ["package nftables"];
    if (firewall !== undefined) this.add(Ruleset, "firewall", firewall, { needs, provides: ["service firewall"] });
    for (const guest of guests) this.add(Guest, String(guest.vmid), guest, { needs: [...needs, "service firewall"] });
  }
}
