import { z } from "zod";
import { Export, ExportSpec, Storage, StorageSpec } from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";
import { accounts } from "./storage.ts";

const SharedExport = ExportSpec.extend({
  /** Makes it a storage of Proxmox VE (proxmox:Storage of type nfs) as well, which goes when the export goes. */
  proxmox: z.strictObject(StorageSpec.shape).omit({ type: true, export: true }).optional(),
});

export const SharingConfig = z.strictObject({
  /** NFS exports (nfs:Export) by the path of the exported directory. */
  exports: named(SharedExport, "path"),
});
type SharingConfig = z.infer<typeof SharingConfig>;

/** Sharing: what other machines can mount. */
export class Sharing extends Area {
  constructor({ exports }: SharingConfig, whole: Whole) {
    super("Sharing", whole);
    for (const { proxmox, ...spec } of exports) {
      const thing: Thing = `export ${spec.path}`;
      this.add(Export, spec.path, spec, { provides: [thing], needs: [`path ${spec.path}`, ...accounts(spec)] });
      if (proxmox !== undefined)
        this.add(
          Storage,
          proxmox.storage,
          { ...proxmox, type: "nfs", export: spec.path },
          { provides: [`storage ${proxmox.storage}`], needs: [thing] },
        );
    }
  }
}
