// Stands in for providers/entry.cjs.
"use strict";
exports.provider = require("./provider.ts").provider;
