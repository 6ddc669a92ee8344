/** A ruleset on Proxmox VE: its part of the firewall files of the cluster and of the host. Pure. */
import type { Command } from "../../host/command.ts";
import type { Plan } from "../../kind.ts";
import type { Found } from "./changes.ts";
import type { PveFacts } from "./facts.ts";
import { content, edit, isSaid, sectionsOf, type Part } from "./fw-file.ts";
import { parseRule } from "./fw-rule.ts";
import { CHANGE } from "./pending.ts";
import { applyPve, confirmPve, daemonState, rollBackPve, takeBackPve, type NewFile } from "./pve.commands.ts";
import { namesView, optionsView, rulesView, written } from "./pve.view.ts";
import type { Rule } from "./rule.spec.ts";
import type { HostPart, RulesetSpec } from "./spec.ts";

/** What holds where the cluster's file does not say it. */
const STANDARD = { enable: "0", policy_in: "DROP", policy_out: "ACCEPT", policy_forward: "ACCEPT" };

/** What is there in the words of the spec; undefined: there are no rules, and nothing is switched on. */
export function pveView(facts: PveFacts, spec: RulesetSpec, was?: RulesetSpec): (RulesetSpec & Found) | undefined {
  const sections = sectionsOf(facts.cluster);
  const host = hostView(facts.host, spec.host, was?.host);
  if (!isSaid(sections, STANDARD) && Object.values(host ?? {}).flat().length === 0) return undefined;
  return {
    ...(optionsView(sections, optionsOf(spec), STANDARD) as ReturnType<typeof optionsOf>),
    ...namesView(sections, spec, was),
    rules: rulesView(sections, spec.rules),
    ...(host === undefined ? {} : { host }),
    rollback: spec.rollback,
    ...daemonState(facts.daemon),
  };
}

function hostView(text: string, spec: HostPart | undefined, was: HostPart | undefined): HostPart | undefined {
  const sections = sectionsOf(text);
  const { rules: declared, ...options } = { ...was, ...spec };
  const rules = declared === undefined ? [] : rulesView(sections, spec?.rules ?? []);
  const view: HostPart = {
    ...(optionsView(sections, options) as HostPart),
    ...(spec?.rules !== undefined || rules.length > 0 ? { rules } : {}),
  };
  return spec === undefined && Object.keys(view).length === 0 ? undefined : view;
}

/** Rules of the host's own that are not declared, as far as they can be read. */
export function undeclared({ host }: PveFacts): Rule[] {
  return content(sectionsOf(host), "rules").map((line) => parseRule(line) as unknown as Rule);
}

function optionsOf({ enable, policy_in, policy_out, policy_forward }: RulesetSpec) {
  return { enable, policy_in, policy_out, policy_forward };
}

/** The cluster's file with what is declared in it. */
export function clusterFile(text: string, spec: RulesetSpec | undefined, was?: RulesetSpec): string {
  const part = (one: RulesetSpec): Part => ({ ...one, options: written(optionsOf(one)) });
  return edit(text, spec && part(spec), was && part(was), STANDARD);
}

/** The host's file with what is declared in it. */
export function hostFile(text: string, spec: HostPart | undefined, was?: HostPart): string {
  const part = ({ rules, ...options }: HostPart): Part => ({
    options: written(options),
    aliases: {},
    ipset: {},
    rules,
  });
  return edit(text, spec && part(spec), was && part(was));
}

function files(facts: PveFacts, want: RulesetSpec | undefined, was: RulesetSpec | undefined): NewFile[] {
  const host = hostFile(facts.host, want?.host, was?.host);
  return [
    { path: facts.hostPath, text: host, is: facts.host },
    { path: facts.clusterPath, text: clusterFile(facts.cluster, want, was), is: facts.cluster },
  ].filter(({ path, text, is }) => text !== is || path === facts.clusterPath);
}

export function pveSteps(
  facts: PveFacts,
  want: RulesetSpec,
  was?: RulesetSpec,
): Pick<Plan, "commands" | "confirm" | "undo"> {
  const changed = files(facts, want, was);
  return {
    commands: [applyPve(CHANGE, changed, want.rollback)],
    confirm: confirmPve(CHANGE, changed, want.rollback),
    undo: [rollBackPve(CHANGE)],
  };
}

/** What is declared goes, and with it the word that switches the firewall on: without rules nothing is filtered. */
export function pveRemoval(facts: PveFacts, spec: RulesetSpec): Command {
  return takeBackPve(CHANGE, files(facts, undefined, spec));
}
