/** What of the driver is there, and what is not as it takes. Pure. */
import type { Context } from "../../kind.ts";
import { canonical, parseModprobe } from "../system/modprobe.ts";
import { ownGpus, type Facts, type Kernel } from "./facts.ts";
import { pinText, unitText } from "./files.ts";
import { MODPROBE_FILE, PIN_FILE, UNIT_FILE } from "./query.ts";
import {
  isKernelPackage,
  MODULES,
  otherKernelPackage,
  packagesOf,
  usesDkms,
  type DriverSpec,
  type Module,
} from "./spec.ts";

type Odd = Readonly<Record<string, string>>;

/** A spec, and what of the host is not as it says. */
export interface State extends DriverSpec {
  /** By the word that a preview has for it. Left out when all is as it takes. */
  readonly odd?: Odd;
  /** What comes along with the first change of a driver that somebody else installed, and is not missed until then. */
  readonly along?: Odd;
}

/** Whether we have installed it, or changed anything about it. */
function touched({ files, ours, packages, runfile }: Facts): boolean {
  const [own] = [...packages.keys()].filter((name) => isKernelPackage(name) && ours.has(name));
  return files.size > 0 || own !== undefined || runfile?.ours === true;
}

/** The driver's version, as the package with its kernel modules or the run file has it. */
export function installedVersion({ runfile, packages }: Facts): string | undefined {
  const found = [...packages].find(([name]) => isKernelPackage(name));
  return runfile?.version ?? (found === undefined ? undefined : upstream(found[1]));
}

/** `550.163.01` of `550.163.01-2`. */
export function upstream(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
}

export function view(facts: Facts, spec: DriverSpec, { was }: Context<State>): State | undefined {
  const installed = installedVersion(facts);
  if (installed === undefined && facts.files.size === 0) return undefined;
  const { version, ...declared } = spec;
  const { pin, unit, ...rest } = oddities(facts, spec, installed);
  const files = Object.fromEntries(Object.entries({ pin, unit }).filter(([, is]) => is !== undefined)) as Odd;
  // Somebody else's driver that works is as declared, whatever holds its version and makes its device nodes.
  const own = touched(facts) || installed === undefined;
  const odd = own ? { ...rest, ...files } : rest;
  const other = otherKernelPackage(spec);
  const has = version !== undefined || was?.version !== undefined || installed === undefined;
  return {
    ...declared,
    ...(has && installed !== undefined ? { version: installed } : {}),
    ...(other !== undefined && facts.packages.has(other)
      ? { kernelModules: spec.kernelModules === "open" ? "proprietary" : "open" }
      : {}),
    blacklistNouveau: spec.blacklistNouveau
      ? facts.blacklisted.has("nouveau")
      : (facts.files.get(MODPROBE_FILE) ?? "").includes("blacklist nouveau"),
    options: liveOptions(facts, spec, was),
    ...(Object.keys(odd).length === 0 ? {} : { odd }),
    ...(own || Object.keys(files).length === 0 ? {} : { along: files }),
  };
}

/** What modprobe(8) will set, of the options that are declared, were declared, or stand in our file. */
function liveOptions(facts: Facts, spec: DriverSpec, was: State | undefined): DriverSpec["options"] {
  const own = parseModprobe((facts.files.get(MODPROBE_FILE) ?? "").split("\n")).options;
  return Object.fromEntries(
    MODULES.flatMap((module): [Module, Record<string, string | number>][] => {
      const name = canonical(nameOf(module, facts));
      const declared = { ...own.get(name), ...was?.options[module], ...spec.options[module] };
      const is = Object.entries(facts.options.get(name) ?? {}).filter(([key]) => Object.hasOwn(declared, key));
      const shown = is.map(([key, value]) => {
        const wish = declared[key] ?? value;
        return [key, String(wish) === value ? wish : value] as const;
      });
      return shown.length === 0 && spec.options[module] === undefined ? [] : [[module, Object.fromEntries(shown)]];
    }),
  );
}

/** Debian's packages call the modules `nvidia-current`, `nvidia-current-drm` and so on. */
function nameOf(module: Module, { moduleName }: Facts): string {
  return module.replace("nvidia", moduleName);
}

/** The kernels that matter, by the words of a preview. */
export function kernels({ running, next }: Facts): Readonly<Record<string, Kernel>> {
  return running.release === next.release ? { running } : { running, next };
}

export function buildable({ headers }: Kernel): boolean {
  return headers === true || headers.package !== undefined;
}

function oddities(facts: Facts, spec: DriverSpec, installed: string | undefined): Odd {
  const file = (path: string, text: string | undefined) => {
    const is = facts.files.get(path);
    return is === text ? undefined : is === undefined ? "absent" : text === undefined ? "present" : "changed";
  };
  const missing = missingPackages(facts, spec);
  const odd: Readonly<Record<string, string | undefined>> = {
    packages: missing.length === 0 ? undefined : `absent: ${missing.join(", ")}`,
    userSpace: oddLibraries(facts, installed),
    pin: file(PIN_FILE, pinText(spec)),
    ...(usesDkms(spec) ? builds(facts, installed) : { module: oddModule(facts.running, installed) }),
    ...oddLoading(facts, spec, installed),
    initramfs: facts.stale[0] === undefined ? undefined : `${facts.stale[0]} is older`,
    unit: file(UNIT_FILE, unitText(spec)) ?? oddUnit(facts),
    persistence:
      spec.persistence && typeof facts.smi === "object" && facts.smi.some((gpu) => !gpu.persistence)
        ? "Disabled"
        : undefined,
    deviceNodes: oddNodes(facts),
    ...oddContainers(facts, spec, installed),
  };
  return Object.fromEntries(
    Object.entries(odd).flatMap(([prop, is]) => (is === undefined ? [] : [[prop, is] as const])),
  );
}

