/** How a stack's classes become dynamic resources. */
import * as pulumi from "@pulumi/pulumi";

// The SDK would have the state keep where in the program each resource was declared: half of its size, and other in
// each checkout. Our resources are declared by the configuration, whose path errors name. Where a version of the SDK
// has no such member, this does nothing.
Object.assign(pulumi.Resource, { stackTrace: () => [] });

/**
 * The provider's code as the state stores it: one constant line that requires today's code. Resources are refreshed
 * and destroyed with the text that is in the state, so it never changes; test/runtime.text.test.ts holds it fast.
 */
export function providerText(type: string): string {
  return `exports.handler=()=>require(process.cwd()+"/providers/entry.cjs").provider(${JSON.stringify(type)})`;
}

/** A value as a program gives it to a resource: plain, or the output of another resource, at any depth. */
export type Given<T> = T extends string | number | boolean | undefined | null
  ? pulumi.Input<T>
  : T extends readonly (infer Element)[]
    ? pulumi.Input<Given<Element>[]>
    : pulumi.Input<{ [Key in keyof T]: Given<T[Key]> }>;

/** The inputs of a resource; `Spec` is what the kind's spec takes. */
export type Args<Spec> = { [Key in keyof Spec]: Given<Spec[Key]> };

/** A resource of a kind: the base of every class in providers/index.ts. */
export abstract class HostResource extends pulumi.CustomResource {
  /** The machine-id of the machine that has the object. */
  declare readonly machine: pulumi.Output<string>;

  /**
   * @param type the kind, such as `zfs:Dataset`
   * @param args the inputs, as the kind's spec has them
   * @param outputs names of the properties that only the host knows
   */
  protected constructor(
    type: string,
    name: string,
    args: object,
    outputs: readonly string[],
    opts: pulumi.CustomResourceOptions | undefined,
  ) {
    const unknown = Object.fromEntries(["machine", ...outputs].map((key) => [key, undefined]));
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...unknown, ...args, __provider: providerText(type) }, opts);
  }
}
