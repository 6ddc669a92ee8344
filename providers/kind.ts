/**
 * The contract between the runtime and the resource kinds. A kind is pure but for the commands it returns:
 * the runtime runs them. A kind knows nothing of Pulumi.
 */
import type { z } from "zod";
import type { Command, Secret } from "./host/command.ts";
import type { Login, Result } from "./host/host.ts";

/** One difference between what is and what is declared, in the words of the spec. */
export interface Change {
  /** Path in the spec, such as `properties.compression`. */
  readonly prop: string;
  readonly from: unknown;
  readonly to: unknown;
  /** What the values do not say by themselves, such as "waits for a restart". */
  readonly note?: string;
}

export interface Plan {
  /** What differs; empty when there is nothing to do. */
  readonly changes: readonly Change[];
  /** What cannot be done, each with its reason and a way forward. While there is one, nothing is changed. */
  readonly refusals: readonly string[];
  /** The commands that make the changes, in order: as few as possible. */
  readonly commands: readonly Command[];
  /** Run after the commands: work that is joined with that of the other objects which change at the same time. */
  readonly batch?: Batch;
  /** Run after the commands, once for all objects that change at the same time: a reload, an `exportfs -ra`. */
  readonly settle?: Command;
  /**
   * Run last, over a connection made anew for it: only then does the change count. For changes that can cut the way to
   * the host: the commands must have seen to it that the host takes them back by itself when this does not come. Its
   * time limit is also that of the connecting.
   */
  readonly confirm?: Command;
  /** The host is rebooted at the very end, when nothing else is under way, and waited for. */
  readonly reboot?: Reboot;
  /**
   * Puts back what `commands` did, as far as they came. Run when a command, `settle` or `confirm` failed, took too long,
   * or lost the connection time and again.
   */
  readonly undo?: readonly Command[];
  /** Told before the commands run, or where there are none: what they will wait for, what is left as it is. */
  readonly says?: string;
}

export interface Reboot {
  /** What takes effect by it. */
  readonly why: string;
  /** How long the host may take to be back. */
  readonly seconds: number;
}

/** Work that one command does for many objects of a kind: one apt transaction. */
export interface Batch {
  readonly items: readonly string[];
  /**
   * Does the work of all these items. Where it fails for several objects, it is run again for each one alone: so
   * that each is told its own failure, and one that cannot be done keeps no other from it.
   */
  command(items: readonly string[]): Command;
}

/** The connection by which we came to the host, as the host sees it. */
export interface Arrival {
  readonly client: string;
  readonly server: string;
  readonly port: number;
  /** The interface that has the server's address. */
  readonly iface?: string;
}

/** What the host is: Proxmox VE, or any other system that has Debian's tools. */
export type Platform = "debian" | "proxmox";

/** What a kind may need beside the facts. */
export interface Context<Spec> {
  /** What was declared when this was last applied: tells what to take back that is no longer declared. */
  readonly was?: Spec;
  /** A secret of the stack's configuration, by name. Goes to a standard input, nowhere else. */
  secret(name: string): Secret;
  /** How we are logged in, once we are: what may not be taken from us. */
  readonly login?: Login;
  /** How we came, once we are there: what may not be cut. */
  readonly arrival?: Arrival;
  /** What the host is, once it was asked: before a preview that is where the kind has {@link Kind.unfit}. */
  readonly platform?: Platform;
  /** What {@link Kind.probe} answered. */
  readonly probed?: Result;
}

/**
 * One kind of resource.
 *
 * `Spec` is what a stack declares; `Facts` is what one query tells about many objects of the kind, and whatever else
 * of the host it takes to judge a plan.
 */
export interface Kind<Spec, Facts> {
  /** `family:Name`, the resource's Pulumi type: `zfs:Dataset`. */
  readonly type: string;
  /** True where the object holds data: protected by default, never replaced. */
  readonly holdsData: boolean;
  readonly spec: z.ZodType<Spec>;
  /** The object's name on the host, unique within the kind. */
  id(spec: Spec): string;
  /** The name this object had before, when the declaration says that it is to be renamed in place. */
  renamedFrom?(spec: Spec): string | undefined;
  /** Names of the secrets that the object needs from the stack's configuration. */
  secrets?(spec: Spec): readonly string[];
  /** Why such an object cannot be on such a host, so that a preview says so. Kinds that are at home anywhere have none. */
  unfit?(spec: Spec, platform: Platform): readonly string[];
  /** Names of the members of {@link outputs}. */
  readonly outputNames?: readonly string[];
  /** Properties computed by the host, which are no inputs: health, size. */
  outputs?(facts: Facts, id: string): Readonly<Record<string, unknown>>;

  /** What the user should know about the object although no command of ours can change it: a degraded pool. */
  warnings?(facts: Facts, id: string, spec: Spec): readonly string[];

  /** True where a host cannot tell all objects of the kind (which of its files?): then `query` is always given names. */
  readonly byName?: boolean;
  /**
   * The file whose text is the answer to `query`, where that is all there is to it: the look at the machine, by which every
   * run begins, reads it too, so that a preview need not ask for it.
   */
  readonly answerFile?: string;
  /**
   * One read-only command that tells about the named objects, or about all of the kind when no names are given. It holds
   * no secret: it may go out before it is known which machine answers.
   */
  query(ids: readonly string[] | undefined): Command;
  /** Pure. Throws a UserError when the host cannot have such objects at all (no ZFS, say). */
  parse(answer: Result): Facts;
  /** A read-only command that needs the spec or a secret, for the few objects where `query` cannot know enough. */
  probe?(spec: Spec, context: Context<Spec>): Command | undefined;

  /**
   * Pure. What is there, in the words of the spec: only what `spec` (or `context.was`) declares, a value that is equal
   * to the declared one in the declared notation, a declared one that is not set left out. Undefined: not there.
   */
  view(facts: Facts, spec: Spec, context: Context<Spec>): Spec | undefined;
  /**
   * Pure. Used three times: to preview (`live` is what the last look recorded, nothing for a new object, and there are
   * no `facts`), to apply (live, with facts), and after applying, when it must find no change.
   * `live` holds a value that `want` does not: it was declared and no longer is.
   */
  plan(live: Spec | undefined, want: Spec, context: Context<Spec>, facts?: Facts): Plan;
  /** Pure. Ends the object. `live` is what is there. */
  destroy(live: Spec, context: Context<Spec>, facts: Facts): Plan;
}

/** Types a kind once, where it is defined. */
export function defineKind<Spec, Facts>(kind: Kind<Spec, Facts>): Kind<Spec, Facts> {
  return kind;
}

export const nothing: Plan = { changes: [], refusals: [], commands: [] };
