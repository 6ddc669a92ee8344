import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { StorageSpec } from "./kinds/proxmox/storage.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type StorageArgs = Args<z.input<typeof StorageSpec>>;

/** A storage of Proxmox VE: where guests' volumes, images and backups are. It points to data and holds none. */
export class Storage extends HostResource {
  /** @param name the resource's name in the program; `args.storage` is the storage's ID */
  constructor(name: string, args: StorageArgs, opts?: pulumi.CustomResourceOptions) {
    super("proxmox:Storage", name, args, [], opts);
  }
}
