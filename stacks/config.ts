/** What a stack's configuration can say: the only place with its defaults. */
import { z } from "zod";
import { ArcSpec, Connection, DatasetSpec, ExportSpec, PoolSpec, UserError, explain } from "../providers/index.ts";

const Storage = z.strictObject({
  /** Limits of ZFS's memory cache (zfs:Arc). Default: left alone. */
  arc: ArcSpec.optional(),
  /** ZFS pools (zfs:Pool) by name. */
  pools: named(PoolSpec, "name"),
  /** ZFS file systems and volumes (zfs:Dataset) by name. */
  datasets: named(DatasetSpec, "name"),
});

const Sharing = z.strictObject({
  /** NFS exports (nfs:Export) by the path of the exported directory. */
  exports: named(ExportSpec, "path"),
});

/** The keys of the project's namespace. */
export const StackConfig = z.strictObject({
  /** How the host is reached. */
  connection: Connection,
  /** The machine-id of the machine to accept in place of the one that the state remembers. Default: none. */
  machineId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be the 32 hex digits of /etc/machine-id")
    .optional(),
  /** Secrets by name, for the kinds that name one: `pulumi config set --secret --path secrets.NAME`. Default: none. */
  secrets: z.record(z.string(), z.string()).default({}),
  /** Whether Pulumi refuses to delete what holds data. Default: true. */
  protect: z.boolean().default(true),
  /** Area storage: pools, datasets, the ARC. Default: none. */
  storage: Storage.prefault({}),
  /** Area sharing: NFS exports. Default: none. */
  sharing: Sharing.prefault({}),
});
export type StackConfig = z.infer<typeof StackConfig>;

/** Reads the whole configuration. Throws a UserError with every complaint: path, rule, value found. */
export function readConfig(get: (key: string) => string | undefined): StackConfig {
  const raw = Object.fromEntries(
    Object.entries(StackConfig.shape).flatMap(([key, schema]) => {
      const text = get(key);
      // Pulumi.yaml has to give every optional key a default, and an empty text is that of one that is not declared.
      return text === undefined || text === "" ? [] : [[key, isText(schema) ? text : fromJson(text)]];
    }),
  );
  const parsed = StackConfig.safeParse(raw);
  if (parsed.success) return parsed.data;
  const complaints = explain(parsed.error, hideSecrets(raw), StackConfig).map(
    ({ property, reason }) => `  ${property}: ${reason}`,
  );
  throw new UserError(`the stack's configuration is not valid:\n${complaints.join("\n")}`);
}

/** A record of entries whose names are one of their inputs: `tank/media: { properties: … }`. */
function named<S extends z.ZodObject>(spec: S, key: "name" | "path") {
  return z
    .record(z.string(), z.record(z.string(), z.unknown()).nullable())
    .prefault({})
    .transform((entries, context) =>
      Object.entries(entries).flatMap(([name, entry]) => {
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

function isText(schema: z.ZodType): boolean {
  return (schema instanceof z.ZodOptional ? schema.unwrap() : schema) instanceof z.ZodString;
}

/** Everything but text reaches a program as JSON. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Complaints show the value found: these must not be shown. */
function hideSecrets(raw: Readonly<Record<string, unknown>>): unknown {
  const hidden = new Set(["privateKey", "passphrase", "password"]);
  const connection = raw["connection"];
  if (typeof connection !== "object" || connection === null) return { ...raw, secrets: undefined };
  const shown = Object.fromEntries(Object.entries(connection).filter(([key]) => !hidden.has(key)));
  return { ...raw, secrets: undefined, connection: shown };
}
