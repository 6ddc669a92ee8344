/**
 * `npm run preview -- [STACK …] [--comment FILE]`: previews stacks side by side, with the policies, and sums up.
 * Without a name: all stacks. Fails when one of them cannot be brought about as it is declared.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { allStacks, preview } from "./engine.ts";
import { comment, table } from "./report.ts";

const options = { comment: { type: "string" } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const stacks = positionals.length > 0 ? positionals : allStacks();
const outcomes = await Promise.all(stacks.map(preview));
console.log(table(outcomes));
if (values.comment !== undefined)
  writeFileSync(values.comment, comment(outcomes, `<!-- phoenix-hypervisor preview ${stacks.join(" ")} -->`));
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
