/** What a preview lists. Pure. */
import type { Change } from "../../kind.ts";
import { gaps, type Odd } from "./live.ts";
import type { Rule, RulesetSpec } from "./spec.ts";

/** A spec, and what of the host is not as it says; left out where it is. */
export interface State extends RulesetSpec {
  /** What the live table has in the place of members of the spec, in nft's words. */
  readonly live?: Odd;
  /** What is wrong with the file that is loaded at boot. */
  readonly file?: string;
  /** What is wrong with the unit that loads it, or with Proxmox VE's daemon. */
  readonly unit?: string;
  /** A change that was never confirmed: the host is about to take it back. */
  readonly pending?: true;
}

const POLICIES = ["enable", "policy_in", "policy_out", "policy_forward"] as const;

export function differences(live: State | undefined, want: RulesetSpec): Change[] {
  if (live === undefined) return [{ prop: "rules", from: undefined, to: want.rules.length }];
  const plain = POLICIES.flatMap((prop): Change[] =>
    live[prop] === want[prop] ? [] : [{ prop, from: live[prop], to: want[prop] }],
  );
  return [
    ...plain,
    ...entries("aliases", live.aliases, want.aliases),
    ...entries("ipset", live.ipset, want.ipset),
    ...ruleChanges(live.rules, want.rules),
    ...Object.entries(live.live ?? {}).map(([prop, from]) => ({ prop, from, to: "as declared" })),
    ...(live.file === undefined ? [] : [{ prop: "file", from: live.file, to: "as declared" }]),
    ...(live.unit === undefined ? [] : [{ prop: "unit", from: live.unit, to: "enabled and active" }]),
    ...(live.pending === undefined
      ? []
      : [{ prop: "pending", from: "a change that was not confirmed", to: undefined }]),
  ];
}

function entries(
  prop: string,
  live: Readonly<Record<string, unknown>>,
  want: Readonly<Record<string, unknown>>,
): Change[] {
  return [...new Set([...Object.keys(live), ...Object.keys(want)])].flatMap((key) =>
    JSON.stringify(live[key]) === JSON.stringify(want[key])
      ? []
      : [{ prop: `${prop}.${key}`, from: live[key], to: want[key] }],
  );
}

/** One line for each rule that is new, changed or gone; a rule that only moved down a place is none. */
function ruleChanges(live: readonly Rule[], want: readonly Rule[]): Change[] {
  const text = (rule: Rule) =>
    JSON.stringify(
      Object.entries(rule)
        .filter(([, value]) => value !== undefined)
        .sort(),
    );
  return gaps(live.map(text), want.map(text)).flatMap(({ lost, extra }) =>
    Array.from({ length: Math.max(lost.length, extra.length) }, (_, i): Change => {
      const at = lost[i];
      const from = extra[i] === undefined ? undefined : Object.fromEntries(JSON.parse(extra[i]) as [string, unknown][]);
      return { prop: `rules[${String(at ?? "-")}]`, from, to: at === undefined ? undefined : want[at] };
    }),
  );
}
