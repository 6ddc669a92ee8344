import type { AnyKind } from "./erased.ts";
import type { Props } from "./values.ts";

/** Tells the user about an object: the engine shows what a provider writes to its standard error. */
export function say(kind: AnyKind, spec: Props, text: string): void {
  process.stderr.write(`${kind.type} ${kind.id(spec)}: ${text}\n`);
}
