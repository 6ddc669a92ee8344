import { canonical, canonicalName, type Parameters } from "../../providers/kinds/samba/parameters.ts";
import { ServerSpec } from "../../providers/kinds/samba/server.ts";
import { ShareSpec } from "../../providers/kinds/samba/share.ts";
import { definePolicy, none } from "../policy.ts";

export const guestWrite = definePolicy({
  name: "samba-guest-write",
  rule: "Nobody writes to a Samba share without a password.",
  level: "mandatory",
  reason: "every device in the network, and whatever runs on it, could change and delete what is in the share.",
  remedy: "take `guest ok` out and name who may write (`valid users`), or say `read only: true`.",
  settings: none,
  find(stack) {
    const global = merged(stack.of("samba:Server", ServerSpec).map(({ spec }) => spec.parameters));
    return stack.of("samba:Share", ShareSpec).flatMap(({ resource, spec }) => {
      const own = { ...global, ...canonicals(spec.parameters) };
      const open = own["guest ok"] === "Yes" && own["read only"] === "No";
      const message = "guests may write (`guest ok`, and not `read only`)";
      return open ? [{ on: resource, subject: spec.name, message }] : [];
    });
  },
});

/** What Samba does where nothing is said. */
const DEFAULTS = { "guest ok": "No", "read only": "Yes" };

function merged(all: readonly Parameters[]): Record<string, string> {
  return Object.assign({ ...DEFAULTS }, ...all.map(canonicals)) as Record<string, string>;
}

/** By one name, in one notation, whatever synonym a stack uses. */
export function canonicals(parameters: Parameters): Record<string, string> {
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.map(([name, value]) => [canonicalName(name), canonical(name, value)]));
}
