import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ServerSpec } from "./kinds/samba/server.ts";
import type { ShareSpec } from "./kinds/samba/share.ts";
import type { UserSpec } from "./kinds/samba/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type ServerArgs = Args<z.input<typeof ServerSpec>>;

/** Samba itself: its service, and parameters of [global]. There is one per host. */
export class Server extends HostResource {
  constructor(name: string, args: ServerArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:Server", name, args, [], opts);
  }
}

export type ShareArgs = Args<z.input<typeof ShareSpec>>;

/** A directory that clients of Samba can use: one file in /etc/samba. */
export class Share extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the share's */
  constructor(name: string, args: ShareArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:Share", name, args, [], opts);
  }
}

export type UserArgs = Args<z.input<typeof UserSpec>>;

/** A user of Samba with a password from the stack's secrets, and the Unix account that it needs. */
export class User extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the user's */
  constructor(name: string, args: UserArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:User", name, args, [], opts);
  }
}
