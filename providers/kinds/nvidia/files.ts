/** The text of our files. Pure. */
import { kernelPackage, MODULES, type DriverSpec } from "./spec.ts";

const HEAD = "# Managed by phoenix-hypervisor: what is changed here by hand is changed back.\n";

/** Debian has names of its own for the modules, another for each flavour; the options are for whichever is loaded. */
function flavours(spec: DriverSpec): readonly string[] {
  const branch = /^(nvidia-tesla.*)-kernel-dkms$/.exec(kernelPackage(spec))?.[1];
  return ["nvidia", "nvidia-current", "nvidia-current-open", ...(branch === undefined ? [] : [branch])];
}

export function modprobeText(spec: DriverSpec): string | undefined {
  const { blacklistNouveau, options } = spec;
  const lines = MODULES.flatMap((module) => {
    const set = Object.entries(options[module] ?? {}).map(([key, value]) => ` ${key}=${String(value)}`);
    return set.length === 0
      ? []
      : flavours(spec).map((flavour) => `options ${module.replace("nvidia", flavour)}${set.join("")}\n`);
  });
  const all = [...(blacklistNouveau ? ["blacklist nouveau\n"] : []), ...lines];
  return all.length === 0 ? undefined : HEAD + all.join("");
}

/** Whatever package has that very version: all of the driver, and nothing else. */
export function pinText({ version, runfile }: DriverSpec): string | undefined {
  if (version === undefined || runfile !== undefined) return undefined;
  return `${HEAD}Package: *nvidia* *cuda* libnv*\nPin: version ${version}-*\nPin-Priority: 1001\n`;
}

/**
 * What is there after each boot, before containers start. CUDA's device nodes are made by whoever is root and asks
 * first: nobody, where only containers use the GPUs. Where there is no GPU the unit is skipped.
 */
export function unitText({ persistence }: DriverSpec): string {
  return `${HEAD}[Unit]
Description=Device nodes of NVIDIA GPUs
After=nvidia-persistenced.service
Before=pve-guests.service lxc.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecCondition=/bin/sh -c 'grep -lsx 0x10de /sys/bus/pci/devices/*/vendor | while read -r f; do d=$\${f%%/vendor}; case $$(readlink $$d/driver) in */vfio-pci|*/pci-stub) ;; *) echo $$d ;; esac; done | grep -q .'
ExecStart=/usr/bin/nvidia-modprobe -c 0
ExecStart=/usr/bin/nvidia-modprobe -c 0 -u
ExecStart=/usr/bin/nvidia-smi ${persistence ? "-pm 1" : "-L"}

[Install]
WantedBy=multi-user.target
`;
}
