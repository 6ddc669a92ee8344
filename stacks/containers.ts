import { z } from "zod";
import { Container, ContainerSpec, entries, Snapshot, snapshotName, SnapshotSpec } from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";
import { archive } from "./templates.ts";

const Entry = ContainerSpec.safeExtend({
  /**
   * Containers, by number or host name, that must be there, and run where they are to, before this one is made or
   * started; they end after it. Its `clone.from` is one without being named. Default: none.
   */
  after: z.array(z.union([z.int(), z.string().min(1)], "must be numbers or host names of containers")).default([]),
  /** Its snapshots (lxc:Snapshot) by name; others are left alone. Default: none. */
  snapshots: entries(snapshotName, SnapshotSpec.omit({ vmid: true, snapname: true })).default({}),
});

/** Containers (lxc:Container) by number. */
export const ContainersConfig = named(Entry, "vmid");
type ContainersConfig = z.infer<typeof ContainersConfig>;
export type ContainerEntry = ContainersConfig[number];

/** Containers: each after what it is made of, what it mounts, and the containers that it needs. */
export class Containers extends Area {
  constructor(containers: ContainersConfig, whole: Whole) {
    super("Containers", whole);
    for (const { after, snapshots, ...spec } of containers) {
      const { vmid } = spec;
      this.add(Container, String(vmid), spec, {
        ...this.guard,
        provides: [`container ${String(vmid)}`],
        needs: [...after.flatMap((one) => container(containers, one)), ...needs(spec)],
      });
      for (const [snapname, snapshot] of Object.entries(snapshots))
        this.add(
          Snapshot,
          `${String(vmid)}@${snapname}`,
          { vmid, snapname, ...snapshot },
          {
            ...this.guard,
            provides: [`snapshot ${String(vmid)}@${snapname}`],
            needs: [`container ${String(vmid)}`],
          },
        );
    }
  }
}

/** The number of a container that is named by that or by its host name. */
export function numberOf(containers: readonly ContainerEntry[], named: string | number): number | undefined {
  return containers.find(({ vmid, hostname }) => String(vmid) === String(named) || hostname === named)?.vmid;
}

/** What a container is made of and shows; without Proxmox VE its storages are datasets. */
function needs({ clone, ostemplate, storage, mounts = {}, devices = {} }: z.infer<typeof ContainerSpec>): Thing[] {
  const storages = [storage, ...Object.values(mounts).map((mount) => mount.storage)].filter((one) => one !== undefined);
  const sources = Object.values(mounts).flatMap(({ source }) => source ?? []);
  return [
    ...(clone === undefined ? [] : [`container ${String(clone.from)}` as const]),
    ...(clone?.snapname === undefined ? [] : [`snapshot ${String(clone.from)}@${clone.snapname}` as const]),
    ...storages.flatMap((one): Thing[] => [`dataset ${one}`, `storage ${one}`]),
    ...sources.map((source): Thing => `path ${source}`),
    ...(ostemplate === undefined ? [] : [`template ${ostemplate}` as const, archive(ostemplate)]),
    // A GPU is there once its driver is.
    ...(Object.keys(devices).some((name) => name.startsWith("gpu:")) ? (["driver nvidia"] as const) : []),
    "package lxc",
  ];
}

function container(containers: ContainersConfig, one: string | number): Thing[] {
  const id = numberOf(containers, one);
  return id === undefined ? [] : [`container ${String(id)}`];
}
