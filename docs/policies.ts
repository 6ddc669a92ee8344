/** The page on policies: how they are run and set, and what each says. */
import { policies } from "../policies/all.ts";
import type { AnyPolicy } from "../policies/policy.ts";
import { settingsOf } from "../policies/settings.ts";
import { members } from "./pages.ts";
import { schemaOf } from "./schema.ts";

const INTRODUCTION = `# Policies

What a stack must be, whatever it declares: a plan that breaks a mandatory policy is stopped in the preview, before
anything on the host is touched. Policies look at what is declared, all of the stack at once; they ask the host nothing.

\`\`\`console
$ pulumi preview --policy-pack policies         # with an official Pulumi
$ pulumi preview --policy-pack policies/pack    # everywhere, also where Pulumi was built by npm run up
$ export PULUMI_OPTION_POLICY_PACK=$PWD/policies/pack   # for every preview and up of this shell
\`\`\`

\`npm run up\`, \`eval "$(npm run -s lab -- env)"\`, \`npm run preview\` and the [pipelines](pipelines.md) have them switched
on. They judge the preview: \`pulumi up --skip-preview\` does things first and is told afterwards, so do not skip it.

## What is told

\`\`\`
- [mandatory]  nfs-root-squash  (pulumi-nodejs:dynamic/nfs:Export: /tank/media)
  Root of a whole network is not root in an NFS export.
  /tank/media: no_root_squash for 10.0.0.0/24, which is 256 addresses
  Why: whoever is root on any machine of that network, or plugs one in, can read, change and own every file there.
  What to do: take no_root_squash out (or say root_squash), or give it to single machines …
  If it must be so: policies.nfs-root-squash.exceptions: [{ for: "/tank/media", reason: … }]
\`\`\`

## Settings and exceptions

They are part of the stack's configuration, so that each stack has its own and a change of them is reviewed as any other:

\`\`\`yaml
config:
  phoenix:policies:
    nfs-root-squash:
      exceptions:
        - { for: /tank/backups, reason: the backup server restores ownership, until: 2027-01-31 }
    firewall-management: { from: [10.0.0.5] }
    data-protected: { level: advisory }
\`\`\`

An exception names what the finding begins with, and gives a reason. After its last day it no longer counts, and one
that nothing needs is told, so that it is taken out. Each policy takes \`level\` (\`mandatory\`: the run is stopped;
\`advisory\`: it is told; \`disabled\`) and \`exceptions\`, and the settings that are named with it.

## The policies

`;

export function policiesPage(): string {
  return `${INTRODUCTION}${policies.map(section).join("\n")}`;
}

function section(policy: AnyPolicy): string {
  const { name, rule, level, reason, remedy, settings } = policy;
  const own = Object.keys(settings.shape).length > 0;
  const lines = [`### ${name}`, `${rule} **${level}**`, `- Why: ${reason}\n- What to do: ${remedy}`];
  const all = schemaOf(settingsOf(policy), new Map());
  for (const common of ["level", "exceptions"]) delete all.properties?.[common];
  return `${[...lines, ...(own ? [members(all, 4)] : [])].join("\n\n")}\n`;
}
