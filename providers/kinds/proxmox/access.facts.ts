/** What one look at the host tells about users, groups and roles of Proxmox VE, and who may do what. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import type { Platform } from "../../kind.ts";

export interface User {
  readonly enable: boolean;
  /** Seconds since 1970; 0: never. */
  readonly expire: number;
  readonly firstname: string;
  readonly lastname: string;
  readonly email: string;
  readonly comment: string;
  readonly groups: readonly string[];
}

/** One permission, in the words of `pveum acl list`. */
export interface Entry {
  readonly path: string;
  readonly type: "user" | "group" | "token";
  readonly ugid: string;
  readonly roleid: string;
  readonly propagate: boolean;
}

export interface Facts {
  readonly users: ReadonlyMap<string, User>;
  /** What is said about each group, by its name. */
  readonly groups: ReadonlyMap<string, string>;
  /** The privileges of each role that is not Proxmox VE's own, by its name. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly acl: readonly Entry[];
}

/** Why such an object cannot be on a host: these are at home on Proxmox VE alone. */
export function needsPve(object: string, platform: Platform): readonly string[] {
  return platform === "proxmox"
    ? []
    : [`${object} needs Proxmox VE, and the host is Debian without it: take it out of the stack`];
}

/** Proxmox VE always has it, and it may do everything. */
export const ROOT = "root@pam";

/** user.cfg is the whole truth, and reading it takes a hundredth of the time that any pveum command does. */
export function query(): Command {
  return script("proxmox-access", QUERY);
}

const QUERY = `
command -v pveum >/dev/null || exit 0
echo == pve
! mountpoint -q /etc/pve || echo mounted
echo == access
[ ! -f /etc/pve/user.cfg ] || cat /etc/pve/user.cfg
`;

/** Throws a UserError where there is no Proxmox VE, or where its files cannot be seen. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the users of Proxmox VE: ${answer.stderr.trim()}`);
  if (!answer.stdout.startsWith("== pve\n")) throw new UserError("the host has no pveum: it is not Proxmox VE");
  const section = sections(answer.stdout);
  if (section("pve").length === 0)
    throw new UserError("/etc/pve is not mounted, so there are no users to see: systemctl start pve-cluster");
  const lines = section("access").map((line) => line.split(":").map((field) => field.trim()));
  const groups = lines.filter(([kind]) => kind === "group");
  const users = lines.filter(([kind]) => kind === "user").map((line) => user(line, groups));
  return {
    users: new Map([[ROOT, user(["user", ROOT, "1"], groups)[1]], ...users]),
    // `group:NAME:member,member:comment:`, `role:NAME:privilege,privilege:`
    groups: new Map(groups.map(([, name = "", , comment = ""]) => [name, text(comment)])),
    roles: new Map(
      lines.filter(([kind]) => kind === "role").map(([, name = "", privs = ""]) => [name, words(privs).toSorted()]),
    ),
    acl: lines.filter(([kind]) => kind === "acl").flatMap(entries),
  };
}

/** `user:ID:enable:expire:firstname:lastname:email:comment:keys:` */
function user(line: readonly string[], groups: readonly (readonly string[])[]): [string, User] {
  const [, id = "", enable, expire = "", firstname = "", lastname = "", email = "", comment = ""] = line;
  const of = groups.flatMap(([, name = "", members = ""]) => (words(members).includes(id) ? [name] : []));
  const texts = { firstname: text(firstname), lastname: text(lastname), email: text(email), comment: text(comment) };
  return [id, { enable: enable === "1", expire: Number(expire), ...texts, groups: of.sort() }];
}

/** `acl:propagate:path:who,who:role,role:`, where groups have an @ before their name. */
function entries([, propagate, path = "", who = "", roles = ""]: readonly string[]): Entry[] {
  return words(who).flatMap((name) =>
    words(roles).map((roleid): Entry => {
      const type = name.startsWith("@") ? "group" : name.includes("!") ? "token" : "user";
      return { path, type, ugid: name.replace(/^@/, ""), roleid, propagate: propagate === "1" };
    }),
  );
}

/** Colons, control characters and all but ASCII are escaped, byte by byte. */
function text(field: string): string {
  return field.replace(/(?:%[\dA-Fa-f]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

function words(list: string): string[] {
  return list.split(/[,;\s]+/).filter((word) => word !== "");
}
