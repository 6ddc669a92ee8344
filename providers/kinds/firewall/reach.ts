/** Whether a ruleset would cut the connection that it comes through. Pure. */
import { holds, familyOf } from "./addresses.ts";
import type { Arrival } from "../../kind.ts";
import { matches, members, type Endpoint, type Match } from "./match.ts";
import { portRanges, type Range } from "./ports.ts";
import type { Names, Rule } from "./rule.spec.ts";
import type { RulesetSpec } from "./spec.ts";

/**
 * What cuts a new connection like `ours`, and the way out; undefined when the rules let it in. `before`: rules of the
 * host's own that are not declared.
 */
export function cutOff(spec: RulesetSpec, ours: Arrival, before: readonly Rule[] = []): string | undefined {
  if (!spec.enable || spec.host?.enable === false) return undefined;
  const ofHost = named("host.rules", spec.host?.rules ?? before);
  for (const [at, rule] of [...ofHost, ...named("rules", spec.rules)]) {
    if (rule.type !== "in" || rule.enable === false) continue;
    const concerns = matches(rule, spec).map((match) => concern(rule, match, ours, spec));
    if (rule.action === "ACCEPT" && concerns.includes("all")) return undefined;
    if (rule.action !== "ACCEPT" && concerns.some((one) => one !== "none"))
      return told(`${at}${rule.comment === undefined ? "" : ` (${rule.comment})`}`, rule.action, ours, at);
  }
  return spec.policy_in === "ACCEPT" ? undefined : told("no rule accepts it, and policy_in", spec.policy_in, ours);
}

function named(list: string, rules: readonly Rule[]): [string, Rule][] {
  return rules.map((rule, i) => [`${list}[${String(i)}]`, rule]);
}

/** How many of the connections from the client's address to our port a match concerns: its own port is any. */
function concern(rule: Rule, match: Match, ours: Arrival, names: Names): "all" | "some" | "none" {
  const family = familyOf(ours.client);
  if (match.family !== undefined && match.family !== family) return "none";
  if (match.part.proto !== undefined && match.part.proto !== "tcp") return "none";
  if (rule.iface !== undefined && ours.iface !== undefined && rule.iface !== ours.iface) return "none";
  if (!includes(match.source, ours.client, names) || !includes(match.dest, ours.server, names)) return "none";
  if (!within(match.part.dport, ours.port)) return "none";
  const isSure = match.part.sport === undefined && (rule.iface === undefined || ours.iface !== undefined);
  return isSure ? "all" : "some";
}

function includes(end: Endpoint, address: string, names: Names): boolean {
  const family = familyOf(address);
  return end === undefined || (family !== undefined && holds(members(end, family, names), address));
}

function within(ports: string | undefined, port: number): boolean {
  const ranges: readonly Range[] = ports === undefined ? [[0, 65_535]] : (portRanges(ports) ?? []);
  return ranges.some(([from, to]) => from <= port && port <= to);
}

function told(what: string, action: string, { client, server, port, iface }: Arrival, before?: string): string {
  const on = iface === undefined ? "" : ` on ${iface}`;
  const rule = `{ type: in, action: ACCEPT, proto: tcp, source: ${client}, dport: ${String(port)} }`;
  const place = before === undefined ? "add a rule" : `put a rule before ${before}`;
  return (
    `these rules would lock this stack out: the connection comes from ${client} to ${server} port ${String(port)}${on}, ` +
    `and ${what} is ${action}; ${place} that lets it in, such as ${rule}`
  );
}
