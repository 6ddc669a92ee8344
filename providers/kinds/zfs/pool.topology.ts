/** What it takes to turn one topology into another, in place, and what ZFS cannot do or should not. Pure names. */
import { ROLES, tops, type Top } from "./pool.members.ts";
import { type PoolSpec, type Role } from "./pool.spec.ts";

export type Step =
  | { readonly do: "add"; readonly role: Role; readonly vdev: Top }
  | { readonly do: "remove"; readonly role: Role; readonly vdev: Top }
  | { readonly do: "attach"; readonly to: string; readonly disk: string }
  | { readonly do: "replace"; readonly old: string; readonly disk: string };

/** The way of one role from what is there to what is declared. */
export interface Growth {
  readonly role: Role;
  readonly steps: readonly Step[];
  readonly refusals: readonly string[];
}

/** The roles that differ. Names of the same disk must be the same on both sides. */
export function growth(live: PoolSpec, want: PoolSpec): Growth[] {
  return ROLES.flatMap((role) => {
    const ways = waysOf(live, want, role);
    const [steps, refusals] = [ways.flatMap((way) => way.steps), ways.flatMap((way) => way.refusals)];
    return steps.length + refusals.length === 0 ? [] : [{ role, steps, refusals }];
  });
}

/** Why a new pool's vdevs do not go together: zpool would ask for -f, and the pool is as safe as its weakest vdev. */
export function uneven(want: PoolSpec): string[] {
  const all = HOLDING_DATA.flatMap((role) => tops(want, role).map((top) => ({ role, top })));
  const [first] = all;
  if (first === undefined) return [];
  return all
    .filter(({ top }) => !alike(first.top, top))
    .slice(0, 1)
    .map(({ role, top }) => `${said(top)} among the ${WORDS[role]} does not go with ${said(first.top)}: ${WEAKEST}`);
}

/** A step in words, as a note beside the values. */
export function inWords(step: Step): string {
  switch (step.do) {
    case "add":
      return `adds ${said(step.vdev)}`;
    case "remove":
      return `takes out ${said(step.vdev)}`;
    case "attach":
      return `attaches ${step.disk} to ${step.to}, which resilvers`;
    case "replace":
      return `puts ${step.disk} in place of ${step.old}, which resilvers`;
  }
}

const HOLDING_DATA = ["vdevs", "special", "dedup"] as const;
const WORDS: Readonly<Record<Role, string>> = {
  vdevs: "data vdevs",
  special: "special vdevs",
  dedup: "dedup vdevs",
  log: "log vdevs",
  cache: "cache disks",
  spare: "spares",
};
const WEAKEST = "a pool is as safe as its weakest vdev; declare one like the others";

type Way = Pick<Growth, "steps" | "refusals">;
const go = (...steps: Step[]): Way => ({ steps, refusals: [] });
const refuse = (...refusals: string[]): Way => ({ steps: [], refusals });

function waysOf(live: PoolSpec, want: PoolSpec, role: Role): Way[] {
  const { pairs, more, less } = matched(tops(live, role), tops(want, role));
  const changed = pairs.map(([is, to]) => wayOf(want.name, is, to));
  // A single disk in place of another, both standing alone.
  const [gone] = less;
  const [fresh] = more;
  if (more.length === 1 && less.length === 1 && gone?.type === "disk" && fresh?.type === "disk" && !isList(role))
    return [...changed, go({ do: "replace", old: gone.disks[0] ?? "", disk: fresh.disks[0] ?? "" })];
  return [
    ...changed,
    ...less.map((vdev) => removal(want.name, role, vdev)),
    ...more.map((vdev) => addition(live, role, vdev, less.length > 0)),
  ];
}

