/** Rules as Proxmox VE's .fw files write them, for the cluster, hosts and guests alike. Pure. */
import { isOurs, MACROS } from "./macros.ts";
import { PROTOCOLS } from "./ports.ts";
import type { Rule } from "./rule.spec.ts";

/** The order of PVE::Firewall's own writer, so that a file that the web interface wrote is not changed by ours. */
const OPTIONS = [
  ["iface", "-i"],
  ["source", "-source"],
  ["dest", "-dest"],
  ["proto", "-p"],
  ["dport", "-dport"],
  ["sport", "-sport"],
  ["log", "-log"],
  ["icmp-type", "-icmp-type"],
] as const;
type Option = (typeof OPTIONS)[number][0];

/** All that PVE::Firewall reads, by the option. */
const READ: ReadonlyMap<string, Option> = new Map([
  ...OPTIONS.map(([key, option]) => [option, key] as const),
  ...OPTIONS.slice(1).map(([key]) => [`--${key}`, key] as const),
  ["-proto", "proto"],
]);

/** A line for each rule; several where Proxmox VE has no name for the service. */
export function ruleLines(rule: Rule): string[] {
  const parts = rule.macro !== undefined && isOurs(rule.macro) ? (MACROS.get(rule.macro) ?? []) : [undefined];
  return parts.map((part) => {
    const values = {
      ...rule,
      ...(part === undefined ? {} : { proto: part.proto, dport: part.dport, sport: part.sport }),
    };
    const action = rule.macro === undefined || part !== undefined ? rule.action : `${rule.macro}(${rule.action})`;
    const options = OPTIONS.flatMap(([key, option]) => {
      const value = key === "proto" ? protocol(values.proto) : values[key];
      // `nolog` is what holds where nothing is said.
      return value === undefined || value === "nolog" ? [] : [option, String(value)];
    });
    const comment = rule.comment === undefined ? [] : ["#", rule.comment];
    return [`${rule.enable === false ? "|" : ""}${rule.type.toUpperCase()}`, action, ...options, ...comment].join(" ");
  });
}

/** What /etc/protocols of Debian has under another name, or not at all. */
function protocol(name: string | undefined): string | undefined {
  if (name === undefined || ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "igmp"].includes(name))
    return name;
  return String(PROTOCOLS.get(name) ?? name);
}

/** A rule in the words of the spec, as far as they go; a line that is none comes back as it is. */
export function parseRule(line: string): Readonly<Record<string, unknown>> {
  const [, body = "", , comment] = /^(.*?)(\s*#\s*(.*?))?\s*$/.exec(line) ?? [];
  const [head = "", action = "", ...words] = body.split(/\s+/).filter((word) => word !== "");
  const [, macro, plain = action] = /^(\S+)\((ACCEPT|DROP|REJECT)\)$/.exec(action) ?? [];
  const values: Partial<Record<Option, string>> = {};
  for (let i = 0; i < words.length; i += 2) {
    const key = READ.get(words[i] ?? "");
    if (key === undefined || words[i + 1] === undefined) return { line };
    values[key] = words[i + 1] ?? "";
  }
  return {
    type: head.replace("|", "").toLowerCase(),
    action: plain,
    ...(head.startsWith("|") ? { enable: false } : {}),
    ...(macro === undefined ? {} : { macro }),
    ...values,
    ...(comment === undefined || comment === "" ? {} : { comment }),
  };
}

/** The line as we would have written it: two that say the same are equal. */
export function canonicalLine(line: string): string {
  const rule = parseRule(line);
  return "line" in rule ? line.trim() : (ruleLines(rule as unknown as Rule)[0] ?? line);
}
