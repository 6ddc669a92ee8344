/** The pack: what the engine's analyzer protocol gives, handed to the policies. */
import { PolicyPack, type PolicyResource } from "@pulumi/policy";
import { policies } from "./all.ts";
import { judge } from "./judge.ts";
import type { Level } from "./policy.ts";
import { PolicySettings } from "./settings.ts";
import { kindOf, Stack, type Resource } from "./stack.ts";

/** The component by which the program hands the stack's settings to the pack. */
const SETTINGS = "phoenix:host:Policies";

/** The runner takes this in place of a text, though its types do not say so: only this can carry a level of its own. */
interface Reported {
  readonly message: string;
  readonly enforcementLevel: Level;
  readonly urn: string | undefined;
}

new PolicyPack("phoenix-hypervisor", {
  enforcementLevel: "mandatory",
  policies: policies.map((policy) => ({
    name: policy.name,
    description: policy.rule,
    enforcementLevel: policy.level,
    remediationSteps: policy.remedy,
    validateStack({ resources }, reportViolation) {
      const today = new Date().toISOString().slice(0, 10);
      const report = reportViolation as unknown as (violation: Reported) => void;
      for (const { level, urn, text } of judge(policy, stackOf(resources), settings(resources), today))
        report({ message: `${policy.rule}\n${text}`, enforcementLevel: level, urn });
    },
  })),
});

function stackOf(resources: readonly PolicyResource[]): Stack {
  // A provider's own properties are the stack's configuration, secrets included: no business of a policy.
  const own = resources.filter(({ type }) => !type.startsWith("pulumi:"));
  return new Stack(
    own.map(({ type, name, urn, props, opts, dependencies }): Resource => ({
      type: kindOf(type),
      name,
      urn,
      props,
      needs: dependencies.map((one) => one.urn),
      protect: opts.protect,
    })),
  );
}

function settings(resources: readonly PolicyResource[]): PolicySettings {
  const given: unknown = resources.find(({ type }) => type === SETTINGS)?.props["settings"] ?? {};
  return PolicySettings.parse(JSON.parse(JSON.stringify(given)));
}
