import type { z } from "zod";
import { at, hasUnknown } from "./values.ts";

/** Complaints about inputs: each with the path, the value found there, and the rule it breaks. */
export function explain(issues: readonly z.core.$ZodIssue[], inputs: unknown): { property: string; reason: string }[] {
  return issues
    .filter(({ path }) => !hasUnknown(at(inputs, path)))
    .map((issue) => ({ property: pathText(issue.path), reason: `${sentence(issue)}${found(at(inputs, issue.path))}` }));
}

/** `properties.compression`, `vdevs[0].disks[1]`: the path as it is written in a configuration. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${String(key)}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key" || issue.code === "invalid_union") {
    const inner = (issue.code === "invalid_key" ? issue.issues : issue.errors.flat()).map(({ message }) => message);
    return [...new Set(inner)].join(", or ") || issue.message;
  }
  return issue.message;
}

function found(value: unknown): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value);
  return `; found: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}
