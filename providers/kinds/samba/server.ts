import { z } from "zod";
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { configure } from "./commands.ts";
import { ENABLE_UNIT } from "../systemd.ts";
import { parse, query, type Facts, type Unit } from "./facts.ts";
import { canonical, canonicalName, type Parameters } from "./parameters.ts";
import { parameterChanges, seen } from "./settings.ts";
import { GLOBAL_FILE, INDEX, render, SMB_CONF, type Parsed } from "./smb-conf.ts";
import { parameters } from "./spec.ts";

export const ServerSpec = z
  .strictObject({
    /**
     * Parameters of [global] by Samba's own names and in its own notations (smb.conf(5)): `workgroup`,
     * `server string`, `server min protocol` and so on. Those of shares are the defaults of the declared shares. What
     * is not declared is left alone: Samba's default, or what smb.conf says.
     */
    parameters: parameters("global"),
    /** Whether nmbd, for names and browsing by NetBIOS, runs now and after a reboot. Default: left alone. */
    nmbd: z.boolean().optional(),
  })
  .check(({ value, issues }) => {
    const netbios = Object.entries(value.parameters).find(([name]) => canonicalName(name) === "disable netbios");
    if (value.nmbd !== true || netbios === undefined || canonical(...netbios) === "No") return;
    issues.push({ code: "custom", message: "must not be true with `disable netbios`", path: ["nmbd"], input: true });
  });
export type ServerSpec = z.infer<typeof ServerSpec>;

/** A spec, and what of the host is not as it needs it; left out where it is. */
interface State extends Omit<ServerSpec, "parameters"> {
  readonly parameters: Parameters;
  /** smbd, when it is not enabled and active. */
  readonly smbd?: { readonly enabled: boolean; readonly active: boolean };
  /** What keeps our file from counting. */
  readonly file?: string;
}

/** Samba itself: its service, and the parameters of [global] that are declared. One per host. */
export const server = defineKind<State, Facts>({
  type: "samba:Server",
  holdsData: false,
  spec: ServerSpec,
  id: () => "server",
  query,
  parse,
  view,

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes };
    const write = !facts.files.has(GLOBAL_FILE) || changes.some(({ prop }) => /^(parameters\.|file$)/.test(prop));
    const content = render("global", want.parameters, [before(facts)]);
    const switches = wrong(facts, { smbd: true, ...(want.nmbd === undefined ? {} : { nmbd: want.nmbd }) });
    return {
      changes,
      refusals: [],
      commands: [],
      ...(write ? { batch: configure({ file: GLOBAL_FILE, content }) } : {}),
      ...(switches.length === 0 ? {} : { settle: services(switches) }),
    };
  },

  destroy(live, _context, facts) {
    // Samba itself stays: without our file there is nothing to end.
    if (!facts.files.has(GLOBAL_FILE)) return nothing;
    const switches = wrong(facts, asBefore(facts, live));
    return {
      changes: [{ prop: "parameters", from: "declared", to: undefined }],
      refusals: [],
      commands: switches.length === 0 ? [] : [services(switches)],
      batch: configure({ file: GLOBAL_FILE }),
    };
  },
});

/** Read when the process starts, and by no reload: smb.conf(5), open_sockets_smbd in source3/smbd/server.c. */
const AT_START = ["interfaces", "bind interfaces only", "smb ports", "netbios name", "server multi channel support"];

function view(facts: Facts, spec: State): State {
  const ours = facts.parsed.get(GLOBAL_FILE);
  const shared = facts.effective.get("global")?.parameters ?? new Map<string, string>();
  const lines = ours?.entries.filter(({ section }) => section === "global") ?? [];
  const own = new Map(lines.map(({ name, value }) => [name, value]));
  const smbd = facts.units.get("smbd") ?? { enabled: false, active: false };
  const nmbd = facts.units.get("nmbd") ?? { enabled: false, active: false };
  const file = !facts.files.has(GLOBAL_FILE) ? undefined : (facts.broken ?? strayLine(ours) ?? notIncluded(facts));
  return {
    parameters: seen(spec.parameters, (name) => (name === LOG_LEVEL ? logLevel(facts) : shared.get(name)), own),
    ...(spec.nmbd === undefined ? {} : { nmbd: runs(nmbd, spec.nmbd) }),
    ...(smbd.enabled && smbd.active ? {} : { smbd }),
    ...(file === undefined ? {} : { file }),
  };
}

