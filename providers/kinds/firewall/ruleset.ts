import type { Result } from "../../host/host.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import {
  apply,
  confirm,
  enable,
  start,
  keep,
  remove,
  restoreKept,
  restoreUnit,
  rollBack,
  UNIT_TEXT,
  writeUnit,
} from "./commands.ts";
import { parse, query, scratch, type Facts } from "./facts.ts";
import { gaps, odd, type Odd } from "./live.ts";
import { render } from "./nft.ts";
import { cutOff } from "./reach.ts";
import { RulesetSpec, type Rule } from "./spec.ts";

export { RulesetSpec };

/** A spec, and what of the host is not as it says; left out where it is. */
interface State extends RulesetSpec {
  /** What the live table has in the place of members of the spec, in nft's words. */
  readonly live?: Odd;
  /** What is wrong with the file that is loaded at boot. */
  readonly file?: string;
  /** What is wrong with the unit that loads it. */
  readonly unit?: string;
  /** A change that was never confirmed: the host is about to take it back. */
  readonly pending?: true;
}

/** The whole firewall of a host: policies, sets and the ordered list of rules. One per host. */
export const ruleset = defineKind<State, Facts>({
  type: "firewall:Ruleset",
  holdsData: false,
  spec: RulesetSpec,
  id: () => "firewall",
  query,
  parse,
  probe: (spec) => scratch(render(spec)),

  view(facts, spec, { probed }) {
    const { table, file, unit, pending } = facts;
    if (table === undefined && file === undefined && unit.file === undefined) return undefined;
    const declared = declaredOf(spec);
    const live = odd(table, listing(probed), declared);
    const [wrongFile, wrongUnit] = [file === render(declared) ? undefined : wrong(file), unitWrong(unit)];
    return {
      ...declared,
      ...(Object.keys(live).length === 0 ? {} : { live }),
      ...(wrongFile === undefined ? {} : { file: wrongFile }),
      ...(wrongUnit === undefined ? {} : { unit: wrongUnit }),
      ...(pending ? { pending } : {}),
    };
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    if (changes.length === 0) return nothing;
    return { changes, refusals: refused(facts, want, context), ...steps(facts, want, changes) };
  },

  destroy: () => ({
    changes: [{ prop: "table", from: "loaded", to: undefined }],
    refusals: [],
    commands: [remove],
  }),
});

function declaredOf(spec: RulesetSpec): RulesetSpec {
  const { enable: isOn, policy_in, policy_out, policy_forward, aliases, ipset, rules, rollback } = spec;
  return { enable: isOn, policy_in, policy_out, policy_forward, aliases, ipset, rules, rollback };
}

function listing(probed: Result | undefined): readonly string[] {
  return (probed?.stdout ?? "").replace(/\n$/, "").split("\n");
}

function wrong(text: string | undefined): string {
  return text === undefined ? "absent" : "changed";
}

function unitWrong({ file, enabled, active }: Facts["unit"]): string | undefined {
  if (file !== UNIT_TEXT) return wrong(file);
  return enabled ? (active ? undefined : "inactive") : "disabled";
}

const POLICIES = ["enable", "policy_in", "policy_out", "policy_forward"] as const;

function differences(live: State | undefined, want: RulesetSpec): Change[] {
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

function refused(facts: Facts, want: RulesetSpec, { probed }: Context<State>): string[] {
  const cut = facts.connection === undefined ? undefined : cutOff(want, facts.connection);
  const said = probed === undefined || probed.code === 0 ? undefined : `nft refuses the rules: ${probed.stderr.trim()}`;
  return [cut, said].filter((text) => text !== undefined);
}

function steps(
  facts: Facts,
  want: RulesetSpec,
  changes: readonly Change[],
): Pick<Plan, "commands" | "settle" | "confirm" | "undo"> {
  const text = render(want);
  const unit = facts.unit.file !== UNIT_TEXT;
  const restore = unit ? [restoreUnit(facts.unit.file)] : [];
  if (changes.every(({ prop }) => prop === "file" || prop === "unit")) {
    const file = facts.file !== text;
    return {
      commands: [...(file ? [keep(text)] : []), ...(unit ? [writeUnit()] : [])],
      ...(changes.some(({ prop }) => prop === "unit") ? { settle: start } : {}),
      undo: [...(file ? [restoreKept(facts.file)] : []), ...restore],
    };
  }
  return {
    commands: [
      ...(unit ? [writeUnit()] : []),
      ...(unit || !facts.unit.enabled ? [enable] : []),
      apply(text, want.rollback),
    ],
    confirm: confirm(text, want.rollback),
    // The unit may stay: without a file it does nothing.
    undo: [rollBack],
  };
}
