// The entry of the Pulumi program: plain JavaScript, so that an old Node or SDK gets a sentence, not a syntax error.
import * as modules from "node:module";
import { join } from "node:path";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`phoenix-hypervisor needs Node 22.18 or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}
// As providers/entry.cjs does: what Node made of the TypeScript is kept for the next run.
modules.enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/phoenix"));
// Pulumi's runner has each line of a stack trace looked up in source maps, and there is a trace for every resource and
// promise. Node takes types out without moving a line: there is nothing to look up.
Reflect.deleteProperty(Error, "prepareStackTrace");
const { pools, gpu } = await import("./index.ts");
/** The stack's outputs. Pulumi would warn of one that is undefined. */
export default gpu === undefined ? { pools } : { pools, gpu };
