import { z } from "zod";
import { familyOf } from "../../providers/kinds/firewall/addresses.ts";
import { matches, members } from "../../providers/kinds/firewall/match.ts";
import { cutOff } from "../../providers/kinds/firewall/reach.ts";
import { POLICIES, type Rule } from "../../providers/kinds/firewall/rule.spec.ts";
import { RulesetSpec } from "../../providers/kinds/firewall/spec.ts";
import { definePolicy } from "../policy.ts";

const SUBJECT = "firewall";

export const firewallClosed = definePolicy({
  name: "firewall-closed",
  rule: "The host's firewall is on, and lets in only what a rule names.",
  level: "mandatory",
  reason: "every service that is ever installed on the host would at once be open to everybody who can reach it.",
  remedy:
    "declare network.firewall with policy_in: DROP (the default), and a rule for each service that is meant to be reached.",
  settings: z.strictObject({
    policy_in: z.array(z.enum(POLICIES)).default(["DROP"]).describe("What policy_in may be. Default: DROP."),
  }),
  find(stack, settings) {
    const [firewall] = stack.of("firewall:Ruleset", RulesetSpec);
    if (firewall === undefined) return [{ subject: SUBJECT, message: "none is declared" }];
    const { resource: on, spec } = firewall;
    const said = (message: string) => ({ on, subject: SUBJECT, message });
    return [
      ...(spec.enable ? [] : [said("it is switched off (enable: false)")]),
      ...(spec.host?.enable === false ? [said("it is switched off for the host (host.enable: false)")] : []),
      ...(settings.policy_in.includes(spec.policy_in) ? [] : [said(`policy_in is ${spec.policy_in}`)]),
      ...Object.entries({ "host.rules": spec.host?.rules ?? [], rules: spec.rules }).flatMap(([list, rules]) =>
        rules.flatMap((rule, i) => (letsAllIn(rule) ? [said(`${list}[${String(i)}] lets everything in`)] : [])),
      ),
    ];
  },
});

function letsAllIn(rule: Rule): boolean {
  const narrows = (["macro", "proto", "source", "dest", "dport", "sport", "iface"] as const).some(
    (key) => rule[key] !== undefined,
  );
  return rule.type === "in" && rule.action === "ACCEPT" && rule.enable !== false && !narrows;
}

export const managementReachable = definePolicy({
  name: "firewall-management",
  rule: "The host can be reached for management through its firewall.",
  level: "mandatory",
  reason: "with a firewall that lets nobody in to SSH, only the console is left to repair it.",
  remedy:
    "add a rule such as { type: in, action: ACCEPT, macro: SSH, source: <your network> } before those that reject, or name the right port in policies.firewall-management.port.",
  settings: z.strictObject({
    port: z.int().min(1).max(65_535).default(22).describe("The port of sshd. Default: 22."),
    from: z
      .array(z.ipv4().or(z.ipv6()))
      .default([])
      .describe(
        "Addresses that must get in, such as that of the machine that runs Pulumi. Default: any one is enough.",
      ),
  }),
  find(stack, { port, from }) {
    return stack.of("firewall:Ruleset", RulesetSpec).flatMap(({ resource: on, spec }) => {
      const refused = (client: string) => cutOff(spec, { client, server: anyOf(client), port }) !== undefined;
      if (from.length === 0)
        return candidates(spec).every(refused)
          ? [{ on, subject: SUBJECT, message: `no rule lets anybody in to port ${String(port)}` }]
          : [];
      return from
        .filter(refused)
        .map((client) => ({ on, subject: SUBJECT, message: `${client} is not let in to port ${String(port)}` }));
    });
  },
});

/** The server's address is not known here: rules for one of its addresses only are passed over. */
function anyOf(client: string): string {
  return familyOf(client) === 6 ? "::" : "0.0.0.0";
}

/** An address of each source that a rule names, and some that none does. */
function candidates(spec: RulesetSpec): string[] {
  const named = [...(spec.host?.rules ?? []), ...spec.rules].flatMap((rule) =>
    matches(rule, spec).flatMap(({ source }) =>
      source === undefined ? [] : ([4, 6] as const).flatMap((family) => members(source, family, spec)),
    ),
  );
  return ["192.0.2.1", "2001:db8::1", ...named.map((entry) => entry.split(/[-/]/)[0] ?? "")];
}
