/** What a new container of plain Debian begins as, before its settings are written. */
import { bytes } from "../zfs/values.ts";
import type { Found, State } from "./container.state.ts";
import type { Dataset } from "./debian.facts.ts";
import type { Step } from "./debian.script.ts";
import { volumeName } from "./debian.volumes.ts";

/** What a new container begins as, before its settings are written. */
export interface Beginning {
  readonly text: string;
  readonly dataset: string;
  /** Where the root file system will be. */
  readonly path: string;
  readonly found: Pick<Found, "interfaces" | "mounts" | "devices" | "features" | "unprivileged" | "idmap">;
  readonly steps: readonly Step[];
  readonly defaults: Partial<State>;
}

export interface Impossible {
  readonly refusals: readonly string[];
}

/** The dataset of a root file system and where it is mounted. */
export function places(storage: string, parent: Dataset, id: number): [dataset: string, path: string] {
  const dataset = volumeName(storage, id, 0);
  return [dataset, `${parent.mountpoint ?? ""}${dataset.slice(storage.length)}`];
}

export function poolOf(dataset: string): string {
  return dataset.replace(/\/.*/, "");
}

export function sizeOf(size: string): string {
  return String(bytes(size) ?? 0n);
}