export function missingPackages({ packages }: Facts, spec: DriverSpec): readonly string[] {
  return spec.runfile === undefined ? packagesOf(spec).filter((name) => !packages.has(name)) : [];
}

function oddLibraries({ libraries }: Facts, installed: string | undefined): string | undefined {
  const fine = installed === undefined || libraries.length === 0 || libraries.includes(installed);
  return fine ? undefined : libraries.join(", ");
}

/** Running containers in which GPUs do not work, by the word of a preview. */
function oddContainers(facts: Facts, spec: DriverSpec, installed: string | undefined): Record<string, string> {
  if (spec.inContainers === "leave" || installed === undefined) return {};
  return Object.fromEntries(
    otherContainers(facts, installed).flatMap(([name, { version, running }]) =>
      running ? [[`containers.${name}`, version] as const] : [],
    ),
  );
}

/** Containers with the user-space driver in another version than that. */
export function otherContainers(
  { containers }: Facts,
  version: string,
): [string, { version: string; running: boolean }][] {
  return [...containers].filter(([, has]) => has.version !== version);
}

/** Headers and built modules, for the kernels that can have them. */
function builds(facts: Facts, installed: string | undefined): Record<string, string | undefined> {
  const upgrades = upgradeHeaders(facts);
  return Object.fromEntries([
    ...Object.entries(kernels(facts)).flatMap(([which, kernel]) => [
      [`headers.${which}`, kernel.headers !== true && buildable(kernel) ? "absent" : undefined],
      [`dkms.${which}`, buildable(kernel) ? oddBuild(kernel, installed) : undefined],
    ]),
    ["headers.upgrades", upgrades.length === 0 ? undefined : `absent: ${upgrades.join(", ")}`],
  ]) as Record<string, string | undefined>;
}

function oddBuild({ module, byDkms }: Kernel, installed: string | undefined): string | undefined {
  if (installed === undefined || (byDkms && module === installed)) return undefined;
  if (module === undefined) return "not built";
  return byDkms ? module : `${module}, not by DKMS`;
}

function oddModule({ module }: Kernel, installed: string | undefined): string | undefined {
  return installed === undefined || module === installed ? undefined : (module ?? "absent");
}

/** The packages that bring the headers along with each new kernel, where one brings the kernels. */
export function upgradeHeaders({ packages, running }: Facts): readonly string[] {
  const isPve = running.release.endsWith("-pve");
  const wanted = [...packages.keys()].flatMap((name) => {
    const debian = /^linux-image-([a-z].*)$/.exec(name)?.[1];
    const pve = /^(proxmox|pve)-(default-kernel|kernel-\d+\.\d+)$/.exec(name);
    if (pve !== null) return [`${pve[1] ?? ""}-${(pve[2] ?? "").replace("kernel", "headers")}`];
    return debian === undefined || isPve || debian.endsWith("-dbg") ? [] : [`linux-headers-${debian}`];
  });
  return wanted.filter((name) => !packages.has(name));
}

/** How the installed version comes to be the loaded one. */
export type Loading = { readonly by: "itself" | "loading" } | { readonly by: "reboot"; readonly why: string };

export function loading(facts: Facts, installed: string | undefined): Loading {
  if (ownGpus(facts).length === 0 || installed === undefined || facts.loaded === installed) return { by: "itself" };
  const is = facts.loaded === undefined ? "the driver is not loaded" : `driver ${facts.loaded} is loaded`;
  if (facts.nouveau) return { by: "reboot", why: `${is}, for nouveau is` };
  if (facts.users.length > 0) return { by: "reboot", why: `${is}, and in use by ${facts.users.join(", ")}` };
  if (!buildable(facts.running) && facts.running.module !== installed)
    return { by: "reboot", why: `${is}, and cannot be built for the running kernel ${facts.running.release}` };
  return { by: "loading" };
}

function oddLoading(facts: Facts, spec: DriverSpec, installed: string | undefined): Record<string, string | undefined> {
  const how = loading(facts, installed);
  return {
    loaded: how.by === "loading" ? (facts.loaded ?? "nothing") : undefined,
    rebooted: how.by === "reboot" && spec.reboot === "whenNeeded" ? how.why : undefined,
  };
}

function oddUnit(facts: Facts): string | undefined {
  if (!facts.unit.enabled) return "disabled";
  return ownGpus(facts).length > 0 && facts.loaded !== undefined && !facts.unit.active ? "inactive" : undefined;
}

function oddNodes(facts: Facts): string | undefined {
  if (ownGpus(facts).length === 0 || facts.loaded === undefined) return undefined;
  const missing = ["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"].filter((node) => !facts.nodes.has(node));
  return missing.length === 0 ? undefined : `absent: ${missing.join(", ")}`;
}
