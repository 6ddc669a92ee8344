/** What tables of a kind's tests have in common. */
import { z } from "zod";
import { secret, type Command } from "../../providers/host/command.ts";
import type { Login } from "../../providers/host/host.ts";
import type { Context, Plan } from "../../providers/kind.ts";
import { explain } from "../../providers/runtime/explain.ts";

export function context<Spec>(more: { was?: Spec; login?: Login; probed?: string } = {}): Context<Spec> {
  const { probed, ...rest } = more;
  return {
    ...rest,
    ...(probed === undefined ? {} : { probed: { code: 0, stdout: probed, stderr: "" } }),
    secret: (name) => secret(`the value of ${name}`),
  };
}

/** The labels of what a plan runs. */
export function labels({ commands, settle, batch }: Plan): string[] {
  return [
    ...commands.map(({ label }) => label),
    ...(batch === undefined ? [] : [batch.command(batch.items).label]),
    ...(settle === undefined ? [] : [settle.label]),
  ];
}

export function props({ changes }: Plan): string[] {
  return changes.map(({ prop }) => prop);
}

/** The complaints about a declaration, each as `property: reason`. */
export function complaints(spec: z.ZodType, declared: unknown): string[] {
  const parsed = spec.safeParse(declared);
  if (parsed.success) return [];
  return explain(parsed.error, declared, spec).map(({ property, reason }) => `${property}: ${reason}`);
}

/** What a command reads, as a log would show it. */
export function stdinText({ stdin = "" }: Partial<Command>): string {
  return typeof stdin === "object" && "file" in stdin ? stdin.file : stdin.toString();
}
