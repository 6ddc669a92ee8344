import { z } from "zod";

/** A record of entries whose names are one of their inputs: `tank/media: { properties: … }`. */
export function named<S extends z.ZodObject, Key extends keyof S["shape"] & string>(spec: S, key: Key) {
  const members = Object.entries(spec.shape).filter(([member]) => member !== key);
  const entry = z.strictObject(Object.fromEntries(members) as Omit<S["shape"], Key>);
  return z
    .record(z.string(), entry.nullable())
    .prefault({})
    .transform((entries, context) =>
      Object.entries(entries).flatMap(([name, entry]) => {
        // Rules between members, and those of the name, are the whole spec's.
        const parsed = spec.safeParse({ ...entry, [key]: name });
        if (parsed.success) return [parsed.data];
        for (const issue of parsed.error.issues) {
          const path = [name, ...(issue.path[0] === key ? [] : issue.path)];
          context.issues.push({ ...issue, path, input: entries } as z.core.$ZodRawIssue);
        }
        return [];
      }),
    );
}
