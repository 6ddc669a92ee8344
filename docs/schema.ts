/** JSON Schemas of the zod schemas: with meanings, rules, and what a stack's file has beside the plain values. */
import { z } from "zod";
import type { Docs } from "./sources.ts";

export interface Schema {
  $schema?: string;
  type?: string;
  description?: string;
  /** What an editor shows when a rule is broken. */
  errorMessage?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  patternProperties?: Record<string, Schema | boolean>;
}

export function schemaOf(schema: z.ZodType, docs: Docs): Schema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const rules = rulesOf(zodSchema);
      if (rules.length > 0) Object.assign(jsonSchema, { errorMessage: rules.join("; ") });
    },
  });
  return described(json as Schema, docs, "");
}

/** The words of a schema's own checks, where they have some. */
function rulesOf({ _zod: { def } }: z.core.$ZodType): string[] {
  const checks = def.checks ?? [];
  const words = [def, ...checks.map((check) => check._zod.def)].map((one) =>
    (one.error as z.core.$ZodErrorMap | undefined)?.({ code: "custom", path: [], message: "", input: undefined }),
  );
  return [...new Set(words.flatMap((said) => (typeof said === "object" ? said?.message : said) ?? []))];
}

function described(schema: Schema, docs: Docs, path: string): Schema {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = path === "" ? name : `${path}.${name}`;
    const doc = docs.get(at);
    if (doc !== undefined && doc !== "") inner.description = doc;
    described(inner, docs, at);
  }
  for (const inner of [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])])
    if (typeof inner === "object") described(inner, docs, path);
  return schema;
}

const SECURE: Schema = { type: "object", properties: { secure: { type: "string" } }, required: ["secure"] };

/** The schema of a whole Pulumi.<stack>.yaml. */
export function stackFile(config: Schema, project: string): Schema {
  const keys = Object.entries(config.properties ?? {}).map(([key, schema]): [string, Schema] => {
    const text = schema.type === "boolean" ? { anyOf: [schema, { enum: ["true", "false"] }] } : schema;
    return [`${project}:${key}`, concealable(text)];
  });
  const unknown = `^${project}:(?!(${Object.keys(config.properties ?? {}).join("|")})$)`;
  const settings = { type: "object", properties: Object.fromEntries(keys), patternProperties: { [unknown]: false } };
  return { $schema: "http://json-schema.org/draft-07/schema#", type: "object", properties: { config: settings } };
}

/** Where `pulumi config set --secret` puts a secret, its encrypted form may stand. */
function concealable(schema: Schema): Schema {
  const { description, properties, additionalProperties: values } = schema;
  if (description?.startsWith("Secret"))
    return typeof values === "object"
      ? { ...schema, additionalProperties: { anyOf: [values, SECURE] } }
      : { description, anyOf: [schema, SECURE] };
  if (properties === undefined) return schema;
  const inner = Object.entries(properties).map(([key, one]) => [key, concealable(one)] as const);
  return { ...schema, properties: Object.fromEntries(inner) };
}
