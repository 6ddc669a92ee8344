/** What is done to the driver. Pure. */
import type { Command } from "../../host/command.ts";
import { removeFile, restoreFile, writeFile } from "../../host/file.ts";
import { nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { refreshInitramfs } from "../initramfs.ts";
import { STAYS } from "../system/ours.ts";
import { apt } from "../system/package.apt.ts";
import { build, load, packages, removeUnit, runfile, uninstallRunfile, unit, unloadDriver } from "./commands.ts";
import { matchContainers } from "./containers.ts";
import { ownGpus, type Facts } from "./facts.ts";
import { modprobeText, pinText, unitText } from "./files.ts";
import { MODPROBE_FILE, PIN_FILE, UNIT_FILE } from "./query.ts";
import {
  isKernelPackage,
  kernelPackage,
  MODULES,
  otherKernelPackage,
  packagesOf,
  usesDkms,
  type DriverSpec,
} from "./spec.ts";
import {
  buildable,
  installedVersion,
  kernels,
  loading,
  missingPackages,
  upgradeHeaders,
  upstream,
  type State,
} from "./state.ts";

const LATER =
  "takes effect when the module is loaded anew: at once where no GPU is in use, else by a reboot of the host";
const NEXT = "counts when the module is loaded next time";

export function plan(live: State | undefined, want: DriverSpec, facts: Facts | undefined): Plan {
  const changes = differences(live, want);
  if (facts === undefined || changes.length === 0) return { ...nothing, changes };
  const says = ownGpus(facts).length === 0 ? { says: absence(facts) } : {};
  return { changes, refusals: refused(facts, want), ...steps(facts, want, changes), ...says };
}

/** What is said of a host without a GPU for the driver. */
export function absence({ gpus }: Facts): string {
  return gpus.length === 0
    ? "the host has no NVIDIA GPU: the driver is installed, and not loaded"
    : "all NVIDIA GPUs of the host are handed to virtual machines: the driver is installed, and not loaded";
}

function differences(live: State | undefined, want: DriverSpec): Change[] {
  if (live === undefined)
    return [{ prop: "version", from: undefined, to: want.version ?? "what apt has", note: LATER }];
  const words = [
    "kernelModules",
    "persistence",
    "whenInUse",
    "reboot",
    "rebootTimeout",
    "packages",
    "runfile",
    "inContainers",
  ] as const;
  const other = want.version === undefined ? undefined : live.version !== want.version;
  const changes = [
    ...(other === true ? [{ prop: "version", from: live.version, to: want.version, note: LATER }] : []),
    ...[...words, "blacklistNouveau" as const].flatMap((prop): Change[] =>
      JSON.stringify(live[prop]) === JSON.stringify(want[prop]) ? [] : [{ prop, from: live[prop], to: want[prop] }],
    ),
    ...MODULES.flatMap((module) => optionChanges(module, live.options[module], want.options[module])),
    ...oddities(live.odd),
  ];
  return changes.length === 0 ? [] : [...changes, ...oddities(live.along)];
}

function oddities(odd: State["odd"] = {}): Change[] {
  return Object.entries(odd).map(([prop, from]) =>
    prop === "rebooted" ? { prop, from, to: true, note: "the host is rebooted" } : { prop, from, to: "as it takes" },
  );
}

type Options = DriverSpec["options"][keyof DriverSpec["options"]];

function optionChanges(module: string, live: Options = {}, want: Options = {}): Change[] {
  return [...new Set([...Object.keys(live), ...Object.keys(want)])].flatMap((key): Change[] => {
    const [from, to] = [live[key], want[key]];
    return String(from) === String(to) ? [] : [{ prop: `options.${module}.${key}`, from, to, note: NEXT }];
  });
}

/** Whether another version, or one at all, is to be installed. */
function otherVersion(facts: Facts, want: DriverSpec): boolean {
  const is = installedVersion(facts);
  return is === undefined || (want.version !== undefined && is !== want.version);
}

function refused(facts: Facts, want: DriverSpec): string[] {
  const users = facts.loaded !== undefined && want.whenInUse === "refuse" ? facts.users : [];
  const inUse = users.length > 0 && otherVersion(facts, want);
  const theirs = [...facts.packages.keys()].filter(isKernelPackage);
  const noHeaders = usesDkms(want) && otherVersion(facts, want) && !Object.values(kernels(facts)).some(buildable);
  return [
    ...(inUse
      ? [`GPUs are in use by ${users.join(", ")}: end these, or declare whenInUse: upgrade, which takes a reboot`]
      : []),
    ...(want.runfile === undefined && facts.runfile !== undefined
      ? [
          `a run file has installed driver ${facts.runfile.version}: take it off first (nvidia-uninstall), or declare it`,
        ]
      : []),
    ...(want.runfile !== undefined && theirs.length > 0
      ? [`the driver comes from ${theirs.join(", ")} here: remove that first, or declare no runfile`]
      : []),
    ...(noHeaders
      ? [
          `kernel ${facts.running.release} has no headers, and apt knows no package with them: nothing can be built for it`,
        ]
      : []),
  ];
}

type Steps = Pick<Plan, "commands" | "undo" | "reboot">;

function steps(facts: Facts, want: DriverSpec, changes: readonly Change[]): Steps {
  const files: [string, string | undefined][] = [
    [PIN_FILE, pinText(want)],
    [MODPROBE_FILE, modprobeWanted(facts, want, changes)],
    [UNIT_FILE, unitText(want)],
  ];
  const changed = files.filter(([path, text]) => facts.files.get(path) !== text);
  const writes = (path: string) => changed.some(([one]) => one === path);
  const after = want.version ?? installedVersion(facts) ?? "the new one";
  const how = loading(facts, after);
  const gpus = ownGpus(facts).length > 0;
  const loads = how.by === "loading";
  const restarts = writes(UNIT_FILE) || changes.some(({ prop }) => /^(unit|persistence|deviceNodes)$/.test(prop));
  return {
    commands: [
      ...changed.map(([path, text]) => (text === undefined ? removeFile(path) : writeFile(path, text, MODE))),
      ...installs(facts, want, changes, how.by === "reboot" || !gpus),
      ...(writes(MODPROBE_FILE) || changes.some(({ prop }) => prop === "initramfs") ? [refreshInitramfs] : []),
      ...(restarts ? [unit(gpus && !loads && how.by !== "reboot")] : []),
      ...(loads ? [load] : []),
      ...(matches(facts, want, changes) ? [matchContainers(want, want.version ?? "")] : []),
    ],
    undo: changed.map(([path]) => restoreFile(path, facts.files.get(path), MODE)),
    ...(how.by === "reboot" && want.reboot === "whenNeeded"
      ? { reboot: { why: `${how.why}; ${after} is installed`, seconds: want.rebootTimeout } }
      : {}),
  };
}

/** Whether running containers have, or will have, another user-space driver than the host, and are to get that. */
function matches({ containers }: Facts, want: DriverSpec, changes: readonly Change[]): boolean {
  return (
    want.inContainers === "match" &&
    [...containers.values()].some(({ running }) => running) &&
    changes.some(({ prop }) => /^(version|userSpace|containers[.])/.test(prop))
  );
}

const MODE = { mode: "644" };

/** Our file where it takes one: what other files say already needs none. */
function modprobeWanted(facts: Facts, want: DriverSpec, changes: readonly Change[]): string | undefined {
  const is = facts.files.get(MODPROBE_FILE);
  const differs = changes.some(({ prop }) => prop === "blacklistNouveau" || prop.startsWith("options."));
  const fresh = installedVersion(facts) === undefined;
  return differs || fresh ? modprobeText(want) : is;
}

function installs(facts: Facts, want: DriverSpec, changes: readonly Change[], quiet: boolean): Command[] {
  const all = Object.values(kernels(facts)).map(({ release }) => release);
  const has = (pattern: RegExp) => changes.some(({ prop }) => pattern.test(prop));
  const other = otherVersion(facts, want);
  const headers = usesDkms(want) ? missingHeaders(facts) : [];
  const driver = other || has(/^(userSpace|kernelModules)$/);
  if (want.runfile !== undefined)
    return [
      ...(headers.length > 0 || (usesDkms(want) && !facts.packages.has("dkms"))
        ? [packages([...headers, ...(usesDkms(want) ? ["dkms"] : [])], other ? [] : all)]
        : []),
      ...(driver || has(/^module$/) ? runfile(want, usesDkms(want) ? all : [], quiet) : []),
      ...(!driver && headers.length === 0 && has(/^dkms[.]/) ? [build(all)] : []),
    ];
  const gone = otherKernelPackage(want);
  const items = [
    ...(driver ? driverItems(facts, want) : missingPackages(facts, want)),
    ...(gone !== undefined && facts.packages.has(gone) ? [`${gone}-`] : []),
    ...headers,
  ];
  if (items.length > 0) return [packages([...new Set(items)], all)];
  return has(/^dkms[.]/) ? [build(all)] : [];
}

/** The declared packages, and those that are installed in the driver's version and have to move with it. */
function driverItems(facts: Facts, want: DriverSpec): readonly string[] {
  const versions = new Set([installedVersion(facts), ...facts.libraries]);
  const along = [...facts.packages].flatMap(([name, version]) => (versions.has(upstream(version)) ? [name] : []));
  const gone = otherKernelPackage(want);
  const named = [...packagesOf(want), ...along].filter((name) => name !== gone && name !== kernelPackage(want));
  return [want.version === undefined ? kernelPackage(want) : `${kernelPackage(want)}=${want.version}-*`, ...named];
}

function missingHeaders(facts: Facts): readonly string[] {
  const own = Object.values(kernels(facts)).flatMap(({ headers }) =>
    headers === true || headers.package === undefined ? [] : [headers.package],
  );
  return [...own, ...upgradeHeaders(facts)];
}

/** Ends what is ours: what was there before stays. */
export function destroy(live: State, _context: Context<State>, facts: Facts): Plan {
  const own = [...facts.packages.keys()].filter((name) => facts.ours.has(name) && packagesOf(live).includes(name));
  const byRunfile = facts.runfile?.ours === true;
  const removes = own.length > 0 || byRunfile;
  if (!removes && facts.files.size === 0) return { ...nothing, says: STAYS };
  const used = removes && facts.loaded !== undefined && facts.users.length > 0;
  return {
    changes: [{ prop: "version", from: live.version ?? installedVersion(facts), to: undefined }],
    refusals:
      used && live.whenInUse === "refuse" ? [`GPUs are in use by ${facts.users.join(", ")}: end these first`] : [],
    commands: [
      ...(facts.files.has(UNIT_FILE) ? [removeUnit] : []),
      ...(removes && facts.loaded !== undefined && !used ? [unloadDriver] : []),
      ...(own.length > 0 ? [apt(own.map((name) => `${name}-`))] : []),
      ...(byRunfile ? [uninstallRunfile] : []),
      ...(facts.files.has(PIN_FILE) ? [removeFile(PIN_FILE)] : []),
      ...(facts.files.has(MODPROBE_FILE) ? [removeFile(MODPROBE_FILE), refreshInitramfs] : []),
    ],
    ...(own.length > 0
      ? { says: "what came along with the driver's packages stays: apt-get autoremove takes it away" }
      : {}),
  };
}
