/**
 * What a stack's configuration can say.
 *
 * Each area has one file beside this one, such as storage.ts: the zod schema of its part, and the component that turns
 * it into resources. To add an area: write the file, name its schema below, its component in host.ts, and its key in
 * Pulumi.yaml. To add a kind to an area: a member of its schema, with a docstring, and a line in its component. What a
 * resource `provides` and `needs` says what comes first; order means nothing. Defaults live in the kinds' specs and here.
 */
import { z } from "zod";
import { PolicySettings } from "../policies/settings.ts";
import { ClaimSpec, Connection, UserError, explain } from "../providers/index.ts";
import { GpuConfig } from "./gpu.ts";
import { NetworkConfig } from "./network.ts";
import { ProxmoxConfig } from "./proxmox.ts";
import { AccessConfig } from "./access.ts";
import { ContainersConfig } from "./containers.ts";
import { layersOf, merged, originOf, type Layer } from "./layers.ts";
import { breaches } from "./rules/index.ts";
import { SharingConfig } from "./sharing.ts";
import { StorageConfig } from "./storage.ts";
import { SystemConfig } from "./system.ts";
import { TemplatesConfig } from "./templates.ts";

/** The keys of the project's namespace. */
export const StackConfig = z
  .strictObject({
    /**
     * Files with what stacks have in common, such as environments/base.yaml: each beneath the ones after it, and all
     * beneath this stack's own. Maps are merged, all else replaced; `false` takes an entry or a list away. Default: none.
     */
    extends: z.array(z.string()).default([]),
    /** How the host is reached. */
    connection: Connection,
    /** The machine-id of the machine to accept in place of the one that the state remembers. Default: none. */
    machineId: z
      .string()
      .regex(/^[0-9a-f]{32}$/, "must be the 32 hex digits of /etc/machine-id")
      .optional(),
    /** The stack that managed the host before, as organization/project/stack, and does no longer. Default: none. */
    takeOver: ClaimSpec.shape.takeOver,
    /** Secrets by name, for the kinds that name one: `pulumi config set --secret --path secrets.NAME`. Default: none. */
    secrets: z.record(z.string(), z.string()).default({}),
    /** Whether Pulumi refuses to delete what holds data. Default: true. */
    protect: z.boolean().default(true),
    /** Area storage: pools, datasets, the ARC. Default: none. */
    storage: StorageConfig.prefault({}),
    /** Area sharing: NFS exports, and those that are storages of Proxmox VE. Default: none. */
    sharing: SharingConfig.prefault({}),
    /** Area network: the firewalls of the host and of its guests. Default: none. */
    network: NetworkConfig.prefault({}),
    /** Area proxmox: storages, users, groups, roles and permissions of Proxmox VE, where the host is one. Default: none. */
    proxmox: ProxmoxConfig.prefault({}),
    /** Area templates: archives that containers are made of. Default: none. */
    templates: TemplatesConfig,
    /** Area containers: Linux containers by number. Default: none. */
    containers: ContainersConfig,
    /** Area access: groups, and accounts, their keys and what they may do. Default: none. */
    access: AccessConfig.prefault({}),
    /** Area gpu: NVIDIA's driver. Default: none. */
    gpu: GpuConfig.prefault({}),
    /** Area system: packages, files, directories, services, kernel parameters and modules, name, time zone. Default: none. */
    system: SystemConfig.prefault({}),
    /** What the policies are told, by policy: how strict it is, what it excepts, its own settings. Default: nothing. */
    policies: PolicySettings.prefault({}),
  })
  .superRefine((config, context) => {
    // Unknown keys do not keep Zod from coming here, with entries that are not what the rules take them for.
    if (context.issues.length > 0) return;
    for (const { path, message } of breaches(config)) context.addIssue({ code: "custom", path: [...path], message });
  });
export type StackConfig = z.infer<typeof StackConfig>;
const KEYS = Object.keys(StackConfig.shape);

/**
 * Reads the whole configuration. Throws a UserError with every complaint: path, rule, value found.
 * @param keys those that the configuration has, where that is known
 * @param file where the stack's own values are
 */
export function readConfig(
  get: (key: string) => string | undefined,
  keys: readonly string[] = KEYS,
  file = "the stack's own file",
): StackConfig {
  const values = Object.fromEntries(
    [...new Set([...KEYS, ...keys])].flatMap((key) => {
      const text = get(key);
      // Pulumi.yaml has to give every optional key a default, and an empty text is that of one that is not declared.
      return text === undefined || text === "" ? [] : [[key, fromJson(text)]];
    }),
  );
  const layers = layersOf({ file, values });
  const raw = merged(layers);
  const parsed = StackConfig.safeParse(raw);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.flatMap((issue) =>
    explain(new z.ZodError([issue]), hideSecrets(raw), StackConfig).map(
      ({ property, reason }) => `  ${property}: ${reason}${from(layers, issue)}`,
    ),
  );
  throw new UserError(`the stack's configuration is not valid:\n${complaints.join("\n")}`);
}

/** Where a stack extends others: the file that has what a complaint is about. */
function from(layers: readonly Layer[], { path, ...issue }: z.core.$ZodIssue): string {
  const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const file = layers.length > 1 ? originOf(layers, [...path, ...unknown]) : undefined;
  return file === undefined ? "" : ` (in ${file})`;
}

/** Everything but text reaches a program as JSON; no key is a number, so digits are text. */
function fromJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "number" ? text : value;
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
