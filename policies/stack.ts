/** A stack as policies see it: every resource that it declares, by kind. */
import type { z } from "zod";

export interface Resource {
  /** The kind, `zfs:Dataset`; for what is none of ours the whole type. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  readonly urn: string;
  /** Inputs, and what the host told. Reading one that is not known yet may throw. */
  readonly props: Readonly<Record<string, unknown>>;
  /** URNs of the resources that come before it. */
  readonly needs: readonly string[];
  /** Whether Pulumi refuses to delete it. */
  readonly protect: boolean;
}

/** A resource with what it declares, checked and completed by the kind's spec. */
export interface Declared<Spec> {
  readonly resource: Resource;
  readonly spec: Spec;
}

/** A resource whose declaration cannot be read: then nobody can tell whether a policy is kept. */
export class Unreadable extends Error {
  readonly resource: Resource;
  constructor(resource: Resource, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.resource = resource;
  }
}

export class Stack {
  readonly resources: readonly Resource[];
  constructor(resources: readonly Resource[]) {
    this.resources = resources;
  }

  /** What is declared of a kind. Throws {@link Unreadable}. */
  of<Spec extends z.ZodObject>(type: string, spec: Spec): Declared<z.infer<Spec>>[] {
    const found = this.resources.filter((resource) => resource.type === type);
    return found.map((resource) => ({ resource, spec: read(resource, spec) }));
  }
}

/** The kind of one of our resources; other types as they are. */
export function kindOf(type: string): string {
  return type.replace(/^pulumi-nodejs:dynamic\//, "");
}

function read<Spec extends z.ZodObject>(resource: Resource, spec: Spec): z.infer<Spec> {
  try {
    const names = Object.keys(spec.shape).filter((name) => name in resource.props);
    return spec.parse(Object.fromEntries(names.map((name) => [name, resource.props[name]])));
  } catch (error) {
    throw new Unreadable(resource, error);
  }
}
