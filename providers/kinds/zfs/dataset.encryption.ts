/** The key of an encrypted dataset: loaded, or changed in place. */
import type { Change } from "../../kind.ts";
import { keyed, type Part, type Step } from "./dataset.commands.ts";
import type { DatasetFacts } from "./dataset.facts.ts";
import type { DatasetState, EncryptionState } from "./dataset.state.ts";

export function rekeyed(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): Part {
  if (want.encryption === undefined)
    return live.encryption === undefined ? { changes: [] } : undeclared(live.encryption);
  if (live.encryption === undefined) return unencrypted(want.encryption, facts);
  const [is, to] = [live.encryption, want.encryption];
  return { changes: differences(is, to), refusals: refusals(is, to), steps: steps(is, to, want.name) };
}

/** The options that make a dataset encrypted. */
export function cipher({ algorithm, ...key }: EncryptionState): Record<string, string> {
  return { encryption: algorithm, ...format(key) };
}

function format({ keyformat, pbkdf2iters }: Omit<EncryptionState, "algorithm">): Record<string, string> {
  return {
    keyformat,
    keylocation: "prompt",
    ...(pbkdf2iters === undefined ? {} : { pbkdf2iters: String(pbkdf2iters) }),
  };
}

function undeclared(is: EncryptionState): Part {
  return {
    changes: [{ prop: "encryption", from: is.algorithm, to: undefined }],
    refusals: [
      "encryption is no longer declared, and cannot be taken off: declare it. " +
        "To give it the key of its parent, first by hand: zfs change-key -i",
    ],
  };
}

function unencrypted(to: EncryptionState, facts: DatasetFacts | undefined): Part {
  const change: Change = { prop: "encryption", from: undefined, to: to.algorithm };
  // What was not declared before is not in the state; only the host can tell whether it is encrypted already.
  if (facts === undefined) return { changes: [{ ...change, note: "fails unless it is encrypted already" }] };
  const way = "make a new dataset with encryption and copy the data";
  return { changes: [change], refusals: [`it is not encrypted, and that is settled when a dataset is made: ${way}`] };
}

function differences(is: EncryptionState, to: EncryptionState): Change[] {
  const plain = (["algorithm", "secret", "keyformat", "pbkdf2iters"] as const).flatMap((key): Change[] =>
    to[key] === undefined || is[key] === to[key] ? [] : [{ prop: `encryption.${key}`, from: is[key], to: to[key] }],
  );
  const change = (key: string, from: string | undefined, to: string): Change[] =>
    from === undefined ? [] : [{ prop: `encryption.${key}`, from, to, note: `${from}; is to be ${to}` }];
  return [
    ...plain,
    ...change("key", is.key, "the declared secret"),
    ...change("keystatus", is.keystatus, "available"),
    ...change("keylocation", is.keylocation, "prompt"),
  ];
}

function refusals(is: EncryptionState, to: EncryptionState): string[] {
  if (is.algorithm !== to.algorithm)
    return [
      `encryption is ${is.algorithm} and declared ${to.algorithm}: it is settled when a dataset is made. ` +
        `Declare ${is.algorithm}, or make a new dataset and copy the data`,
    ];
  if (is.keystatus === undefined || is.key === undefined) return [];
  return [
    `its key is not loaded, and the secret ${to.secret} does not open it: it takes ${is.key}. ` +
      "Load that by hand (zfs load-key) and apply again: the declared secret then takes its place",
  ];
}

function steps(is: EncryptionState, to: EncryptionState, name: string): Step[] {
  const options = Object.entries(format(to)).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const rounds = to.pbkdf2iters !== undefined && is.pbkdf2iters !== to.pbkdf2iters;
  const changes = is.key !== undefined || is.keyformat !== to.keyformat || rounds;
  return [
    ...(is.keystatus === undefined ? [] : [keyed(["zfs", "load-key", "-L", "prompt", name])]),
    ...(changes ? [keyed(["zfs", "change-key", ...options, name])] : []),
    ...(changes || is.keylocation === undefined ? [] : [["zfs", "set", "keylocation=prompt", name]]),
  ];
}
