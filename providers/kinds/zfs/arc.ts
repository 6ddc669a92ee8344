import { z } from "zod";
import { removeFile, restoreFile, writeFile } from "../../host/file.ts";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";
import { limitsBefore, pairs, refresh, render, setNow } from "./arc.commands.ts";
import {
  COMMAND_LINE,
  DROP_IN,
  LIMITS,
  parse,
  query,
  theirs,
  type Facts,
  type Limit,
  type Limits,
} from "./arc.facts.ts";
import { bytes, nice, sized } from "./values.ts";

/** The least that OpenZFS goes by (arc_tuning_update in module/zfs/arc.c); less is ignored. */
const LEAST: Limits = { max: 64n << 20n, min: 32n << 20n };

export const ArcSpec = z
  .strictObject({
    /** The most memory the ARC may take: a size as ZFS writes it (`8G`), or bytes. From 64M to less than the memory. */
    max: limit("max"),
    /** What the ARC keeps even when memory is short. From 32M to less than `max`. Default: left alone. */
    min: limit("min").optional(),
  })
  .check(({ value: { max, min }, issues }) => {
    if (min === undefined || amount(min) < amount(max)) return;
    issues.push({ code: "custom", message: "must be less than max", path: ["min"], input: min });
  });
export type ArcSpec = z.infer<typeof ArcSpec>;
type Size = ArcSpec["max"];

/** A spec, and what of the host is not as it says; left out where it is. */
interface State extends ArcSpec {
  /** The module's parameters. */
  readonly now?: Partial<Record<Limit, string>>;
  /** What modprobe(8) will set. */
  readonly boot?: Partial<Record<Limit, string>>;
  /** An initramfs image that was made before the limits were last written. */
  readonly initramfs?: string;
}

/** The limits of ZFS's memory cache, now and after a reboot. One per host. */
export const arc = defineKind<State, Facts>({
  type: "zfs:Arc",
  holdsData: false,
  spec: ArcSpec,
  id: () => "arc",
  query,
  parse,

  view(facts, spec, { was }) {
    const rest = theirs(facts);
    if (facts.dropIn === undefined && LIMITS.every((name) => facts.now[name] === rest[name])) return undefined;
    const min = spec.min ?? was?.min;
    const declared = { max: spec.max, ...(min === undefined ? {} : { min }) };
    const stale = facts.images.find((image) => image.stale);
    return {
      ...declared,
      ...differing("now", declared, (name, size) => inForce(facts, name, size)),
      ...differing("boot", declared, (name) => facts.boot[name]),
      ...(stale === undefined ? {} : { initramfs: stale.path }),
    };
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    const refusals = refused(facts, want);
    return changes.length === 0 ? { ...nothing, refusals } : { changes, refusals, ...steps(facts, want, changes) };
  },

  destroy(live, _context, facts) {
    const before = limitsBefore(facts);
    // The parameters go last: until they are as without us, an attempt that failed half-way is seen and repeated.
    return {
      changes: [{ prop: "max", from: live.max, to: undefined }],
      refusals: [],
      commands: [
        ...(before.length === 0 ? [] : [setNow(before)]),
        removeFile(DROP_IN),
        ...refresh(facts),
        setNow(pairs(theirs(facts))),
      ],
    };
  },
});

function limit(name: Limit) {
  const rule = `must be a size such as 8G, at least ${nice(LEAST[name])}`;
  const enough = (value: bigint | undefined) => value !== undefined && value >= LEAST[name];
  return z.union([
    z.string(rule).refine((value) => enough(bytes(value)), rule),
    z.int(rule).refine((value) => enough(BigInt(value)), rule),
  ]);
}

function amount(size: Size | undefined): bigint {
  return size === undefined ? 0n : sized(String(size));
}

/** The parameter; what the ARC goes by where the parameter is as wished and was ignored. */
function inForce({ now, inForce: is }: Facts, name: Limit, wish: Size): bigint {
  return now[name] === amount(wish) ? is[name] : now[name];
}

function differing(key: "now" | "boot", declared: ArcSpec, is: (name: Limit, size: Size) => bigint) {
  const odd = LIMITS.flatMap((name) => {
    const size = declared[name];
    return size === undefined || is(name, size) === amount(size) ? [] : [[name, nice(is(name, size))] as const];
  });
  return odd.length === 0 ? {} : { [key]: Object.fromEntries(odd) };
}

function differences(live: State | undefined, want: ArcSpec): Change[] {
  if (live === undefined) return [{ prop: "max", from: undefined, to: want.max }];
  const limits = LIMITS.flatMap((name) =>
    (["now", "boot"] as const).flatMap((when): Change[] => {
      const [from, to] = [live[when]?.[name] ?? live[name], want[name]];
      return amount(from) === amount(to) ? [] : [{ prop: `${name}.${when}`, from, to }];
    }),
  );
  const stale =
    live.initramfs === undefined ? [] : [{ prop: "initramfs", from: `${live.initramfs} is older`, to: "up to date" }];
  return [...limits, ...stale];
}

function refused(facts: Facts, want: ArcSpec): string[] {
  const { max, min } = want;
  const size = `max is ${String(max)}, that is ${String(amount(max))} bytes`;
  const tooLarge = amount(max) >= facts.memory;
  const tooLow = min === undefined && amount(max) <= facts.inForce.min;
  const after = facts.setters.filter(({ where, limit: name, value }) => {
    const later = where.startsWith(COMMAND_LINE) || fileName(where) > fileName(DROP_IN);
    return later && want[name] !== undefined && value !== amount(want[name]);
  });
  return [
    ...(tooLarge ? [`${size}: the machine has ${String(facts.memory)}, and ZFS ignores a max that is not less`] : []),
    ...(tooLow
      ? [`${size}: the lower limit is ${String(facts.inForce.min)}, and ZFS ignores a max below it; declare min`]
      : []),
    ...after.map(
      ({ where, limit: name }) => `${where} sets zfs_arc_${name} too, and comes after ${DROP_IN}: remove it there`,
    ),
  ];
}

function fileName(where: string): string {
  return where.replace(/ line \d+$/, "").replace(/.*\//, "");
}

function steps(facts: Facts, want: ArcSpec, changes: readonly Change[]): Pick<Plan, "commands" | "undo"> {
  const differs = (when: string) => changes.some(({ prop }) => prop === "max" || prop.endsWith(when));
  const [now, boot] = [differs(".now"), differs(".boot")];
  const set = LIMITS.flatMap((name): [Limit, bigint][] =>
    want[name] === undefined ? [] : [[name, amount(want[name])]],
  );
  const dropped = want.min === undefined && changes.some(({ prop }) => prop === "min.now");
  const back: [Limit, bigint][] = [
    ...limitsBefore(facts).filter(([name]) => name === "min"),
    ["min", theirs(facts).min],
  ];
  const before = facts.dropIn?.map((line) => `${line}\n`).join("");
  return {
    commands: [
      ...(boot ? [writeFile(DROP_IN, render(facts, set), { mode: "644" })] : []),
      ...(now ? [setNow([...set, ...(dropped ? back : [])])] : []),
      ...(boot || changes.some(({ prop }) => prop === "initramfs") ? refresh(facts) : []),
    ],
    undo: [
      ...(boot ? [restoreFile(DROP_IN, before, { mode: "644" })] : []),
      ...(now ? [setNow([...pairs(facts.inForce), ...pairs(facts.now)])] : []),
    ],
  };
}
