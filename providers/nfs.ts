import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ExportSpec } from "./kinds/nfs/export.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type ExportArgs = Args<z.input<typeof ExportSpec>>;

/** A directory that other machines can mount by NFS: one drop-in file in /etc/exports.d. */
export class Export extends HostResource {
  /** @param name the resource's name in the program; `args.path` is the directory */
  constructor(name: string, args: ExportArgs, opts?: pulumi.CustomResourceOptions) {
    super("nfs:Export", name, args, [], opts);
  }
}
