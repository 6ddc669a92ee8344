import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { DriverSpec } from "./kinds/nvidia/driver.ts";
import { HostResource, type Args } from "./runtime/resource.ts";

const OUTPUTS = ["installedVersion", "loadedVersion", "gpus", "containers", "rebootRequired"];

export type DriverArgs = Args<z.input<typeof DriverSpec>>;

/**
 * NVIDIA's driver, from Debian's packages or the vendor's run file, and all that has to fit it: the headers of the
 * kernel that runs and of the one that is booted next, the modules that DKMS builds for both, the module that is loaded,
 * the libraries, device nodes, what modprobe goes by and the initramfs. Where these do not fit each other, a preview
 * names them. A driver that somebody installed and that is as declared is left as it is: our pin of its version, and our
 * unit, come along with the first change. Of other pinned kernels than Proxmox VE's own it does not know: the newest is taken for the next.
 * @example
 * gpu:
 *   driver:
 *     version: 550.163.01
 *     options:
 *       nvidia: { NVreg_RestrictProfilingToAdminUsers: 0 }
 *     reboot: whenNeeded
 * @refused Another version while a process uses a GPU, in a container too. Packages where a run file has installed the
 * driver, and the other way round. A run file that is not the declared one: it is not run. A kernel for which nothing can be
 * built.
 * @consent `whenInUse: upgrade` installs another version beside the one in use. `reboot: whenNeeded` lets the host be
 * rebooted where that is what it takes: at the end, when nothing else is under way, and it is waited for. A driver that was
 * there before it was declared stays. `inContainers: match` lets the user-space driver of running containers be changed.
 * @runs To look: files of /proc, /sys and DKMS, `dpkg-query`, `modprobe`, and `nvidia-smi` where the driver is
 * loaded. To change: one `apt-get` transaction as all packages have it, or the run file with `--silent`; `dkms install`,
 * `update-initramfs`, `rmmod` and `modprobe`, a file each in /etc/apt/preferences.d and /etc/modprobe.d, and a unit of systemd
 * that makes the device nodes at boot; in containers `apt-get`, or the run file for all but the kernel modules. Where there is no GPU nothing is loaded, and a preview says so.
 */
export class Driver extends HostResource {
  /** The version that is installed. */
  declare readonly installedVersion: pulumi.Output<string | undefined>;
  /** The version that is loaded. */
  declare readonly loadedVersion: pulumi.Output<string | undefined>;
  /** The host's NVIDIA GPUs: PCI address and name. */
  declare readonly gpus: pulumi.Output<readonly string[]>;
  /** The version of the user-space driver in each container that has one. */
  declare readonly containers: pulumi.Output<Readonly<Record<string, string>>>;
  /** Whether what is installed takes effect only with a reboot. */
  declare readonly rebootRequired: pulumi.Output<boolean>;

  /** @param name the resource's name in the program; there is one driver on a host */
  constructor(name: string, args: DriverArgs, opts?: pulumi.CustomResourceOptions) {
    super("nvidia:Driver", name, args, OUTPUTS, opts);
  }
}
