import { z } from "zod";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { table } from "../../table.ts";
import { change, type Verb } from "./service.commands.ts";
import { parse, query, type Facts, type Unit } from "./service.facts.ts";

const FLAG = "must be true or false";

export const ServiceSpec = z
  .strictObject({
    /** The systemd unit with its suffix, such as `smartmontools.service`; a plain name is a service. */
    name: z
      .string()
      .max(255, "must have at most 255 characters")
      .regex(
        /^[A-Za-z0-9_][A-Za-z0-9:_.\\-]*(@[A-Za-z0-9:_.\\-]+)?$/,
        "must be a unit's name, such as smartmontools.service or getty@tty1.service",
      )
      .transform((name) => (SUFFIX.test(name) ? name : `${name}.service`)),
    /** Whether it starts at boot. Default: left as it is. */
    enabled: z.boolean(FLAG).optional(),
    /** Whether it runs now. A change starts or stops it; it is never restarted. Default: left as it is. */
    running: z.boolean(FLAG).optional(),
    /** Whether it is kept from starting at all, by anybody. Default: left as it is. */
    masked: z.boolean(FLAG).optional(),
  })
  .check(({ value, issues }) => {
    for (const key of ["enabled", "running"] as const)
      if (value.masked === true && value[key] === true)
        issues.push({ code: "custom", message: "excludes masked", path: [key], input: true });
    if (PROPS.every((prop) => value[prop] === undefined))
      issues.push({ code: "custom", message: "say at least one of enabled, running and masked", input: value });
  });
export type ServiceSpec = z.infer<typeof ServiceSpec>;

const PROPS = ["masked", "enabled", "running"] as const;
const SUFFIX = /\.(service|socket|timer|path|target|mount|automount|swap|slice)$/;

/** Without these nobody gets in any more, or only at the console. */
const LIFELINES: ReadonlySet<string> = new Set(
  ["ssh.service", "sshd.service", "ssh.socket", "networking.service", "systemd-networkd.service"].concat(
    "NetworkManager.service",
  ),
);

/** A spec, and what of the host is not as it says. */
interface State extends ServiceSpec {
  /** Why it does not run: `failed (exit-code)`. */
  readonly failed?: string;
  /** What it is where it can be neither enabled nor disabled: `static`. */
  readonly fixed?: string;
}

/** A unit of systemd. When it is no longer declared it is left as it is. */
export const service = defineKind<State, Facts>({
  type: "system:Service",
  holdsData: false,
  spec: ServiceSpec,
  id: ({ name }) => name,
  byName: true,
  query,
  parse,

  warnings(facts, id) {
    const unit = facts.get(id);
    return unit?.active === "failed" ? [`${failure(unit)}; its last words:\n${unit.journal.join("\n")}`] : [];
  },

  view(facts, spec, { was }) {
    const unit = facts.get(spec.name);
    if (unit === undefined) return undefined;
    const is = states(unit);
    const declared = PROPS.filter((prop) => spec[prop] !== undefined || was?.[prop] !== undefined);
    return {
      name: spec.name,
      ...Object.fromEntries(declared.flatMap((prop) => (is[prop] === undefined ? [] : [[prop, is[prop]]]))),
      ...(spec.running === true && unit.active === "failed" ? { failed: failure(unit) } : {}),
      ...(is.enabled === undefined ? { fixed: unit.file } : {}),
    };
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    const unit = facts.get(want.name);
    if (unit === undefined) return { ...nothing, changes, refusals: [noUnit(want.name)] };
    if (changes.length === 0) return nothing;
    return {
      changes,
      refusals: refused(unit, want),
      commands: [change(want.name, verbs(unit, want, changes), unit.needsReload)],
    };
  },

  destroy: () => nothing,
});

const NOT_AT_BOOT: ReadonlySet<string> = new Set(["disabled", "masked", "enabled-runtime", "linked", "linked-runtime"]);

/** Why enabling and disabling mean nothing, by the state of the unit's file. */
const FIXED = table<string>({
  static: "it starts when another unit wants it",
  generated: "it is made anew at every boot, of another file such as /etc/fstab",
  indirect: "other units are enabled in its place",
  alias: "it is another name of a unit; declare that one",
  transient: "it is gone after a boot",
  "masked-runtime": "it is masked until the next boot; declare masked: false",
  "": "it has no file",
});

function states(unit: Unit): Readonly<Record<(typeof PROPS)[number], boolean | undefined>> {
  return {
    // Until the next boot is neither.
    masked: unit.file === "masked" ? true : unit.file === "masked-runtime" ? undefined : false,
    // What is enabled for now only does not start at boot. Others can be neither enabled nor disabled.
    enabled: unit.file === "enabled" ? true : NOT_AT_BOOT.has(unit.file) ? false : undefined,
    running: ["active", "reloading", "activating"].includes(unit.active),
  };
}

function failure(unit: Unit): string {
  return `failed (${unit.result})`;
}

function noUnit(name: string): string {
  return `the host has no unit ${name}; declare the package that brings it, and let this depend on that`;
}

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  return PROPS.flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    if (to === undefined || from === to) return [];
    const said = { masked: from ?? live.fixed, enabled: from ?? live.fixed, running: live.failed ?? from };
    return [{ prop, from: said[prop], to }];
  });
}

function verbs(unit: Unit, want: State, changes: readonly Change[]): Verb[] {
  const changed = new Set(changes.map(({ prop }) => prop));
  const is = states(unit);
  // What is behind a mask is seen only once it is gone.
  const hidden = unit.file.startsWith("masked") && want.masked === false;
  const wants = (prop: (typeof PROPS)[number], to: boolean) =>
    want[prop] === to && (changed.has(prop) || is[prop] !== to);
  return [
    ...(wants("masked", false) ? (["unmask"] as const) : []),
    ...(wants("enabled", true) ? (["enable"] as const) : []),
    ...(wants("enabled", false) || (hidden && want.enabled === false) ? (["disable"] as const) : []),
    ...(wants("running", false) ? (["stop"] as const) : []),
    ...(wants("masked", true) ? (["mask"] as const) : []),
    ...(wants("running", true) ? (["start"] as const) : []),
  ];
}

function refused(unit: Unit, want: State): string[] {
  const away = want.running === false || want.enabled === false || want.masked === true;
  const lifeline = LIFELINES.has(want.name) && away && (unit.active === "active" || unit.file === "enabled");
  const masked = unit.file.startsWith("masked") && want.masked !== false && (want.running === true || want.enabled);
  const opens = unit.file === "masked-runtime" && want.masked !== undefined;
  const fixed = want.enabled !== undefined && states(unit).enabled === undefined && !opens && !masked;
  const why = FIXED[unit.file] ?? "its file is not valid";
  return [
    ...(lifeline ? [`${want.name} is what lets us in: it is neither stopped, disabled nor masked from here`] : []),
    ...(masked ? [`${want.name} is masked on the host; declare masked: false where it is to run`] : []),
    ...(fixed
      ? [`${want.name} can be neither enabled nor disabled: it is ${unit.file || "without a file"}, ${why}`]
      : []),
  ];
}
