/**
 * What stacks have in common: files that a stack's configuration names in `extends`, each beneath the ones after it,
 * and all beneath the stack's own. Maps are merged; all else is taken from the topmost layer that has it.
 */
import { readFileSync } from "node:fs";
import { CORE_SCHEMA, load } from "js-yaml";
import { UserError } from "../providers/index.ts";

type Values = Readonly<Record<string, unknown>>;

/** One file's values, by the keys of the project's namespace. */
export interface Layer {
  readonly file: string;
  readonly values: Values;
}

/** Reads a file's text by its path from the project's folder. */
export type ReadFile = (path: string) => string;

/** What cannot be shared, for it is about one host or one state. */
const OWN = ["machineId", "takeOver", "protect", "secrets"];

/** The layers that `own` stands on, lowest first, and it. */
export function layersOf(own: Layer, read: ReadFile = readProjectFile): Layer[] {
  return [...beneath(own, [], read), own];
}

function beneath({ file, values }: Layer, path: readonly string[], read: ReadFile): Layer[] {
  const { extends: names = [] } = values;
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
    throw new UserError(`${file}: \`extends\` must be a list of files, such as [environments/base.yaml]`);
  return (names as readonly string[]).flatMap((name) => {
    if (path.includes(name))
      throw new UserError(`${[...path, name].join(" extends ")}: a circle; take one of them out`);
    const layer = { file: name, values: readLayer(name, file, read) };
    return [...beneath(layer, [...path, name], read), layer];
  });
}

function readLayer(name: string, by: string, read: ReadFile): Values {
  const content = parse(name, by, read);
  const config = isMap(content) ? (content["config"] ?? {}) : undefined;
  if (!isMap(config) || !isMap(content))
    throw new UserError(`${name}: must be like a stack's file, with \`config:\` at its top`);
  const others = Object.keys(content).filter((key) => key !== "config");
  if (others.length > 0) throw new UserError(`${name}: cannot have \`${others.join("`, `")}\`, only \`config\``);
  const bare = Object.entries(config).map(([key, value]) => {
    const own = key.replace(/^phoenix:/, "");
    if (own === key) throw new UserError(`${name}: ${key} must be phoenix:${key}`);
    if (OWN.includes(own)) throw new UserError(`${name}: ${key} is not shared: say it in each stack's own file`);
    const sealed = sealedIn(value, key);
    if (sealed !== undefined)
      throw new UserError(`${name}: ${sealed} is encrypted with the key of one stack: say it in that stack's own file`);
    return [own, value] as const;
  });
  return Object.fromEntries(bare);
}

function parse(name: string, by: string, read: ReadFile): unknown {
  try {
    // Days and the like stay texts, as in what Pulumi hands over.
    return load(read(name), { filename: name, schema: CORE_SCHEMA });
  } catch (error) {
    throw new UserError(`${by} extends ${name}, which cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function readProjectFile(path: string): string {
  return readFileSync(path, "utf8");
}

/** The path of a value that `pulumi config set --secret` has made. */
function sealedIn(value: unknown, path: string): string | undefined {
  if (!isMap(value)) return undefined;
  if ("secure" in value) return path;
  for (const [key, inner] of Object.entries(value)) {
    const found = sealedIn(inner, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All layers as one. */
export function merged(layers: readonly Layer[]): Values {
  return layers.reduce<Values>((below, { values }) => mergeMaps(below, values), {});
}

function mergeMaps(below: Values, above: Values): Values {
  const all = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(
    all.flatMap((key) => {
      if (!(key in above)) return [[key, below[key]]];
      if (!(key in below)) return [[key, above[key]]];
      const value = merge(below[key], above[key]);
      return value === GONE ? [] : [[key, value]];
    }),
  );
}

const GONE = Symbol("no longer declared");

/** `false` takes away an entry, a map or a list that a lower layer has; nothing behind the colon adds nothing to it. */
function merge(below: unknown, above: unknown): unknown {
  const whole = isMap(below) || Array.isArray(below) || below === null;
  if (above === false && whole) return GONE;
  if (above === null && isMap(below)) return below;
  return isMap(below) && isMap(above) ? mergeMaps(below, above) : above;
}

/** The file that a value at a path comes from: the topmost that has it, or what is nearest above it. */
export function originOf(layers: readonly Layer[], path: readonly PropertyKey[]): string | undefined {
  const depths = layers.map(({ file, values }) => ({ file, depth: depthOf(values, path) }));
  const deepest = Math.max(0, ...depths.map(({ depth }) => depth));
  return deepest === 0 ? undefined : depths.findLast(({ depth }) => depth === deepest)?.file;
}

function depthOf(values: unknown, [key, ...rest]: readonly PropertyKey[]): number {
  if (key === undefined || typeof values !== "object" || values === null || !(key in values)) return 0;
  return 1 + depthOf((values as Readonly<Record<PropertyKey, unknown>>)[key], rest);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