/** testparm shows its own level instead of the configured one. */
const LOG_LEVEL = "log level";

/** The last one counts, and our file comes last. */
function logLevel({ parsed }: Facts): string | undefined {
  const lines = [SMB_CONF, GLOBAL_FILE].flatMap((file) => parsed.get(file)?.entries ?? []);
  return lines.findLast(({ section, name }) => section === "global" && name === LOG_LEVEL)?.value;
}

/** A service that is to run does so only when it also will after a reboot; one that is not to, when neither. */
function runs({ enabled, active }: Unit, wish: boolean): boolean {
  return wish ? enabled && active : enabled || active;
}

function strayLine(ours: Parsed | undefined): string | undefined {
  const stray = ours?.entries.find(({ section }) => section !== "global");
  return stray === undefined ? undefined : `line ${String(stray.line)} is about ${stray.section}`;
}

function notIncluded({ parsed }: Facts): string | undefined {
  const includes = (file: string, other: string) =>
    parsed.get(file)?.entries.some(({ name, value }) => name === "include" && value === other) === true;
  return includes(SMB_CONF, INDEX) && includes(INDEX, GLOBAL_FILE) ? undefined : `${SMB_CONF} does not include it`;
}

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined) return [{ prop: "parameters", from: undefined, to: want.parameters }];
  const waits = live.smbd === undefined ? "counts once smbd is restarted by hand: that ends open sessions" : undefined;
  const settings = parameterChanges(live.parameters, want.parameters).map((change) => {
    const name = canonicalName(change.prop.slice("parameters.".length));
    return waits !== undefined && AT_START.includes(name) ? { ...change, note: waits } : change;
  });
  return [
    ...settings,
    ...(want.nmbd === undefined || live.nmbd === want.nmbd ? [] : [{ prop: "nmbd", from: live.nmbd, to: want.nmbd }]),
    ...(["enabled", "active"] as const).flatMap((state) =>
      live.smbd?.[state] === false ? [{ prop: `smbd.${state}`, from: false, to: true }] : [],
    ),
    ...(live.file === undefined ? [] : [{ prop: "file", from: live.file, to: undefined }]),
  ];
}

const BEFORE = "Before: ";

/** What ran before us, written down in our file: that is how it is left at the end. */
function before({ files, units }: Facts): string {
  const line = files.get(GLOBAL_FILE)?.find((one) => one.startsWith(`# ${BEFORE}`));
  if (line !== undefined) return line.slice(2);
  const state = (name: string) => {
    const unit = units.get(name);
    return `${name} ${unit !== undefined && (unit.enabled || unit.active) ? "on" : "off"}`;
  };
  return `${BEFORE}${["smbd", "nmbd"].map(state).join(", ")}`;
}

/** As {@link before} has it. smbd is only stopped where it did not run, nmbd only touched where it was declared. */
function asBefore({ files }: Facts, { nmbd }: State): Record<string, boolean> {
  const line = files.get(GLOBAL_FILE)?.find((one) => one.startsWith(`# ${BEFORE}`)) ?? "";
  return {
    ...(/\bsmbd off\b/.test(line) ? { smbd: false } : {}),
    ...(nmbd === undefined || !/\bnmbd (on|off)\b/.test(line) ? {} : { nmbd: /\bnmbd on\b/.test(line) }),
  };
}

/** The services that are not as wished, each behind a sign of what it is to be. */
function wrong({ units }: Facts, wanted: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(wanted).flatMap(([name, on]) =>
    runs(units.get(name) ?? { enabled: false, active: false }, on) === on ? [] : [`${on ? "+" : "-"}${name}`],
  );
}

/** Turns services on (`+smbd`) and off (`-smbd`), now and after a reboot. */
function services(switches: readonly string[]): Command {
  return withTimeLimit(script("samba-services", SERVICES, switches), 300);
}

// Links for init systems other than systemd are left as they are: they would take two more reloads of systemd each time.
const SERVICES = `${ENABLE_UNIT}
export SYSTEMCTL_SKIP_SYSV=1
for switch
do
  case $switch in
  +*) enable_unit "\${switch#+}.service"; systemctl start "\${switch#+}.service" ;;
  -*) systemctl disable --now --quiet "\${switch#-}.service" ;;
  esac
done
`;
