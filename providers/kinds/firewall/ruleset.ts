import { defineKind, nothing, type Context } from "../../kind.ts";
import { differences, type State } from "./changes.ts";
import { remove } from "./commands.ts";
import { debianSteps, debianView } from "./debian.ts";
import { parse, query, scratch, type Facts } from "./facts.ts";
import { render } from "./nft.ts";
import { pveRemoval, pveSteps, pveView } from "./pve.ts";
import { cutOff } from "./reach.ts";
import { RulesetSpec } from "./spec.ts";

export { RulesetSpec };

/** The whole firewall of a host: policies, sets and the ordered list of rules. One per host. */
export const ruleset = defineKind<State, Facts>({
  type: "firewall:Ruleset",
  holdsData: false,
  spec: RulesetSpec,
  id: () => "firewall",
  query,
  parse,
  probe: (spec) => scratch(render(spec)),

  view({ on, pending }, spec, { probed, was }) {
    const declared = declaredOf(spec);
    const there = on.is === "proxmox" ? pveView(on, declared, was) : debianView(on, declared, probed);
    return there === undefined ? undefined : { ...there, ...(pending ? { pending } : {}) };
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    if (changes.length === 0) return nothing;
    const { on } = facts;
    const steps = on.is === "proxmox" ? pveSteps(on, want, context.was) : debianSteps(on, want, changes);
    return { changes, refusals: refused(facts, want, context), ...steps };
  },

  destroy: (live, _context, { on }) => ({
    changes: [{ prop: "rules", from: live.rules.length, to: undefined }],
    refusals: [],
    commands: [on.is === "proxmox" ? pveRemoval(on, live) : remove],
  }),
});

function declaredOf(spec: RulesetSpec): RulesetSpec {
  const { enable, policy_in, policy_out, policy_forward, aliases, ipset, rules, rollback } = spec;
  return { enable, policy_in, policy_out, policy_forward, aliases, ipset, rules, rollback };
}

function refused({ connection }: Facts, want: RulesetSpec, { probed }: Context<State>): string[] {
  const cut = connection === undefined ? undefined : cutOff(want, connection);
  const said = probed === undefined || probed.code === 0 ? undefined : `nft refuses the rules: ${probed.stderr.trim()}`;
  return [cut, said].filter((text) => text !== undefined);
}
