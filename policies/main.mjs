// The entry of the policy pack: plain JavaScript, for the runner would have a TypeScript entry compiled.
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

// As providers/entry.cjs does: what Node made of the TypeScript is kept for the next run.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/phoenix"));
// Not awaited: the runner takes this file by `require`, which does not wait. Flushed now, for the engine ends this process
// without a word.
void import("./index.ts").then(() => flushCompileCache());
