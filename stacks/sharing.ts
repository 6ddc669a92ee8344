import * as pulumi from "@pulumi/pulumi";
import { Export } from "../providers/index.ts";
import type { StackConfig } from "./config.ts";
import type { Storage } from "./storage.ts";

/** Sharing: what other machines can mount. */
export class Sharing extends pulumi.ComponentResource {
  /** The exported directories. */
  readonly paths: readonly string[];

  constructor(config: StackConfig["sharing"], storage: Storage, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:host:Sharing", "sharing", {}, opts);
    for (const spec of config.exports) new Export(spec.path, spec, { parent: this, ...storage.under(spec.path) });
    this.paths = config.exports.map(({ path }) => path);
    this.registerOutputs({});
  }
}
