import { z } from "zod";
import { absolutePath } from "../system/path.ts";

/** The modules that make up the driver. */
export const MODULES = ["nvidia", "nvidia-modeset", "nvidia-drm", "nvidia-uvm", "nvidia-peermem"] as const;
export type Module = (typeof MODULES)[number];

const bool = () => z.boolean("must be true or false");
const word = "must have no blanks, quotes, backslashes or #";

const Options = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_]*$/, "must be a module option's name"),
  z.union([z.string(word).regex(/^[^\s"'\\#\u0000-\u001f\u007f]+$/, word), z.number(word)]),
);

const Runfile = z
  .strictObject({
    /** Where the host fetches it from: `https://…`. Either this or `path`. */
    url: z
      .string()
      .regex(/^https:\/\/[\w.-]+(:\d+)?\/[\w./~%+-]+$/, "must be an https address, such as https://host/NVIDIA.run")
      .optional(),
    /** Where it lies on the host. Either this or `url`. */
    path: absolutePath.optional(),
    /** Its SHA-256 as 64 hex digits: what has another one is not run. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be the 64 lower-case hex digits of its SHA-256"),
    /** Whether DKMS builds the modules again for each new kernel. Default: true. */
    dkms: bool().default(true),
    /** Further options of the installer, such as `--no-opengl-files`. Default: none. */
    arguments: z
      .array(z.string().regex(/^-[\w=.,/+-]+$/, "must be an option of the installer, such as --no-opengl-files"))
      .default([]),
  })
  .check(({ value, issues }) => {
    if ((value.url === undefined) === (value.path === undefined))
      issues.push({ code: "custom", message: "say either url or path", input: value });
  });

export const DriverSpec = z
  .strictObject({
    /**
     * The version as NVIDIA writes it: `550.163.01`. Debian packages are then held to it, by a file of their own in
     * /etc/apt/preferences.d. Required with `runfile`. Default: the one that apt installs, and later upgrades.
     */
    version: z
      .string("must be a driver's version in quotes, such as 550.163.01")
      .regex(/^\d{3,4}\.\d{1,3}(\.\d{1,3})?$/, "must be a driver's version, such as 550.163.01")
      .optional(),
    /**
     * Which of NVIDIA's kernel modules: `proprietary` for GPUs before Turing, `open` for Blackwell and newer; between
     * these both will do. Default: `proprietary`, as in Debian.
     */
    kernelModules: z.enum(["proprietary", "open"], "must be proprietary or open").default("proprietary"),
    /**
     * The Debian packages, the one with the kernel modules among them. The host's apt sources must have them (component
     * non-free). Default: those of Debian for a host without a display: nvidia-kernel-dkms or nvidia-open-kernel-dkms,
     * nvidia-smi, libcuda1 and nvidia-modprobe.
     */
    packages: z
      .array(
        z.string().regex(/^(?=.*(nvidia|cuda))[a-z0-9][a-z0-9+.-]*[a-z0-9]$/, "must be a package of NVIDIA's driver"),
      )
      .refine((names) => names.some(isKernelPackage), "must name the package with the kernel modules (…-dkms)")
      .optional(),
    /** The vendor's installer, a run file, in the place of packages. */
    runfile: Runfile.optional(),
    /** Whether nouveau is kept from taking the GPUs at boot. False: left to other files. Default: true. */
    blacklistNouveau: bool().default(true),
    /** Options by module, such as `nvidia: { NVreg_RestrictProfilingToAdminUsers: 0 }`; they count when it is loaded next. */
    options: z.partialRecord(z.enum(MODULES, `must be one of ${MODULES.join(", ")}`), Options).default({}),
    /** Whether GPUs stay initialised while nobody uses them. False: left as it is. Default: true. */
    persistence: bool().default(true),
    /**
     * What becomes of another version while a process, in a container too, uses a GPU. `refuse`: it is not installed.
     * `upgrade`: it is installed, and takes effect with the next reboot; until then new processes may not get at the
     * GPUs. Default: `refuse`.
     */
    whenInUse: z.enum(["refuse", "upgrade"], "must be refuse or upgrade").default("refuse"),
    /**
     * What becomes of running containers that have the user-space driver in another version than the host: in them GPUs do
     * not work. `leave`: that is told. `match`: they get the host's, from apt where they have it of packages, else from the
     * run file. Default: `leave`.
     */
    inContainers: z.enum(["leave", "match"], "must be leave or match").default("leave"),
    /**
     * `never`: that a reboot is needed is told, and an output. `whenNeeded`: the host is rebooted at the end of the
     * change, when nothing else is under way, and waited for. Default: `never`.
     */
    reboot: z.enum(["never", "whenNeeded"], "must be never or whenNeeded").default("never"),
    /** Seconds that the host may take to be back after a reboot, 60 to 7200. Default: 900. */
    rebootTimeout: z
      .int("must be whole seconds, 60 to 7200")
      .min(60, "must be whole seconds, 60 to 7200")
      .max(7200, "must be whole seconds, 60 to 7200")
      .default(900),
  })
  .check(({ value: { version, packages, runfile }, issues }) => {
    if (runfile !== undefined && version === undefined)
      issues.push({ code: "custom", message: "must be declared with runfile", path: ["version"], input: version });
    if (runfile !== undefined && packages !== undefined)
      issues.push({ code: "custom", message: "excludes runfile", path: ["packages"], input: packages });
  });
export type DriverSpec = z.infer<typeof DriverSpec>;

/** Whether a package brings the driver's kernel modules. */
export function isKernelPackage(name: string): boolean {
  return /^nvidia-(?!fs-).*dkms/.test(name);
}

const KERNEL_PACKAGES = { proprietary: "nvidia-kernel-dkms", open: "nvidia-open-kernel-dkms" } as const;

/** The packages that must be there. */
export function packagesOf({ packages, kernelModules }: DriverSpec): readonly string[] {
  return packages ?? [KERNEL_PACKAGES[kernelModules], "nvidia-smi", "libcuda1", "nvidia-modprobe"];
}

/** The one whose version is the driver's. */
export function kernelPackage(spec: DriverSpec): string {
  return packagesOf(spec).find(isKernelPackage) ?? KERNEL_PACKAGES[spec.kernelModules];
}

/** The package of Debian that has the other kernel modules, and cannot be there beside. */
export function otherKernelPackage({ packages, kernelModules }: DriverSpec): string | undefined {
  if (packages !== undefined) return undefined;
  return KERNEL_PACKAGES[kernelModules === "open" ? "proprietary" : "open"];
}

export function usesDkms({ runfile }: DriverSpec): boolean {
  return runfile?.dkms !== false;
}
