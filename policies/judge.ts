/** What the policies say about a stack, its own settings and exceptions regarded. Pure. */
import type { AnyPolicy, Finding, Level } from "./policy.ts";
import { settingsOf, type Common, type Exception, type PolicySettings } from "./settings.ts";
import { Unreadable, type Stack } from "./stack.ts";

export interface Violation {
  readonly policy: AnyPolicy;
  readonly level: Level;
  /** URN of the resource; undefined for the stack as a whole. */
  readonly urn: string | undefined;
  /** What is wrong, why that is bad, and what to do about it. */
  readonly text: string;
}

/** @param today such as `2026-11-25`; later than an exception's last day it no longer counts */
export function judge(policy: AnyPolicy, stack: Stack, all: PolicySettings, today: string): Violation[] {
  const { level = policy.level, exceptions, ...own } = settingsOf(policy).parse(all[policy.name] ?? {}) as Common;
  if (level === "disabled") return [];
  const findings = find(policy, stack, own);
  const valid = exceptions.filter(({ until }) => until === undefined || until >= today);
  const over = new Map(exceptions.filter((one) => !valid.includes(one)).map((one) => [one.for, one]));
  const open = findings.filter(({ subject }) => !valid.some((one) => one.for === subject));
  const idle = exceptions.filter((one) => !findings.some(({ subject }) => subject === one.for));
  return [
    ...open.map((finding) => ({
      policy,
      level,
      urn: finding.on?.urn,
      text: explain(policy, finding, over.get(finding.subject)),
    })),
    ...idle.map((one) => ({ policy, level: "advisory" as const, urn: undefined, text: pointless(policy, one) })),
  ];
}

function find(policy: AnyPolicy, stack: Stack, settings: object): readonly Finding[] {
  try {
    return policy.find(stack, settings);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { resource, message } = error;
    return [{ on: resource, subject: resource.name, message: `cannot be judged: ${message}` }];
  }
}

function explain(policy: AnyPolicy, { subject, message }: Finding, over: Exception | undefined): string {
  const ended = over === undefined ? "" : ` (its exception ended with ${over.until ?? ""}: ${over.reason})`;
  return [
    `${subject}: ${message}${ended}`,
    `Why: ${policy.reason}`,
    `What to do: ${policy.remedy}`,
    `If it must be so: policies.${policy.name}.exceptions: [{ for: ${JSON.stringify(subject)}, reason: … }]`,
  ].join("\n");
}

function pointless({ name }: AnyPolicy, one: Exception): string {
  return `policies.${name}.exceptions has one for ${JSON.stringify(one.for)}, and nothing of that name breaks the policy: take it out`;
}
