import type { Result } from "../../host/host.ts";
import { defineKind, nothing, type Context } from "../../kind.ts";
import { differences, partDifferences, type Found } from "./changes.ts";
import { remove } from "./commands.ts";
import { debianSteps, debianView } from "./debian.ts";
import { parse, query, scratch, type DebianFacts, type Facts } from "./facts.ts";
import { hostTable } from "./nft.host.ts";
import { render } from "./nft.ts";
import { HOST } from "./places.ts";
import { pveRemoval, pveSteps, pveView, undeclared } from "./pve.ts";
import { cutOff } from "./reach.ts";
import { RulesetSpec } from "./spec.ts";

export { RulesetSpec };

type State = RulesetSpec & Found;

/** The whole firewall of a host: policies, sets and the ordered list of rules. One per host. */
export const ruleset = defineKind<State, Facts>({
  type: "firewall:Ruleset",
  holdsData: false,
  spec: RulesetSpec,
  id: () => "firewall",
  unfit: ({ host }, platform) =>
    platform === "proxmox" || host === undefined
      ? []
      : [
          "`host` is for Proxmox VE, which has rules for its cluster beside those of the host: put its rules into `rules`",
        ],
  query,
  parse,
  probe: (spec) => scratch(render(hostTable(spec))),

  view({ on, pending }, spec, { probed, was }) {
    const declared = declaredOf(spec);
    const there = on.is === "proxmox" ? pveView(on, declared, was) : debianHostView(on, declared, probed);
    return there === undefined ? undefined : { ...there, ...(pending ? { pending } : {}) };
  },

  plan(live, want, context, facts) {
    const changes = [
      ...differences(live, want, ["enable", "policy_in", "policy_out", "policy_forward"]),
      ...(live === undefined ? [] : partDifferences("host", live.host, want.host)),
    ];
    if (changes.length === 0) return nothing;
    const refusals = refused(want, context, facts);
    if (facts === undefined) return { ...nothing, changes, refusals };
    const { on } = facts;
    const steps =
      on.is === "proxmox"
        ? pveSteps(on, want, context.was)
        : debianSteps(on, HOST, render(hostTable(want)), {
            changes,
            rollback: want.rollback,
            isLive: changes.every(({ prop }) => prop === "file" || prop === "unit"),
          });
    return { changes, refusals, ...steps };
  },

  destroy: (live, _context, { on }) => ({
    changes: [{ prop: "rules", from: live.rules.length, to: undefined }],
    refusals: [],
    commands: [on.is === "proxmox" ? pveRemoval(on, live) : remove(HOST)],
  }),
});

function debianHostView(on: DebianFacts, spec: RulesetSpec, probed: Result | undefined): State | undefined {
  const listing = (probed?.stdout ?? "").replace(/\n$/, "").split("\n");
  const found = debianView(on, HOST, hostTable(spec), listing);
  return found === undefined ? undefined : { ...spec, ...found };
}

function declaredOf(spec: RulesetSpec): RulesetSpec {
  const { enable, policy_in, policy_out, policy_forward, aliases, ipset, rules, host, rollback } = spec;
  return {
    ...{ enable, policy_in, policy_out, policy_forward, aliases, ipset, rules, rollback },
    ...(host === undefined ? {} : { host }),
  };
}

function refused(want: RulesetSpec, { arrival, probed }: Context<State>, facts?: Facts): string[] {
  const before = facts?.on.is === "proxmox" ? undeclared(facts.on) : [];
  const cut = arrival === undefined ? undefined : cutOff(want, arrival, before);
  const said = probed === undefined || probed.code === 0 ? undefined : `nft refuses the rules: ${probed.stderr.trim()}`;
  return [cut, said].filter((text) => text !== undefined);
}