/** Which live vdev is which declared one: those that share most disks. */
function matched(live: readonly Top[], want: readonly Top[]) {
  const candidates = live
    .flatMap((is) => want.map((to) => ({ is, to, shared: is.disks.filter((disk) => to.disks.includes(disk)).length })))
    .filter(({ shared }) => shared > 0)
    .toSorted((a, b) => b.shared - a.shared);
  const pairs: [is: Top, to: Top][] = [];
  for (const { is, to } of candidates)
    if (!pairs.some(([one, other]) => one === is || other === to)) pairs.push([is, to]);
  return {
    pairs,
    less: live.filter((is) => !pairs.some(([one]) => one === is)),
    more: want.filter((to) => !pairs.some(([, other]) => other === to)),
  };
}

/** From one vdev to another that shares disks with it. */
function wayOf(pool: string, is: Top, to: Top): Way {
  const more = to.disks.filter((disk) => !is.disks.includes(disk));
  const less = is.disks.filter((disk) => !to.disks.includes(disk));
  const [kept = ""] = is.disks.filter((disk) => to.disks.includes(disk));
  const both = `${said(is)} is declared as ${said(to)}`;
  const grows = to.type === "mirror" && (is.type === "mirror" || is.type === "disk");
  if (less.length === 0 && more.length === 0 && is.type === to.type) return go();
  if (less.length === 0 && grows) return go(...more.map((disk): Step => ({ do: "attach", to: kept, disk })));
  if (more.length === 0 && is.type === "mirror" && (to.type === "mirror" || to.type === "disk"))
    return refuse(
      `${both}: that takes redundancy away; if it is meant: ${less.map((disk) => `zpool detach ${pool} ${disk}`).join(" && ")}`,
    );
  if (is.type !== to.type) return refuse(`${both}: ZFS cannot change the type of a vdev`);
  if (more.length === 1 && less.length === 1) return go({ do: "replace", old: less[0] ?? "", disk: more[0] ?? "" });
  if (less.length === 0)
    return refuse(
      `${both}: expanding a raidz cannot be undone and is not done by us; if it is meant: zpool attach ${pool} ${is.type}-N ${more.join(" ")}`,
    );
  if (more.length === less.length)
    return refuse(`${both}: replace one disk of a vdev at a time, so that it stays redundant`);
  return refuse(
    `${both}: ${more.length > less.length ? "replace and attach" : "ZFS cannot take a disk out of it; replace"} disks one step at a time`,
  );
}

function removal(pool: string, role: Role, vdev: Top): Way {
  if (role === "log" || isList(role)) return go({ do: "remove", role, vdev });
  return refuse(
    `the pool ${pool} has ${said(vdev)} among its ${WORDS[role]}, which is not declared: it holds data and is never taken out by us; declare it`,
  );
}

function addition(live: PoolSpec, role: Role, vdev: Top, othersLeft: boolean): Way {
  const there = tops(live, "vdevs");
  if (role === "vdevs" && othersLeft)
    return refuse(
      `the pool does not have ${said(vdev)}, but others that are not declared: that is another pool's topology`,
    );
  const fits = role === "log" || isList(role) || there.some((one) => alike(one, vdev));
  return fits
    ? go({ do: "add", role, vdev })
    : refuse(`${said(vdev)} does not go with ${there.slice(0, 1).map(said).join("")}: ${WEAKEST}`);
}

/** zpool's own rule for what goes without -f: as many disks may fail, and vdevs of a type are as wide. */
function alike(a: Top, b: Top): boolean {
  return mayFail(a) === mayFail(b) && (a.type !== b.type || a.disks.length === b.disks.length);
}

function mayFail({ type, disks }: Top): number {
  if (type === "mirror") return disks.length - 1;
  return Number(/^raidz(\d)$/.exec(type)?.[1] ?? 0);
}

function isList(role: Role): role is "cache" | "spare" {
  return role === "cache" || role === "spare";
}

function said({ type, disks }: Top): string {
  return type === "disk" ? `the single disk ${disks.join("")}` : `a ${type} of ${disks.join(", ")}`;
}
