import { z } from "zod";
import { Group, GroupSpec, User, UserSpec } from "../providers/index.ts";
import { Area, type Whole } from "./area.ts";
import { named } from "./named.ts";

export const AccessConfig = z.strictObject({
  /** Unix groups (system:Group) by name. */
  groups: named(GroupSpec, "name"),
  /** Unix accounts (system:User) by login name. */
  users: named(UserSpec, "name"),
});
type AccessConfig = z.infer<typeof AccessConfig>;

/** Access: who can log in, and what they may do. */
export class Access extends Area {
  constructor({ groups, users }: AccessConfig, whole: Whole) {
    super("Access", whole);
    for (const spec of groups)
      this.add(Group, spec.name, spec, {
        provides: [`group ${spec.name}`],
        needs: spec.members.map((name) => `user ${name}` as const),
      });
    for (const spec of users) {
      const own = spec.group === undefined ? [`group ${spec.name}` as const] : [];
      const all = [...spec.groups, ...(spec.group === undefined ? [] : [spec.group])];
      this.add(User, spec.name, spec, {
        provides: [`user ${spec.name}`, ...own],
        needs: [
          ...all.map((name) => `group ${name}` as const),
          ...(spec.sudo.length > 0 ? (["package sudo"] as const) : []),
        ],
      });
    }
  }
}
