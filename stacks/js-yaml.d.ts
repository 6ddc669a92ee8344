declare module "js-yaml" {
  export const CORE_SCHEMA: unknown;
  /** Throws an Error that says where in the text it cannot go on. */
  export function load(text: string, options: { readonly filename: string; readonly schema: unknown }): unknown;
}
