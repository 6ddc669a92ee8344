import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ServerSpec } from "./kinds/samba/server.ts";
import type { ShareSpec } from "./kinds/samba/share.ts";
import type { UserSpec } from "./kinds/samba/user.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

export type ServerArgs = Args<z.input<typeof ServerSpec>>;

/**
 * Samba itself: its service, and parameters of [global]. There is one per host.
 * @example
 * sharing:
 *   samba:
 *     server:
 *       parameters:
 *         workgroup: HOME
 *         server min protocol: SMB3
 *         map to guest: never
 * @refused Parameters that this Samba does not know, and whatever `testparm` refuses. Lines of other people's stay.
 * @consent None: no data is involved. When it ends, Samba stays, and its services are as they were before.
 * @runs To look: `testparm`, `systemctl show`. To change: files of its own that smb.conf includes, which count once `testparm`
 * has taken the whole; `smbcontrol smbd reload-config`, never a restart, so that open sessions survive; `systemctl enable`.
 */
export class Server extends HostResource {
  constructor(name: string, args: ServerArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:Server", name, args, [], opts);
  }
}

export type ShareArgs = Args<z.input<typeof ShareSpec>>;

/**
 * A directory that clients of Samba can use: one file in /etc/samba.
 * @example
 * sharing:
 *   samba:
 *     shares:
 *       media:
 *         path: /tank/media
 *         parameters:
 *           valid users: [alice]
 *           read only: false
 *           vfs objects: [catia, streams_xattr]
 * @refused A share that is there already with parameters that are not declared. Parameters set elsewhere, by an included file or
 * the registry. A path where a dataset should be mounted and is not.
 * @consent None: the directory and what is in it are never created, emptied or removed. Foreign shares are left alone.
 * @runs To look: `testparm`, `zfs list`. To change: one file in /etc/samba, taken by `testparm` first, and one
 * `smbcontrol smbd reload-config` for all shares that change. Open sessions survive.
 */
export class Share extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the share's */
  constructor(name: string, args: ShareArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:Share", name, args, [], opts);
  }
}

export type UserArgs = Args<z.input<typeof UserSpec>>;

/**
 * A user of Samba with a password from the stack's secrets, and the Unix account that it needs.
 * @example
 * secrets: { smb-alice: a long passphrase }
 * sharing:
 *   samba:
 *     users:
 *       alice: { secret: smb-alice, createAccount: true }
 * @refused A user without a Unix account, unless `createAccount` is declared. A password that is empty, longer than 127
 * characters, or not one line.
 * @consent None: no data is involved. A Unix account goes with the user only where it was made for it.
 * @runs To look: `pdbedit -L -w`, of which only the hash is compared. To change: `smbpasswd`, with the password on its standard
 * input, `useradd`, `pdbedit -x`, `userdel`.
 */
export class User extends HostResource {
  /** @param name the resource's name in the program; `args.name` is the user's */
  constructor(name: string, args: UserArgs, opts?: pulumi.CustomResourceOptions) {
    super("samba:User", name, args, [], opts);
  }
}
