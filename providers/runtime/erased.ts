import type { Kind } from "../kind.ts";
import type { Props } from "./values.ts";

/** A kind whose types are forgotten: the runtime handles all kinds alike. */
export type AnyKind = Kind<Props, unknown>;

/** The one place where the types of a kind are forgotten. */
export function erase<Spec, Facts>(kind: Kind<Spec, Facts>): AnyKind {
  return kind as unknown as AnyKind;
}
