/** `npm run drift -- [STACK …]`: fails with the list of properties that differ between hosts and what is declared. */
import { allStacks, preview } from "./engine.ts";
import { drift } from "./report.ts";

const named = process.argv.slice(2);
const outcomes = await Promise.all((named.length > 0 ? named : allStacks()).map(preview));
for (const one of outcomes) console.log(drift(one));
process.exitCode = outcomes.every(({ ok, steps }) => ok && steps.length === 0) ? 0 : 1;
