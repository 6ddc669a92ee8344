import { z } from "zod";
import { ArcSpec } from "../../providers/kinds/zfs/arc.ts";
import { bytes, nice, sized } from "../../providers/kinds/zfs/values.ts";
import { definePolicy } from "../policy.ts";
import { startedAtBoot } from "./guests.ts";
import { size } from "./sizes.ts";

/** What Proxmox VE gives a container that says nothing. */
const DEFAULT_MIB = 512;

export const memoryFits = definePolicy({
  name: "memory-fits",
  rule: "The memory of what starts with the host, ZFS's cache and a reserve fit into the host's memory.",
  level: "mandatory",
  reason: "when memory runs out the kernel ends whatever takes most of it, and that is what the host is there for.",
  remedy:
    "lower memory of containers or storage.arc.max, or have fewer start with the host; or correct policies.memory-fits.ram.",
  settings: z.strictObject({
    ram: size
      .optional()
      .describe("The host's memory, such as `128G`. Default: not known; then only its absence is told."),
    reserve: size.default("2G").describe("What is left for the host itself. Default: 2G."),
  }),
  find(stack, { ram, reserve }) {
    const started = startedAtBoot(stack);
    if (started.length === 0) return [];
    if (ram === undefined)
      return [{ subject: "memory", message: "how much the host has is not said: set policies.memory-fits.ram" }];
    const [arc] = stack.of("zfs:Arc", ArcSpec);
    const cache = arc === undefined ? 0n : sized(String(arc.spec.max));
    const guests = started.reduce((sum, { spec }) => sum + (BigInt(spec.memory ?? DEFAULT_MIB) << 20n), 0n);
    const [has, kept] = [bytes(ram) ?? 0n, bytes(reserve) ?? 0n];
    if (guests + cache + kept <= has) return [];
    const parts = `${nice(guests)} for ${String(started.length)} containers, ${nice(cache)} for ZFS's cache, ${nice(kept)} in reserve`;
    return [
      { subject: "memory", message: `${nice(guests + cache + kept)} is more than the host has, ${ram}: ${parts}` },
    ];
  },
});
