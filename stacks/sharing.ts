import { z } from "zod";
import { Export, ExportSpec } from "../providers/index.ts";
import { Area, type Whole } from "./area.ts";
import { named } from "./named.ts";
import { accounts } from "./storage.ts";

export const SharingConfig = z.strictObject({
  /** NFS exports (nfs:Export) by the path of the exported directory. */
  exports: named(ExportSpec, "path"),
});
type SharingConfig = z.infer<typeof SharingConfig>;

/** Sharing: what other machines can mount. */
export class Sharing extends Area {
  constructor({ exports }: SharingConfig, whole: Whole) {
    super("Sharing", whole);
    for (const spec of exports) this.add(Export, spec.path, spec, { needs: [`path ${spec.path}`, ...accounts(spec)] });
  }
}
