/** What only a look at one dataset tells: whether the declared secret is its key, and quotas of single users. */
import { script, withStdin, type Command, type Secret } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import type { Context } from "../../kind.ts";
import { isQuotaOf } from "./dataset.properties.ts";
import type { DatasetState } from "./dataset.state.ts";

export interface Probed {
  /** Undefined where no key was tried. */
  readonly opens?: boolean;
  readonly quotas: ReadonlyMap<string, string>;
}

// `-n` only tries; `-L prompt` takes the key from standard input wherever the dataset looks for it otherwise.
// A dataset that is not there is no failure: it is about to be made, or still has its former name.
const PROBE = `
there() { zfs list -H -o name -- "$1" >/dev/null 2>&1; }
name=$1 former=$2 key=$3 quotas=$4
there "$name" || name=$former
[ -n "$name" ] && there "$name" || exit 0
[ "$key" = '' ] || { zfs load-key -n -L prompt -- "$name" 2>&1 && echo opens || echo 'does not open'; }
printf '\\0'
[ "$quotas" = '' ] || zfs get -Hp -o property,value "$quotas" "$name"
`;

/** Undefined where there is nothing that {@link query} cannot tell. */
export function probe(spec: DatasetState, context: Context<DatasetState>): Command | undefined {
  const { was } = context;
  const properties = { ...was?.properties, ...spec.properties };
  const quotas = Object.keys(properties).filter(isQuotaOf);
  const key = spec.encryption === undefined ? undefined : known(context, spec.encryption.secret);
  if (quotas.length === 0 && key === undefined) return undefined;
  const former = spec.renamedFrom ?? was?.name ?? "";
  const command = script("zfs-dataset", PROBE, [spec.name, former, key === undefined ? "" : "key", quotas.join(",")]);
  return key === undefined ? command : withStdin(command, key);
}

export function probed(answer: Result | undefined): Probed {
  if (answer === undefined) return { quotas: new Map() };
  if (answer.code !== 0) throw new UserError(`the dataset cannot be looked at: ${answer.stderr.trim()}`);
  const [key = "", quotas = ""] = answer.stdout.split("\0");
  const rows = quotas.split("\n").flatMap((line): [string, string][] => {
    const [property = "", value] = line.split("\t");
    return value === undefined ? [] : [[property, value]];
  });
  return { ...(key === "" ? {} : { opens: /^opens$/m.test(key) }), quotas: new Map(rows) };
}

/** A dataset that is to be ended needs no secret: it may be gone from the configuration by then. */
function known(context: Context<DatasetState>, name: string): Secret | undefined {
  try {
    return context.secret(name);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
