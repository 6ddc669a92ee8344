import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ExportSpec } from "./kinds/nfs/export.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type ExportArgs = Args<z.input<typeof ExportSpec>>;

/**
 * A directory that other machines can mount by NFS: one drop-in file in /etc/exports.d, and the live export table.
 *
 * Order and notation of clients and options mean nothing. The server itself is enabled and running. Entries of other
 * files are left alone.
 * @example
 * sharing:
 *   exports:
 *     /tank/media:
 *       clients:
 *         10.0.0.0/24: [rw, sync, no_subtree_check]
 *         10.0.0.13: [ro, sync, no_subtree_check]
 *       mode: "0775"
 * @refused A path that is no directory, or leads through a symbolic link. A dataset there that is not mounted, or that ZFS
 * exports itself by `sharenfs`. A path and client that another file exports already. An fsid that is taken.
 * @consent None: the directory and what is in it are never created, emptied or removed.
 * @runs To look: `systemctl show`, the files of exports(5), /var/lib/nfs/etab, `stat`, `zfs list`. To change: the drop-in
 * file, `chown`, `chmod`, and one `exportfs -a` for all exports that change. The server is never restarted.
 */
export class Export extends HostResource {
  /** @param name the resource's name in the program; `args.path` is the directory */
  constructor(name: string, args: ExportArgs, opts?: pulumi.CustomResourceOptions) {
    super("nfs:Export", name, args, [], opts);
  }
}
