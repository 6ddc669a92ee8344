// The text stored in the state of every resource requires this file by name, and goes on doing so for years:
// never move or rename it. Plain CommonJS without new syntax, so that an old Node gets a sentence, not a stack trace.
// Here, above all layers, the kinds meet the program's configuration.
"use strict";
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18))
  throw new Error(
    "phoenix-hypervisor needs Node 22.18 or newer; this is " + process.version + " (" + process.execPath + ").",
  );

// What Node made of the TypeScript is kept for the next run; where that cannot be written, it is made anew each time.
const modules = require("node:module");
modules.enableCompileCache(require("node:path").join(__dirname, "../node_modules/.cache/phoenix"));
let kept = false;

/** @param {string} type */
exports.provider = (type) => {
  const { provider } = require("./registry.ts");
  const { readConfig } = require("../stacks/config.ts");
  // Now, for the engine does not let its providers come to an end of their own.
  if (!kept) modules.flushCompileCache();
  kept = true;
  return provider(type, readConfig);
};
