/** `npm run drift -- [STACK …]`: fails with the list of properties that differ between hosts and what is declared. */
import { allStacks, preview } from "./engine.ts";
import { changes } from "./report.ts";

const named = process.argv.slice(2);
const outcomes = await Promise.all((named.length > 0 ? named : allStacks()).map(preview));
for (const { stack, ok, steps, errors, violations } of outcomes) {
  const broken = violations.filter(({ level }) => level === "mandatory");
  const lines = [...errors, ...broken.map(({ policy, text }) => `${policy}: ${text}`), ...changes(steps)];
  console.log(ok && steps.length === 0 ? `${stack}: as declared` : [`${stack}: differs`, ...lines].join("\n  "));
}
process.exitCode = outcomes.every(({ ok, steps }) => ok && steps.length === 0) ? 0 : 1;
