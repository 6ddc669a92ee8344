/** Whether disks can be taken into a pool: that they are there, free, and blank or given up. */
import { distance } from "fastest-levenshtein";
import { byIdPaths, family, isZfsDisk, resolve, uses, type Device, type Label } from "./pool.disks.ts";
import { guidOf, type DeepPoolFacts, type LivePool } from "./pool.facts.ts";
import { devicesInUse, rawDevice } from "./pool.members.ts";
import { disksOf, type PoolSpec } from "./pool.spec.ts";
import { leaves } from "./pool.status.ts";

export interface Claim {
  readonly refusals: readonly string[];
  /** The disks to erase first: those that were given up, and those that ZFS itself left behind. */
  readonly erase: readonly string[];
}

/** `own` is the pool that takes the disks, when it is there already. */
export function claim(disks: readonly string[], want: PoolSpec, facts: DeepPoolFacts, own?: LivePool): Claim {
  const claims = disks.map((disk) => claimOne(disk, want, facts, own));
  return {
    refusals: [...sameDisk(want, facts), ...claims.flatMap(({ refusals }) => refusals)],
    erase: claims.flatMap(({ erase }) => erase),
  };
}

function claimOne(disk: string, want: PoolSpec, facts: DeepPoolFacts, own?: LivePool): Claim {
  const device = rawDevice(facts.devices, disk);
  const no = (...refusals: string[]): Claim => ({ refusals, erase: [] });
  if (device === undefined) return no(absent(disk, facts));
  const busy = [...uses(device), ...poolsOn(device, facts)];
  if (busy.length > 0) return no(`${disk} is in use: ${busy.join(", ")}`);
  const traces = family(device).flatMap((one) => tracesOn(one, facts, own));
  const namesake = traces.find(({ pool }) => own === undefined && pool === want.name);
  if (namesake !== undefined)
    return no(
      `${disk} belongs to a pool ${want.name} that is not imported, and is not written over: see zpool import; if that pool is to be lost: zpool labelclear -f ${disk}`,
    );
  const carried = traces.filter(({ ours }) => !ours).map(({ words }) => words);
  if (carried.length > 0 && want.wipe?.includes(disk) !== true)
    return no(`${disk} is not blank: it has ${carried.join(", ")}; to have that erased, name the disk in \`wipe\``);
  return { refusals: [], erase: traces.length > 0 ? [disk] : [] };
}

function absent(disk: string, { devices }: DeepPoolFacts): string {
  const others = byIdPaths(devices).filter(
    (path) => rawDevice(devices, path)?.type === "disk" || disk.includes("-part"),
  );
  const alike = others.toSorted((a, b) => distance(a, disk) - distance(b, disk)).slice(0, 3);
  return `there is no disk ${disk} on the host; names most like it: ${alike.join(", ") || "none, there is no disk by id"}`;
}

/** Two names of one disk, or a disk and a partition of it, declared for the same pool. */
function sameDisk(want: PoolSpec, { devices }: DeepPoolFacts): string[] {
  const seen = new Map<string, string>();
  return disksOf(want).flatMap((disk) => {
    const device = resolve(devices, disk);
    if (device === undefined) return [];
    const other =
      seen.get(device.kname) ?? (device.parent === undefined ? undefined : seen.get(`disk ${device.parent}`));
    seen.set(device.kname, disk);
    if (device.parent === undefined) seen.set(`disk ${device.kname}`, disk);
    return other === undefined ? [] : [`${other} and ${disk} are the same disk, /dev/${device.kname}`];
  });
}

function poolsOn(device: Device, { devices, pools }: DeepPoolFacts): string[] {
  const used = devicesInUse(devices, pools.values());
  const names = new Set(family(device).flatMap(({ kname }) => used.get(kname) ?? []));
  return [...names].map((name) => `it is a member of the pool ${name}`);
}

interface Trace {
  readonly words: string;
  /** Left behind by ZFS, of no pool that could still want it: no consent is needed. */
  readonly ours: boolean;
  /** The pool whose member the disk could still be. */
  readonly pool?: string;
}

/** What one device carries. */
function tracesOn(device: Device, { deep, devices }: DeepPoolFacts, own?: LivePool): Trace[] {
  const { kname } = device;
  const where = `on /dev/${kname}`;
  const label = deep.labels.get(kname);
  const found = (deep.signatures.get(kname) ?? []).filter((word) => word !== "PMBR" && word !== "zfs_member");
  const table = (word: string): Trace =>
    word === "gpt" || word === "dos"
      ? { words: `a ${word} partition table ${where}`, ours: word === "gpt" && isZfsDisk(device) }
      : { words: `${word} ${where}`, ours: false };
  const member = deep.signatures.get(kname)?.includes("zfs_member") === true;
  if (label === undefined)
    return [...found.map(table), ...(member ? [{ words: `zfs_member ${where}`, ours: false }] : [])];
  const spareOf = deep.importable.find(({ classes }) =>
    classes.spare
      .flatMap(leaves)
      .some(({ name }) => resolve(devices, `/dev/disk/by-id/${name}`)?.kname === (device.parent ?? kname)),
  );
  return [...found.map(table), labelled(label, where, own, spareOf?.pool)];
}

function labelled(label: Label, where: string, own: LivePool | undefined, spareOf: string | undefined): Trace {
  const words = (what: string) => `${what} ${where}`;
  if (label.txg === "0") return { words: words("what ZFS left"), ours: true };
  // Labels of spares name no pool. What a live pool needs is in use; of the others, one could be imported again.
  if (label.state === "3")
    return {
      words: words(`a hot spare's label of ${spareOf === undefined ? "some pool" : `the pool ${spareOf}`}`),
      ours: own !== undefined && spareOf === undefined,
    };
  if (label.state === "4")
    return { words: words("a cache label of some pool"), ours: own !== undefined && label.poolGuid === guidOf(own) };
  if (label.state === "2") return { words: words(`the label of the destroyed pool ${label.pool}`), ours: false };
  const host = label.hostname === "" ? "" : ` of host ${label.hostname}`;
  return { words: words(`the label of the pool ${label.pool}${host}`), ours: false, pool: label.pool };
}
