/** What a preview lists. Pure. */
import type { Change } from "../../kind.ts";
import { gaps, type Odd } from "./live.ts";
import type { Names, Rule } from "./rule.spec.ts";

/** What of the host is not as a spec says; left out where it is. */
export interface Found {
  /** What the live table has in the place of members of the spec, in nft's words. */
  readonly live?: Odd;
  /** What is wrong with the file that is loaded at boot. */
  readonly file?: string;
  /** What is wrong with the unit that loads it, or with Proxmox VE's daemon. */
  readonly unit?: string;
  /** A change that was never confirmed: the host is about to take it back. */
  readonly pending?: true;
}

type Options = Readonly<Record<string, unknown>>;
interface Filter extends Names {
  readonly rules: readonly Rule[];
}

/** `keys`: the members that are plain values. */
export function differences<Spec extends Filter>(
  live: (Spec & Found) | undefined,
  want: Spec,
  keys: readonly (keyof Spec & string)[],
): Change[] {
  if (live === undefined) return [{ prop: "rules", from: undefined, to: want.rules.length }];
  return [
    ...plain(live, want, keys),
    ...entries("aliases", live.aliases, want.aliases),
    ...entries("ipset", live.ipset, want.ipset),
    ...ruleChanges("rules", live.rules, want.rules),
    ...Object.entries(live.live ?? {}).map(([prop, from]) => ({ prop, from, to: "as declared" })),
    ...(live.file === undefined ? [] : [{ prop: "file", from: live.file, to: "as declared" }]),
    ...(live.unit === undefined ? [] : [{ prop: "unit", from: live.unit, to: "enabled and active" }]),
    ...(live.pending === undefined
      ? []
      : [{ prop: "pending", from: "a change that was not confirmed", to: undefined }]),
  ];
}

/** Of a part that may be declared or not: its rules, and its other members. */
export function partDifferences<Part extends { readonly rules?: readonly Rule[] | undefined }>(
  prop: string,
  live: Part | undefined,
  want: Part | undefined,
): Change[] {
  const keys = [...new Set([live, want].flatMap((part) => Object.keys(part ?? {})))].filter((key) => key !== "rules");
  return [
    ...plain(live ?? {}, want ?? {}, keys).map((change) => ({ ...change, prop: `${prop}.${change.prop}` })),
    ...ruleChanges(`${prop}.rules`, live?.rules ?? [], want?.rules ?? []),
  ];
}

function plain(live: object, want: object, keys: readonly string[]): Change[] {
  const [is, to] = [live as Options, want as Options];
  return keys.flatMap((prop): Change[] => (is[prop] === to[prop] ? [] : [{ prop, from: is[prop], to: to[prop] }]));
}

function entries(prop: string, live: Options, want: Options): Change[] {
  return [...new Set([...Object.keys(live), ...Object.keys(want)])].flatMap((key) =>
    JSON.stringify(live[key]) === JSON.stringify(want[key])
      ? []
      : [{ prop: `${prop}.${key}`, from: live[key], to: want[key] }],
  );
}

/** One line for each rule that is new, changed or gone; a rule that only moved down a place is none. */
function ruleChanges(prop: string, live: readonly Rule[], want: readonly Rule[]): Change[] {
  const text = (rule: Rule) =>
    JSON.stringify(
      Object.entries(rule)
        .filter(([, value]) => value !== undefined)
        .sort(),
    );
  return gaps(live.map(text), want.map(text)).flatMap(({ lost, extra }) =>
    Array.from({ length: Math.max(lost.length, extra.length) }, (_, i): Change => {
      const at = lost[i];
      const from = extra[i] === undefined ? undefined : Object.fromEntries(JSON.parse(extra[i]) as [string, unknown][]);
      return { prop: `${prop}[${String(at ?? "-")}]`, from, to: at === undefined ? undefined : want[at] };
    }),
  );
}
