/** Datasets of mounts, and other things that are chosen for a container. Pure. */
import { createHash } from "node:crypto";
import type { Change } from "../../kind.ts";
import { bytes } from "../zfs/values.ts";
import { entryNames } from "./container.compare.ts";
import type { Found, State } from "./container.state.ts";
import type { DebianFacts } from "./debian.facts.ts";

/** A volume that is made. */
export interface Volume {
  /** In the container. */
  readonly path: string;
  readonly dataset: string;
  readonly mountpoint: string;
  /** Bytes. */
  readonly size: string;
}

export interface Volumes {
  readonly made: readonly Volume[];
  readonly grown: readonly { readonly dataset: string; readonly size: string }[];
  readonly refusals: readonly string[];
}

export function volumes(
  on: DebianFacts,
  want: State,
  changes: readonly Change[],
  found: Pick<Found, "mounts"> | undefined,
): Volumes {
  const made: Volume[] = [];
  const grown: { dataset: string; size: string }[] = [];
  const refusals: string[] = [];
  const taken = new Set(on.datasets.keys());
  if (want.storage !== undefined && found === undefined) taken.add(volumeName(want.storage, want.vmid, 0));
  for (const path of entryNames(
    "mounts",
    changes.filter(({ prop }) => prop.startsWith("mounts.")),
    want.mounts,
  )) {
    const mount = want.mounts?.[path];
    if (mount === undefined || mount.source !== undefined) continue;
    const size = String(bytes(mount.size ?? "") ?? 0n);
    const existing = mount.volume ?? found?.mounts[path]?.volume;
    if (existing !== undefined) {
      const dataset = on.datasets.get(existing);
      if (dataset?.mountpoint === undefined)
        refusals.push(`mounts.${path}.volume: there is no mounted dataset ${existing}`);
      else if (mount.size !== undefined && dataset.refquota !== BigInt(size)) grown.push({ dataset: existing, size });
      continue;
    }
    const storage = mount.storage ?? "";
    const parent = on.datasets.get(storage);
    if (parent?.mountpoint === undefined) {
      refusals.push(`mounts.${path}.storage: there is no mounted dataset ${storage}`);
      continue;
    }
    const unfinished = [...on.datasets.values()].find(
      ({ name, madeFor }) => madeFor === `${String(want.vmid)}:${path}` && name.startsWith(`${storage}/`),
    );
    let number = 1;
    while (taken.has(volumeName(storage, want.vmid, number))) number += 1;
    const dataset = unfinished?.name ?? volumeName(storage, want.vmid, number);
    taken.add(dataset);
    made.push({ path, dataset, mountpoint: `${parent.mountpoint}${dataset.slice(storage.length)}`, size });
  }
  return { made, grown, refusals };
}

/** As Proxmox VE names them. */
export function volumeName(storage: string, id: number, number: number): string {
  return `${storage}/subvol-${String(id)}-disk-${String(number)}`;
}

/** A MAC address for an interface, the same at every look, another one on every host. */
export function drawn(machine: string, id: number, name: string): string {
  const digest = createHash("sha256")
    .update(`${machine} ${String(id)} ${name}`)
    .digest("hex")
    .toUpperCase();
  return `BC:24:11:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`;
}
