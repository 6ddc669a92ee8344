/** All kinds, by name. */
import { UserError } from "./host/host.ts";
import { sessionFor } from "./runtime/configure.ts";
import { erase, type AnyKind } from "./runtime/erased.ts";
import { providerOf, type Provider } from "./runtime/provider.ts";

export const kinds: readonly AnyKind[] = [];

/** What the text in the state calls. */
export function provider(type: string): Provider {
  const kind = kinds.find((one) => one.type === type);
  if (kind === undefined) throw new UserError(`this version of phoenix-hypervisor has no kind ${type}`);
  return providerOf(kind, sessionFor);
}
