/** The volumes of containers, and the datasets in which they are made. */
import { StorageSpec } from "../../providers/kinds/proxmox/storage.spec.ts";
import { bytes } from "../../providers/kinds/zfs/values.ts";
import type { Stack } from "../stack.ts";
import { containers, type Container } from "./containers.ts";

export interface ContainerVolume {
  readonly of: Container;
  /** `root`, or where it is mounted in the container. */
  readonly what: string;
  /** In bytes. */
  readonly size: bigint;
  /** The pool or dataset that it is made in. */
  readonly dataset: string;
}

/** Those of which a size is declared and the dataset is known. */
export function containerVolumes(stack: Stack): ContainerVolume[] {
  const all = containers(stack);
  const storages = stack.of("proxmox:Storage", StorageSpec).map(({ spec }) => spec);
  /** On plain Debian a storage is a dataset. */
  const datasetOf = (id: string) => {
    const storage = storages.find((one) => one.storage === id);
    return storage === undefined ? id : storage.pool;
  };
  return all.flatMap((of) => {
    const root = { what: "root", size: of.spec.size, storage: of.spec.storage ?? sourceOf(of, all)?.spec.storage };
    const mounts = Object.entries(of.spec.mounts ?? {}).map(([what, { size, storage }]) => ({ what, size, storage }));
    return [root, ...mounts].flatMap(({ what, size, storage }) => {
      const [amount, dataset] = [bytes(size ?? ""), storage === undefined ? undefined : datasetOf(storage)];
      return amount === undefined || dataset === undefined ? [] : [{ of, what, size: amount, dataset }];
    });
  });
}

/** A copy is where its source is. */
function sourceOf({ spec: { clone } }: Container, all: readonly Container[]): Container | undefined {
  return all.find(({ spec }) => spec.vmid === clone?.from);
}
