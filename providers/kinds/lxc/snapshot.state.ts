/** What the two platforms know of containers' snapshots; see snapshot.ts for how it goes together. */
import type { Command } from "../../host/command.ts";
import type { Platform } from "../../kind.ts";
import type { SnapshotSpec } from "./snapshot.spec.ts";

export interface Found {
  /** When it was taken, in seconds since 1970. */
  readonly snaptime?: number;
  readonly description?: string;
  readonly content?: string;
  /** Datasets that are clones of it. */
  readonly clones: readonly string[];
  /** What was cut off while it was at it: `prepare`, `delete`. */
  readonly snapstate?: string;
  /** A run of ours was at that. */
  readonly begun?: boolean;
}

/** A container, as far as its snapshots go. */
export interface Holder {
  readonly snapshots: ReadonlyMap<string, Found>;
  /** Why none can be taken of it. */
  readonly impossible: readonly string[];
  /** What else has its hands on it: `backup`, `migrate`, … */
  readonly lock?: string;
  /** Where its root file system is a dataset: that. */
  readonly dataset?: string;
  /** Where that is mounted. */
  readonly path?: string;
}

export interface Facts {
  readonly on: Platform;
  readonly containers: ReadonlyMap<number, Holder>;
}

/** A spec, and what of the snapshot stands in the way. */
export interface State extends SnapshotSpec {
  /** Present where datasets are clones of it. */
  readonly clones?: readonly string[];
  /** Present where it was half made, or half deleted. */
  readonly snapstate?: string;
  /** True where a run of ours was at that: so it may end it. */
  readonly begun?: boolean;
}

/** How snapshots are looked after on one platform. Pure. */
export interface Side {
  take(want: SnapshotSpec, holder: Holder): Command;
  /** Deletes it and takes it anew, in one command. */
  replace(want: SnapshotSpec, holder: Holder): Command;
  describe(want: SnapshotSpec, found: Found, holder: Holder): Command;
  remove(live: SnapshotSpec, holder: Holder): Command;
}
