/** What previews of several stacks come to, for a terminal and for a comment on a change request. Pure. */
import type { Difference, Outcome, Step } from "./outcome.ts";

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-" };
const LONGEST = 80;

const COLUMNS = ["stack", "create", "update", "delete", "unchanged", "policies", "result"] as const;

function row({ stack, ok, steps, unchanged, violations }: Outcome): string[] {
  const count = (op: string) => String(steps.filter((one) => one.op === op).length);
  const broken = violations.filter(({ level }) => level === "mandatory").length;
  const told = violations.length - broken;
  const kept = ok ? "kept" : "not judged";
  const policies = broken > 0 ? `${String(broken)} broken` : told > 0 ? `${String(told)} to look at` : kept;
  const result = ok ? (steps.length === 0 ? "nothing to do" : `${String(steps.length)} to do`) : "stopped";
  return [stack, count("create"), count("update"), count("delete"), String(unchanged), policies, result];
}

/** Side by side, and what each is about. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = [[...COLUMNS], ...outcomes.map(row)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, ...outcomes.flatMap((one) => ["", ...details(one)])].join("\n");
}

/** Markdown; `mark` is how the comment is found again. */
export function comment(outcomes: readonly Outcome[], mark: string): string {
  const cells = (all: readonly string[]) => `| ${all.join(" | ")} |`;
  const head = [cells(COLUMNS), cells(COLUMNS.map(() => "---"))];
  const fold = outcomes.flatMap((one) => {
    const fence = "~~~~";
    return [`<details><summary>${one.stack}</summary>`, "", fence, ...details(one), fence, "", "</details>"];
  });
  return [mark, "### Preview", "", ...head, ...outcomes.map((one) => cells(row(one))), "", ...fold, ""].join("\n");
}

/** Whether a host is as its stack declares it, and what is not. */
export function drift(one: Outcome): string {
  const { stack, ok, steps, errors } = one;
  if (ok && steps.length === 0) return `${stack}: as declared`;
  const found = steps.length > 0 ? "differs" : "breaks a policy";
  const [, ...lines] = details(one);
  return [`${stack}: ${errors.length > 0 ? "cannot be told" : found}`, ...lines].join("\n");
}

function details(one: Outcome): string[] {
  return [
    `${one.stack}:`,
    ...one.errors.flatMap((text) => indent(`error: ${text}`)),
    ...one.violations.flatMap(({ policy, level, text }) => indent(`[${level}] ${policy}: ${text}`)),
    // Cut short, it has not come to all of them.
    ...(one.errors.length > 0 && one.steps.length > 0 ? ["  as far as it came:"] : []),
    ...changes(one.steps).map((line) => `  ${line}`),
    ...(one.ok && one.steps.length === 0 ? ["  nothing to do"] : []),
  ];
}

/** A line for each object, or for each of its properties that differ. */
export function changes(steps: readonly Step[]): string[] {
  return steps.flatMap(({ op, object, differences }) => {
    const what = `${SIGNS[op] ?? op} ${object}`;
    return differences.length === 0 ? [what] : differences.map((one) => `${what} ${difference(one)}`);
  });
}

function difference({ prop, from, to }: Difference): string {
  return `${prop}: ${shown(from)} → ${shown(to)}`;
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What belongs to the first line stands further in. */
function indent(text: string): string[] {
  return text.split("\n").map((line, i) => `${i === 0 ? "  " : "    "}${line}`);
}
