/**
 * The drift cases of a kind: data that test/laws.lab.test.ts runs on the lab host for every registered kind.
 * Each case is applied, changed by hand, looked at (exactly that must differ), healed (exactly one command),
 * looked at again (nothing must differ), and destroyed at the end.
 */
export interface DriftCase<Spec> {
  /** The spec's property that is changed by hand, as `Change.prop` names it. */
  readonly prop: string;
  readonly spec: Spec;
  /** What somebody types on the host, as root: a shell line. */
  readonly byHand: string;
  /** The `Change.prop`s that must then be listed. Default: `[prop]`. */
  readonly differs?: readonly string[];
  /** Changing commands that heal it, a settle command included. Default 1; another number needs a reason beside it. */
  readonly commands?: number;
}

export interface DriftSuite<Spec> {
  /** Shell lines that bring the lab host, as root, into the state the cases need (a pool to work in, say). */
  readonly prepare: readonly string[];
  /** Shell lines that make objects nobody declared, of this kind and of neighbouring ones. */
  readonly foreign: readonly string[];
  /** A shell line that prints those foreign objects; it must print the same before and after everything. */
  readonly foreignState: string;
  readonly cases: readonly DriftCase<Spec>[];
  /** The stack's secrets that the specs name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /**
   * True when all cases' objects can exist side by side: they take part at the same time, and the cases of one object
   * in turn.
   */
  readonly apart: boolean;
}
