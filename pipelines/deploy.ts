/** `npm run deploy -- STACK`: brings a stack's host to what is declared; a plan that breaks a policy is not begun. */
import { deploy } from "./engine.ts";

const [stack, ...more] = process.argv.slice(2);
if (stack === undefined || more.length > 0) {
  console.error("npm run deploy -- STACK: names one stack");
  process.exit(2);
}
process.exitCode = await deploy(stack);
