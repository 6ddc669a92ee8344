// The text stored in the state of every resource requires this file by name, and goes on doing so for years:
// never move or rename it. Plain CommonJS without new syntax, so that an old Node gets a sentence, not a stack trace.
// Here, above all layers, the kinds meet the program's configuration.
"use strict";
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18))
  throw new Error(
    "phoenix-hypervisor needs Node 22.18 or newer; this is " + process.version + " (" + process.execPath + ").",
  );

/** @param {string} type */
exports.provider = (type) => require("./registry.ts").provider(type, require("../stacks/config.ts").readConfig);
