import { z } from "zod";
import { Ruleset, RulesetSpec } from "../providers/index.ts";
import { Area, type Whole } from "./area.ts";

export const NetworkConfig = z.strictObject({
  /** The host's firewall (firewall:Ruleset). Default: left alone. */
  firewall: RulesetSpec.optional(),
});
type NetworkConfig = z.infer<typeof NetworkConfig>;

/** Network: who may reach what. */
export class Network extends Area {
  constructor({ firewall }: NetworkConfig, whole: Whole) {
    super("Network", whole);
    if (firewall !== undefined)
      this.add(Ruleset, "firewall", firewall, { needs: ["package nftables"], provides: ["service firewall"] });
  }
}
