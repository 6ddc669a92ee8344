import { z } from "zod";
import { canonicalClient } from "../../providers/kinds/nfs/clients.ts";
import { ExportSpec } from "../../providers/kinds/nfs/spec.ts";
import { definePolicy } from "../policy.ts";

export const rootSquash = definePolicy({
  name: "nfs-root-squash",
  rule: "Root of a whole network is not root in an NFS export.",
  level: "mandatory",
  reason: "whoever is root on any machine of that network, or plugs one in, can read, change and own every file there.",
  remedy:
    "take no_root_squash out (or say root_squash), or give it to single machines by their address, each a client of its own.",
  settings: z.strictObject({
    addresses: z
      .int()
      .min(1, "must be 1 or more")
      .default(1)
      .describe("The most addresses that a client with no_root_squash may stand for. Default: 1."),
  }),
  find: (stack, { addresses }) =>
    stack.of("nfs:Export", ExportSpec).flatMap(({ resource, spec }) =>
      Object.entries(spec.clients).flatMap(([client, options]) => {
        const count = addressesOf(client);
        if (!options.includes("no_root_squash") || count <= addresses) return [];
        const many = Number.isFinite(count) ? `${String(count)} addresses` : "any number of machines";
        return [{ on: resource, subject: spec.path, message: `no_root_squash for ${client}, which is ${many}` }];
      }),
    ),
});

/** How many machines a client can be. A name is one; wildcards and netgroups have no bounds. */
function addressesOf(client: string): number {
  const [, address, length] = /^([\da-f.:]+)\/(\d+)$/i.exec(canonicalClient(client)) ?? [];
  if (address !== undefined) return 2 ** ((address.includes(":") ? 128 : 32) - Number(length));
  return /[*?[@]/.test(client) ? Infinity : 1;
}
