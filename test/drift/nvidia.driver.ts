import { DriverSpec } from "../../providers/kinds/nvidia/driver.ts";
import { MODPROBE_FILE, PIN_FILE, UNIT, UNIT_FILE } from "../../providers/kinds/nvidia/query.ts";
import {
  driverPackages,
  fewModules,
  gpu,
  NEW,
  noDriver,
  oddContainer,
  OLD,
  OTHER_KERNEL,
  quickInitramfs,
} from "../support/nvidia.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

const spec = DriverSpec.parse({ version: OLD, options: { nvidia: { NVreg_Lab: 3 } }, inContainers: "match" });

function drift(prop: string, byHand: string, more: Partial<DriftCase<DriverSpec>> = {}): DriftCase<DriverSpec> {
  return { prop, spec, byHand, ...more };
}

/** The file, and the initramfs that has a copy of it. */
const inInitramfs = (prop: string) => ({ differs: [prop, "initramfs"], commands: 2 });

export const suite: DriftSuite<DriverSpec> = {
  prepare: [quickInitramfs, fewModules, noDriver, driverPackages, gpu],
  foreign: [
    "echo 'options nvidia-foreign mine=1' >/etc/modprobe.d/foreign.conf",
    "printf 'Package: hello\\nPin: version 1\\nPin-Priority: 1\\n' >/etc/apt/preferences.d/foreign",
  ],
  foreignState:
    "cat /etc/modprobe.d/foreign.conf /etc/apt/preferences.d/foreign; find /var/lib/dkms/zfs /lib/modules/$(uname -r)/updates ! -path '*nvidia*' | sort",
  cases: [
    drift("loaded", "rmmod nvidia"),
    drift("dkms.running", `dkms uninstall -m nvidia-current -v ${OLD} -k "$(uname -r)"`),
    drift("packages", "dpkg --remove nvidia-smi"),
    drift("userSpace", `dpkg -i --force-depends /srv/apt/libnvidia-ml1_${NEW}-1.deb`),
    drift("pin", `sed -i s/1001/1/ ${PIN_FILE}`),
    drift("blacklistNouveau", `sed -i /nouveau/d ${MODPROBE_FILE}`, inInitramfs("blacklistNouveau")),
    drift(
      "options.nvidia.NVreg_Lab",
      `sed -i s/Lab=3/Lab=4/ ${MODPROBE_FILE}`,
      inInitramfs("options.nvidia.NVreg_Lab"),
    ),
    drift(
      "options.nvidia-uvm.mine",
      `echo 'options nvidia-current-uvm mine=1' >>${MODPROBE_FILE}`,
      inInitramfs("options.nvidia-uvm.mine"),
    ),
    drift("initramfs", "touch -d 2000-01-01 /boot/initrd.img-*"),
    drift("unit", `systemctl disable ${UNIT}`),
    drift("unit", `systemctl stop ${UNIT}`),
    // The file, and what makes it count.
    drift("unit", `sed -i /Before/d ${UNIT_FILE}`, { commands: 2 }),
    drift("persistence", "nvidia-smi -pm 0"),
    drift("deviceNodes", "rm /dev/nvidia-uvm"),
    // What dpkg has down is enough: test/nvidia.lab.test.ts has another version built.
    drift(
      "version",
      "sed -i '/^Package: nvidia-kernel-dkms$/,/^$/s/^Version: .*/Version: 549.1-1/' /var/lib/dpkg/status",
      {
        differs: ["version", "userSpace", "loaded", "dkms.running"],
      },
    ),
    // A new kernel came without its headers.
    drift("headers.next", `mkdir -p /lib/modules/${OTHER_KERNEL}; touch /boot/vmlinuz-${OTHER_KERNEL}`, {
      differs: ["headers.next", "dkms.next"],
    }),
    // From here on it runs, with the host's.
    drift("containers.102", oddContainer("102")),
  ],
  // There is one driver.
  apart: false,
};
