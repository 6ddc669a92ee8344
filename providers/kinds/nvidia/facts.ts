/** What one look at the host tells about NVIDIA's driver. */
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { parseModprobe, type Modprobe } from "../system/modprobe.ts";

export interface Kernel {
  readonly release: string;
  /** Whether modules can be built for it; else the package that has its headers, where apt knows one. */
  readonly headers: true | { readonly package: string | undefined };
  /** The driver's version that is built for it; undefined where none is. */
  readonly module: string | undefined;
  /** Whether that was DKMS, which builds it again for the next kernel. */
  readonly byDkms: boolean;
}

export interface Gpu {
  /** PCI address: `0000:01:00.0`. */
  readonly address: string;
  /** PCI device, in hex: `1eb8`. */
  readonly device: string;
  /** The kernel module that has it: `nvidia`, `nouveau`, `vfio-pci`; empty for none. */
  readonly driver: string;
}

/** A line of nvidia-smi. */
export interface Answer {
  readonly address: string;
  readonly name: string;
  readonly version: string;
  readonly persistence: boolean;
}

export interface Facts extends Modprobe {
  readonly running: Kernel;
  /** The one that is booted next; the running one most often. */
  readonly next: Kernel;
  /** Installed packages that have to do with it, and their versions. */
  readonly packages: ReadonlyMap<string, string>;
  /** The packages that were installed by us. */
  readonly ours: ReadonlySet<string>;
  /** The version that a run file has installed, and whether that was us. */
  readonly runfile: { readonly version: string; readonly ours: boolean } | undefined;
  /** The name that modprobe(8) has for the module `nvidia`: `nvidia-current` with Debian's packages. */
  readonly moduleName: string;
  /** Versions that DKMS has the sources of. */
  readonly registered: readonly string[];
  /** The version of the module that is loaded. */
  readonly loaded: string | undefined;
  readonly nouveau: boolean;
  readonly gpus: readonly Gpu[];
  /** Device nodes. */
  readonly nodes: ReadonlySet<string>;
  /** Processes that have a GPU open, such as `1234 (python3)`. */
  readonly users: readonly string[];
  /** Our files, with their text. */
  readonly files: ReadonlyMap<string, string>;
  /** Initramfs images that were made before our modprobe file was written. */
  readonly stale: readonly string[];
  readonly unit: { readonly enabled: boolean; readonly active: boolean };
  /** What nvidia-smi says of each GPU, or the last line of its failure. Undefined: it was not asked. */
  readonly smi: readonly Answer[] | string | undefined;
  /** Versions of the user-space driver on the host. */
  readonly libraries: readonly string[];
  /** The user-space driver in containers, by the container's name. */
  readonly containers: ReadonlyMap<string, { readonly version: string; readonly running: boolean }>;
  readonly secureBoot: boolean;
}

/** The GPUs that the driver may take: those that are handed to virtual machines are not its own. */
export function ownGpus({ gpus }: Facts): readonly Gpu[] {
  return gpus.filter(({ driver }) => !/^(vfio-pci|pci-stub|pciback)$/.test(driver));
}

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at NVIDIA's driver: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const [running, next = running] = section("kernels").map(kernel);
  if (running === undefined || next === undefined) throw new UserError("cannot tell which kernel the host runs");
  const [version, ours] = section("runfile");
  const unit = section("unit");
  return {
    running,
    next,
    packages: pairs(section("packages")),
    ours: new Set(section("ours")),
    runfile: version === undefined ? undefined : { version: installerVersion(version), ours: ours === "ours" },
    moduleName: section("name")[0] ?? "nvidia",
    registered: section("registered"),
    loaded: section("loaded")[0],
    nouveau: section("nouveau").length > 0,
    gpus: section("gpus").map((line) => {
      const [address = "", device = "", driver = ""] = line.split(" ");
      return { address, device: device.replace("0x", ""), driver };
    }),
    nodes: new Set(section("nodes")),
    users: section("users"),
    ...parseModprobe(section("modprobe")),
    files: texts(section("files")),
    stale: section("stale"),
    unit: { enabled: unit.includes("enabled"), active: unit.includes("active") },
    smi: smi(section("smi")),
    libraries: [...new Set(section("libraries"))],
    containers: new Map(
      section("containers").map((line) => {
        const [name = "", version = "", pid] = line.split(" ");
        return [name, { version, running: pid !== undefined }];
      }),
    ),
    secureBoot: section("secureboot")[0] === "1",
  };
}

/** `RELEASE HEADERS MODULE DKMS`, each `-` for none. */
function kernel(line: string): Kernel {
  const [release = "", headers = "-", module = "-", dkms = "-"] = line.split(" ");
  return {
    release,
    headers: headers === "yes" || { package: headers === "-" ? undefined : headers },
    module: module === "-" ? undefined : module,
    byDkms: dkms === "dkms",
  };
}

/** The installer writes `1.0-55016301 (550.163.01)`, for the sake of its oldest versions. */
function installerVersion(line: string): string {
  return /\(([^)]+)\)/.exec(line)?.[1] ?? line.trim();
}

/** nvidia-smi has eight digits for the PCI domain, the kernel four. */
export function smi(lines: readonly string[]): readonly Answer[] | string | undefined {
  const [code, ...said] = lines;
  if (code === undefined) return undefined;
  if (code !== "0") return said.findLast((line) => line.trim() !== "") ?? `exit code ${code}`;
  return said.map((line) => {
    const [address = "", name = "", version = "", persistence = ""] = line.split(/, */);
    return { address: address.toLowerCase().slice(-12), name, version, persistence: persistence === "Enabled" };
  });
}

function pairs(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function texts(lines: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(":");
    files.set(line.slice(0, at), `${files.get(line.slice(0, at)) ?? ""}${line.slice(at + 1)}\n`);
  }
  return files;
}
