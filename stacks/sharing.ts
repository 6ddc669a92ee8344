import { z } from "zod";
import {
  Export,
  ExportSpec,
  SambaServer,
  SambaServerSpec,
  SambaShare,
  SambaShareSpec,
  SambaUser,
  SambaUserSpec,
  Storage,
  StorageSpec,
} from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";
import { accounts } from "./storage.ts";

const SharedExport = ExportSpec.extend({
  /** Makes it a storage of Proxmox VE (proxmox:Storage of type nfs) as well, which goes when the export goes. */
  proxmox: z.strictObject(StorageSpec.shape).omit({ type: true, export: true }).optional(),
});

const SambaConfig = z.strictObject({
  /** Samba itself (samba:Server): its service, and parameters of [global]. Default: left alone. */
  server: SambaServerSpec.optional(),
  /** Shares of Samba (samba:Share) by name. */
  shares: named(SambaShareSpec, "name"),
  /** Users of Samba (samba:User) by name. */
  users: named(SambaUserSpec, "name"),
});

export const SharingConfig = z.strictObject({
  /** NFS exports (nfs:Export) by the path of the exported directory. */
  exports: named(SharedExport, "path"),
  /** What clients of Samba can use: server, shares, users. Default: none. */
  samba: SambaConfig.prefault({}),
});
type SharingConfig = z.infer<typeof SharingConfig>;

/** Sharing: what other machines can mount. */
export class Sharing extends Area {
  constructor({ exports, samba }: SharingConfig, whole: Whole) {
    super("Sharing", whole);
    for (const { proxmox, ...spec } of exports) {
      const thing: Thing = `export ${spec.path}`;
      const needs: Thing[] = [`path ${spec.path}`, ...accounts(spec), "package nfs-kernel-server"];
      this.add(Export, spec.path, spec, { provides: [thing], needs });
      if (proxmox !== undefined)
        this.add(
          Storage,
          proxmox.storage,
          { ...proxmox, type: "nfs", export: spec.path },
          { provides: [`storage ${proxmox.storage}`], needs: [thing] },
        );
    }
    if (samba.server !== undefined)
      this.add(SambaServer, "samba", samba.server, { provides: ["service smbd"], needs: ["package samba"] });
    for (const spec of samba.users)
      this.add(SambaUser, spec.name, spec, {
        ...(spec.createAccount ? { provides: [`user ${spec.name}`] } : {}),
        needs: [`user ${spec.name}`, "service smbd"],
      });
    for (const spec of samba.shares)
      this.add(SambaShare, spec.name, spec, { needs: [...directory(spec), ...accounts(spec), "service smbd"] });
  }
}

function directory({ path }: SambaShareSpec): Thing[] {
  return path === undefined ? [] : [`path ${path}`];
}
