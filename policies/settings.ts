/** What a stack's configuration says about policies: `policies.NAME: { level, exceptions, … }`. */
import { z } from "zod";
import { policies } from "./all.ts";
import { LEVELS, type AnyPolicy } from "./policy.ts";

const Exception = z.strictObject({
  for: z
    .string()
    .min(1, "must name what is excepted")
    .describe("What is excepted: the name that the finding begins with, such as `/tank/media`."),
  reason: z
    .string()
    .min(10, "must be a reason that others understand, of 10 characters or more")
    .describe("Why it may be so: of 10 characters or more."),
  until: z
    .string("must be a day such as 2027-01-31")
    // What Pulumi makes of a day without quotes.
    .transform((text) => text.replace(/ 00:00:00 \+0000 UTC$/, ""))
    .pipe(z.iso.date("must be a day such as 2027-01-31"))
    .optional()
    .describe("Last day on which it counts, such as `2027-01-31`. Default: for good."),
});
export type Exception = z.infer<typeof Exception>;

const common = {
  level: z
    .enum([...LEVELS, "disabled"], `must be ${LEVELS.join(", ")} or disabled`)
    .optional()
    .describe("`mandatory` stops a run, `advisory` only tells, `disabled` does not look. Default: the policy's own."),
  exceptions: z.array(Exception).default([]).describe("What may be otherwise, each with its reason. Default: none."),
};
export type Common = {
  readonly level?: "mandatory" | "advisory" | "disabled" | undefined;
  readonly exceptions: Exception[];
};

/** By the policy's name. */
export const PolicySettings = z.strictObject(
  Object.fromEntries(
    policies.map((policy) => [
      policy.name,
      settingsOf(policy).optional().describe(`${policy.rule} Default: as it is.`),
    ]),
  ),
);
export type PolicySettings = z.infer<typeof PolicySettings>;

/** The settings of one policy, those included that every policy has. */
export function settingsOf(policy: AnyPolicy) {
  return z.strictObject({ ...common, ...policy.settings.shape });
}
