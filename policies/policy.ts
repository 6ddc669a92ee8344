/** The contract between the policy pack and its rules. A rule is a pure function; it knows nothing of Pulumi. */
import { z } from "zod";
import type { Resource, Stack } from "./stack.ts";

/** `mandatory`: the run is stopped. `advisory`: it is told and goes on. */
export const LEVELS = ["mandatory", "advisory"] as const;
export type Level = (typeof LEVELS)[number];

/** One breach of a policy. */
export interface Finding {
  /** What is wrong with what, in words that follow the subject. */
  readonly message: string;
  /** What an exception names: `/tank/media`. */
  readonly subject: string;
  /** The resource it shows at. Default: the stack. */
  readonly on?: Resource | undefined;
}

export interface Policy<Settings extends z.ZodObject = z.ZodObject> {
  /** `nfs-root-squash`: its name in the stack's configuration, and in what is reported. */
  readonly name: string;
  /** What must be so. */
  readonly rule: string;
  readonly level: Level;
  /** Why it must be so. */
  readonly reason: string;
  /** What to change where it is not. */
  readonly remedy: string;
  /** What a stack can set. Each member has a default, or is optional. */
  readonly settings: Settings;
  find(stack: Stack, settings: z.infer<Settings>): readonly Finding[];
}

export interface AnyPolicy extends Omit<Policy, "find"> {
  /** @param settings what the stack sets, which is checked and completed */
  find(stack: Stack, settings: unknown): readonly Finding[];
}

/** Types a policy once, where it is defined. */
export function definePolicy<Settings extends z.ZodObject>(policy: Policy<Settings>): AnyPolicy {
  return { ...policy, find: (stack, given) => policy.find(stack, policy.settings.parse(given)) };
}

/** Of policies that have nothing to set. */
export const none = z.strictObject({});
