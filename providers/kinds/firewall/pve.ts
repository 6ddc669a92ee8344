/** A ruleset on Proxmox VE: its part of the cluster's firewall file. Pure. */
import type { Command } from "../../host/command.ts";
import type { Plan } from "../../kind.ts";
import type { State } from "./changes.ts";
import type { PveFacts } from "./facts.ts";
import { aliasesOf, content, edit, entriesOf, option, sameSet, sectionsOf, type Section } from "./fw-file.ts";
import { canonicalLine, parseRule, ruleLines } from "./fw-rule.ts";
import { gaps } from "./live.ts";
import { applyPve, confirmPve, rollBackPve, takeBackPve } from "./pve.commands.ts";
import type { Rule, RulesetSpec } from "./spec.ts";

/** What is there in the words of the spec; undefined: the file has no rules, and nothing of it is switched on. */
export function pveView({ cluster, daemon }: PveFacts, spec: RulesetSpec, was?: RulesetSpec): State | undefined {
  const sections = sectionsOf(cluster);
  if (content(sections, "rules").length === 0 && content(sections, "options").length === 0) return undefined;
  return {
    ...policies(sections),
    aliases: aliases(sections, { ...was?.aliases, ...spec.aliases }),
    ipset: sets(sections, { ...was?.ipset, ...spec.ipset }),
    rules: rules(sections, spec.rules),
    rollback: spec.rollback,
    ...(daemon === undefined || (daemon.enabled && daemon.active)
      ? {}
      : { unit: daemon.enabled ? "inactive" : "disabled" }),
  };
}

type Policies = Pick<RulesetSpec, "enable" | "policy_in" | "policy_out" | "policy_forward">;

function policies(sections: readonly Section[]): Policies {
  const policy = (key: "policy_in" | "policy_out" | "policy_forward") => option(sections, key);
  return {
    enable: option(sections, "enable") !== "0",
    policy_in: policy("policy_in"),
    policy_out: policy("policy_out"),
    policy_forward: policy("policy_forward"),
  } as Policies;
}

function aliases(sections: readonly Section[], names: Readonly<Record<string, string>>): Record<string, string> {
  const there = aliasesOf(sections);
  return pick(names, (name) => there.get(name));
}

function sets(sections: readonly Section[], names: Readonly<Record<string, string[]>>): Record<string, string[]> {
  return pick(names, (name, declared) => {
    const is = entriesOf(sections, name);
    return is !== undefined && sameSet(is, declared) ? declared : is;
  });
}

function pick<Value>(
  names: Readonly<Record<string, Value>>,
  find: (name: string, declared: Value) => Value | undefined,
) {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, declared]) => {
      const is = find(name, declared);
      return is === undefined ? [] : [[name, is] as const];
    }),
  );
}

/** Declared rules whose lines are there, in the declared notation; the other lines as far as they can be read. */
function rules(sections: readonly Section[], declared: readonly Rule[]): Rule[] {
  const is = content(sections, "rules").map(canonicalLine);
  const wanted = declared.flatMap((rule, i) => ruleLines(rule).map((line) => ({ line, i })));
  const lost = new Set<number>();
  const extra = new Map<number, string[]>();
  for (const gap of gaps(
    is,
    wanted.map(({ line }) => line),
  )) {
    for (const at of gap.lost) lost.add(wanted[at]?.i ?? -1);
    const before = wanted[gap.at]?.i ?? declared.length;
    extra.set(before, [...(extra.get(before) ?? []), ...gap.extra]);
  }
  const found = (i: number) => (extra.get(i) ?? []).map((line) => parseRule(line) as unknown as Rule);
  return [...declared.flatMap((rule, i) => [...found(i), ...(lost.has(i) ? [] : [rule])]), ...found(declared.length)];
}

export function pveSteps(
  { cluster }: PveFacts,
  want: RulesetSpec,
  was?: RulesetSpec,
): Pick<Plan, "commands" | "confirm" | "undo"> {
  const text = edit(cluster, want, was);
  return {
    commands: [applyPve(text, want.rollback)],
    confirm: confirmPve(text, want.rollback),
    undo: [rollBackPve],
  };
}

/** What is declared goes, and with it the word that switches the firewall on: without rules nothing is filtered. */
export function pveRemoval({ cluster }: PveFacts, spec: RulesetSpec): Command {
  return takeBackPve(edit(cluster, undefined, spec));
}
