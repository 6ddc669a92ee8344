import type { DatasetSpec } from "./dataset.spec.ts";

/** A dataset as it is found: a spec, and what should be and is not. */
export interface DatasetState extends Omit<DatasetSpec, "encryption"> {
  readonly encryption?: EncryptionState | undefined;
  /** Present where the file system should be mounted and is not. */
  readonly mounted?: false;
}

export interface EncryptionState extends Omit<NonNullable<DatasetSpec["encryption"]>, "algorithm" | "keyformat"> {
  readonly algorithm: string;
  readonly keyformat: string;
  /** Present where it is not the declared secret that opens the dataset: `another key`, `that of tank/a`. */
  readonly key?: string;
  /** Present where the key is not loaded. */
  readonly keystatus?: "unavailable";
  /** Present where the dataset looks for its key elsewhere than on standard input. */
  readonly keylocation?: string;
}

export type Encrypted = NonNullable<DatasetSpec["encryption"]>;
