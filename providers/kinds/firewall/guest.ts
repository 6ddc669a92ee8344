import type { Platform } from "../../kind.ts";
import { defineKind, nothing } from "../../kind.ts";
import { differences, type Found } from "./changes.ts";
import { remove } from "./commands.ts";
import { debianSteps, debianView } from "./debian.ts";
import { parse, query, type DebianGuest, type Facts } from "./guest.facts.ts";
import { idle, pveGuestRemoval, pveGuestSteps, pveGuestView } from "./guest.pve.ts";
import { GuestSpec, OPTIONS } from "./guest.spec.ts";
import { guestTable } from "./nft.guest.ts";
import { render } from "./nft.ts";
import { guestPlace } from "./places.ts";

export { GuestSpec };

type State = GuestSpec & Found;

/** The firewall of a guest: policies, sets and the ordered list of rules for what goes to it and comes from it. */
export const guest = defineKind<State, Facts>({
  type: "firewall:Guest",
  holdsData: false,
  spec: GuestSpec,
  id: ({ vmid }) => String(vmid),
  unfit: (spec, platform) => unfit(spec, platform),
  query,
  parse,
  warnings: ({ on }, id) => (on.is === "proxmox" ? idle(on, id) : []),

  view({ on, pending }, spec, { was }) {
    const id = String(spec.vmid);
    const declared = declaredOf(spec);
    const found = on.is === "proxmox" ? pveGuestView(on, declared, was) : debianGuestView(on.guest(id), declared);
    return found === undefined ? undefined : { ...found, ...(pending.has(id) ? { pending: true as const } : {}) };
  },

  plan(live, want, { was }, facts) {
    const changes = differences(live, want, OPTIONS);
    if (facts === undefined) return { ...nothing, changes };
    if (changes.length === 0) return nothing;
    const { on } = facts;
    const id = String(want.vmid);
    if (on.is === "proxmox") {
      const [says] = idle(on, id);
      return { changes, refusals: [], ...(says === undefined ? {} : { says }), ...pveGuestSteps(on, want, was) };
    }
    const place = guestPlace(want.vmid);
    const isLive = changes.every(({ prop }) => prop === "unit");
    const { rollback } = want;
    const steps = debianSteps(on.guest(id), place, render(guestTable(want)), { changes, rollback, isLive });
    return { changes, refusals: [], ...steps };
  },

  destroy: (live, _context, { on }) => ({
    changes: [{ prop: "rules", from: live.rules.length, to: undefined }],
    refusals: [],
    commands: [on.is === "proxmox" ? pveGuestRemoval(on, live) : remove(guestPlace(live.vmid))],
  }),
});

function declaredOf(state: State): GuestSpec {
  return Object.fromEntries(Object.entries(state).filter(([key]) => key in GuestSpec.shape)) as unknown as GuestSpec;
}

/** How nft lists a table is known for the one that the file has: where that is another, it comes first. */
function debianGuestView(facts: DebianGuest, spec: GuestSpec): State | undefined {
  const table = guestTable(spec);
  const { table: live, file, listing } = facts;
  if (live === undefined && file === undefined) return undefined;
  const { live: odd, ...found } = debianView(facts, guestPlace(spec.vmid), table, listing) ?? {};
  const known = found.file === undefined || live === undefined ? odd : undefined;
  return { ...spec, ...found, ...(known === undefined ? {} : { live: known }) };
}

function unfit({ macfilter, ipfilter, policy_in, rules }: GuestSpec, platform: Platform): string[] {
  if (platform === "proxmox") return [];
  const silent =
    "and the host is Debian, where nothing can answer in the place of a guest: DROP does it without a word";
  return [
    ...(macfilter === true ? ["macfilter needs Proxmox VE, and the host is Debian without it: leave it out"] : []),
    ...(ipfilter === true
      ? ["ipfilter needs Proxmox VE, and the host is Debian without it: declare the set ipfilter-net0 instead"]
      : []),
    ...(policy_in === "REJECT" ? [`policy_in is REJECT, ${silent}`] : []),
    ...rules.flatMap(({ type, action }, i) =>
      type === "in" && action === "REJECT" ? [`rules[${String(i)}] is REJECT for what comes in, ${silent}`] : [],
    ),
  ];
}
