/** The stack files of this project, and what the program registers with the engine for a configuration. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "../../stacks/config.ts";
import { layersOf, merged } from "../../stacks/layers.ts";
import { declareHost } from "../../stacks/host.ts";

export const { load } = createRequire(import.meta.url)("js-yaml") as { load: (text: string) => unknown };

const ROOT = join(import.meta.dirname, "..", "..");

export function textOf(...path: readonly string[]): string {
  return readFileSync(join(ROOT, ...path), "utf8");
}

export interface StackFile {
  readonly config: Readonly<Record<string, unknown>>;
}

export function stackFile(path: string): StackFile {
  return load(textOf(path)) as StackFile;
}

/** What the file declares, with what it extends, as the program gets it: without the project's name before each key, secrets as text. */
export function configOf(path: string): Record<string, unknown> {
  const open = (key: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && "secure" in value ? `the secret ${key}` : value;
  const config = JSON.parse(JSON.stringify(stackFile(path).config), open) as Record<string, unknown>;
  const values = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("phoenix:", ""), value]));
  const all = Object.entries(merged(layersOf({ file: path, values }, textOf)));
  return Object.fromEntries(all.filter(([key]) => key !== "extends"));
}

export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly protect: boolean;
  readonly props: Readonly<Record<string, unknown>>;
  readonly needs: readonly string[];
}

/** What the program registers with the engine, such as `zfs:Pool tank`. */
export async function register(config: object): Promise<Map<string, Registered>> {
  const made = new Map<string, Registered>();
  const mocks = {
    newResource: ({ name, inputs }: pulumi.runtime.MockResourceArgs) => ({
      id: name,
      state: inputs as Record<string, unknown>,
    }),
    call: () => ({}),
  };
  await pulumi.runtime.setMocks(mocks, "phoenix", "test", false, "organization");
  const monitor = pulumi.runtime.getMonitor();
  assert.ok(monitor);
  const original = monitor.registerResource.bind(monitor);
  const recording = (...call: Parameters<typeof original>) => {
    const { custom, name, type, protect } = call[0].toObject();
    const props = call[0].getObject()?.toJavaScript() ?? {};
    const needs = call[0].getDependenciesList().map(nameOf);
    if (custom) made.set(nameOf(`${type}::${name}`), { type, name, protect: protect ?? false, props, needs });
    return original(...call);
  };
  Object.assign(monitor, { registerResource: recording });
  const all: Record<string, unknown> = { connection: { host: "lab" }, ...config };
  declareHost(readConfig((key) => text(all[key])));
  await pulumi.runtime.disconnect();
  return made;
}

/** As the engine hands a value over: text as it is, everything else as JSON. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" || value === undefined ? value : JSON.stringify(value);
}

/** `zfs:Pool tank`, of a URN. */
function nameOf(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return `${type?.replace(/.*pulumi-nodejs:dynamic\//, "") ?? ""} ${name ?? ""}`;
}
