// The spec reporter, with a closing line that is the true count.
"use strict";
const { reporters } = require("mocha");

module.exports = class extends reporters.Spec {
  /** @override */
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
  }
};
