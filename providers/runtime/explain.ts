import { z } from "zod";
import { suggest } from "../suggest.ts";
import { at, hasUnknown } from "./values.ts";

/**
 * What is wrong with inputs: each complaint with the path, the rule it breaks, and the value found there.
 * Complaints about values that are not known yet are left out; they are made when the values are.
 */
export function explain(error: z.ZodError, inputs: unknown, schema: z.ZodType): { property: string; reason: string }[] {
  return error.issues
    .filter(({ path }) => !hasUnknown(at(inputs, path)) || path.length === 0)
    .map((issue) => ({ property: pathText(issue.path), reason: reason(issue, inputs, schema) }));
}

/** `properties.compression`, `vdevs[0].disks[1]`, `datasets["tank/media"]`: the path as a configuration has it. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${String(key)}]`;
    if (!/^[\w-]+$/.test(String(key))) return `${text}[${JSON.stringify(String(key))}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function reason(issue: z.core.$ZodIssue, inputs: unknown, schema: z.ZodType): string {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    const words = issue.keys.map((key) => `${JSON.stringify(key)}${suggest(key, known)}`);
    return `there is no ${words.join(", no ")}; known: ${known.join(", ")}`;
  }
  return `${rules(issue)}${found(at(inputs, issue.path))}`;
}

function rules(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return [...new Set(issue.issues.map(({ message }) => message))].join(", ");
  if (issue.code !== "invalid_union") return issue.message;
  return [...new Set(issue.errors.flat().map(({ message }) => message))].join(", or ") || issue.message;
}

function found(value: unknown): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value);
  return `; found: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const bare = unwrap(schema);
  const [key, ...rest] = path;
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => keysAt(option, path));
  if (key === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  if (bare instanceof z.ZodObject) return keysAt(bare.shape[String(key)], rest);
  if (bare instanceof z.ZodRecord) return keysAt(bare.valueType, rest);
  return bare instanceof z.ZodArray ? keysAt(bare.element, rest) : [];
}

function unwrap(schema: unknown): unknown {
  const wrappers = [z.ZodOptional, z.ZodNullable, z.ZodDefault, z.ZodPrefault] as const;
  for (const Wrapper of wrappers) if (schema instanceof Wrapper) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}
