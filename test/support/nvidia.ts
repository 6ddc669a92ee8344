/**
 * A lab host with a GPU and with the packages of NVIDIA's driver, as far as that goes without either. Debian's names and
 * ways, a real kernel module that DKMS builds in seconds; nvidia-smi and nvidia-modprobe are stand-ins that answer in
 * the form which NVIDIA documents, not captured on a machine with a GPU.
 */
import { aptRepository, type TinyPackage } from "./apt-repository.ts";

export const OLD = "550.163.01";
/** As long as the old one: see {@link BUILD}. */
export const NEW = "555.142.02";
/** Its module does not compile. */
export const BROKEN = "560.1.01";

/**
 * What DKMS runs to build it. A build takes minutes where there is no KVM: the lab's image has the module compiled
 * (lab/image/nvidia.c), and all that it gets here is its version.
 */
const BUILD = `#!/bin/sh -e
sed "s/${OLD}/$1/" /usr/local/lib/lab/nvidia.ko >nvidia.ko
`;

const BROKEN_BUILD = `#!/bin/sh
echo 'nvidia.c:1:1: error: this is no C' >&2
exit 2
`;

const dkmsConf = (name: string) => `PACKAGE_NAME="${name}"
PACKAGE_VERSION="@VERSION@"
BUILT_MODULE_NAME[0]="nvidia"
DEST_MODULE_NAME[0]="${name}"
DEST_MODULE_LOCATION[0]="/updates/dkms"
AUTOINSTALL="yes"
MAKE[0]="sh build.sh @VERSION@"
`;

const source = (name: string, build: string) => ({
  [`/usr/src/${name}-@VERSION@/dkms.conf`]: dkmsConf(name),
  [`/usr/src/${name}-@VERSION@/build.sh`]: build,
});

const SMI = `#!/bin/sh
loaded=$(cat /sys/module/nvidia/version 2>/dev/null) || {
  echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running."
  exit 9
}
[ "$loaded" = @VERSION@ ] || { echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18; }
case $* in
  '-pm 1') touch /run/lab-persistence ;;
  '-pm 0') rm -f /run/lab-persistence ;;
  --query-gpu=pci.bus_id,name,driver_version,persistence_mode*)
    if [ -e /run/lab-persistence ]; then mode=Enabled; else mode=Disabled; fi
    echo "00000000:01:00.0, Tesla T4, @VERSION@, $mode"
    ;;
esac
`;

const MODPROBE = `#!/bin/sh
[ -e /sys/module/nvidia ] || modprobe nvidia
node() { [ -e "/dev/$1" ] || mknod -m 666 "/dev/$1" c "$2" "$3"; }
node nvidia0 195 0
node nvidiactl 195 255
case $* in *-u*) node nvidia-uvm 511 0 ;; esac
`;

const revised = (...versions: string[]) => versions.map((version) => `${version}-1`);

const kernelPackage = (versions: readonly string[], build: string): TinyPackage => ({
  name: "nvidia-kernel-dkms",
  versions: revised(...versions),
  fields: ["Depends: dkms"],
  files: {
    ...source("nvidia-current", build),
    "/usr/lib/modprobe.d/nvidia-current.conf": "install nvidia modprobe -i nvidia-current $CMDLINE_OPTS\n",
  },
  postinst:
    '[ "$1" != configure ] || exec /usr/lib/dkms/common.postinst nvidia-current @VERSION@ /usr/share/nvidia "" "$2"',
  prerm: "dkms remove -m nvidia-current -v @VERSION@ --all",
});

/** A kernel that is there beside the running one, whose headers a package has. */
export const OTHER_KERNEL = "6.99.0-lab";

/** A shell line for apt's sources. */
export const driverPackages: string = aptRepository([
  kernelPackage([OLD, NEW], BUILD),
  kernelPackage([BROKEN], BROKEN_BUILD),
  {
    name: "nvidia-smi",
    versions: revised(OLD, NEW),
    fields: ["Depends: libnvidia-ml1 (= @VERSION@-1)"],
    files: { "/usr/bin/nvidia-smi": SMI },
  },
  {
    name: "libnvidia-ml1",
    versions: revised(OLD, NEW),
    files: { "/usr/lib/x86_64-linux-gnu/nvidia/current/libnvidia-ml.so.@VERSION@": "" },
  },
  { name: "libcuda1", versions: revised(OLD, NEW) },
  { name: "nvidia-modprobe", versions: ["570.133.07-1"], files: { "/usr/bin/nvidia-modprobe": MODPROBE } },
  {
    name: `linux-headers-${OTHER_KERNEL}`,
    versions: ["6.99.0-1"],
    postinst: `mkdir -p /lib/modules/${OTHER_KERNEL}; ln -sfn "/usr/src/linux-headers-$(uname -r)" /lib/modules/${OTHER_KERNEL}/build`,
  },
]);

/** A shell line that shows the kernel's users a GPU, now and after a reboot. */
export const gpu: string = [
  "device=/srv/pci/0000:01:00.0; mkdir -p $device",
  "echo 0x10de >$device/vendor; echo 0x030200 >$device/class; echo 0x1eb8 >$device/device",
  "printf '%s\\n' '[Unit]' Before=phoenix-nvidia.service '[Service]' Type=oneshot RemainAfterExit=yes 'ExecStart=mount --bind /srv/pci /sys/bus/pci/devices' '[Install]' WantedBy=multi-user.target >/etc/systemd/system/lab-gpu.service",
  "systemctl enable -q --now lab-gpu",
].join("\n");

/**
 * A shell line that takes the driver off that the lab's image has, as somebody does who wants another one: its modules
 * first, which DKMS would unpack twenty times on the way. What switches between drivers stays, with what that depends on.
 */
export const noDriver: string = [
  "rm -r /var/lib/dkms/nvidia-current /lib/modules/*/updates/dkms/nvidia-*",
  "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' | sed -nE '/ nvidia-installer-cleanup$/d; s/^installed (.*(nvidia|cuda).*)/\\1/p' | DEBIAN_FRONTEND=noninteractive xargs dpkg --purge",
].join("\n");

/** A shell line that runs a container. */
export function runContainer(name: string, root: string): string {
  const config = [
    "lxc.include = /usr/share/lxc/config/common.conf",
    `lxc.rootfs.path = dir:${root}`,
    `lxc.uts.name = c${name}`,
    "lxc.apparmor.profile = unconfined",
    "lxc.init.cmd = /bin/sleep 1000000",
  ];
  const lines = config.map((line) => `'${line}'`).join(" ");
  return `mkdir /var/lib/lxc/${name}; printf '%s\\n' ${lines} >/var/lib/lxc/${name}/config; lxc-start -n ${name}`;
}

/** A shell line that runs a container which is a copy of the host, but for the user space of {@link NEW}. */
export function oddContainer(name: string): string {
  return [
    "mkdir -p /run/copy /srv/copy; mount -t tmpfs copy /run/copy; mkdir /run/copy/new /run/copy/work",
    "mount -t overlay -o lowerdir=/,upperdir=/run/copy/new,workdir=/run/copy/work copy /srv/copy",
    runContainer(name, "/srv/copy"),
    `lxc-attach -n ${name} -- apt-get -qq install libnvidia-ml1=${NEW}-1 nvidia-smi=${NEW}-1`,
  ].join("\n");
}

/** A shell line that has an initramfs made in no time. */
export const quickInitramfs: string = [
  "printf '#!/bin/sh\\ntouch /boot/initrd.img-*\\n' >/usr/local/sbin/update-initramfs",
  "chmod 755 /usr/local/sbin/update-initramfs",
].join("\n");

/**
 * A shell line that leaves the kernel only the modules that it uses, and what {@link oddContainer} takes: depmod reads and
 * unpacks them all, at each change of one.
 */
export const fewModules: string =
  "modprobe overlay; find /lib/modules/*/kernel -name '*.ko*' | awk 'NR == FNR { used[$1] = 1; next } { name = $0; sub(/.*[/]/, \"\", name); " +
  'sub(/[.]ko.*/, "", name); gsub(/-/, "_", name); if (!(name in used)) print }\' /proc/modules - | xargs rm -f';

/** A run file of a version: like the vendor's it takes the installer's options, and can be taken off. */
export function runfileOf(version: string, path: string): string {
  const files = Object.entries({
    ...source("nvidia", BUILD),
    "/usr/bin/nvidia-smi": SMI,
    "/usr/bin/nvidia-modprobe": MODPROBE,
    "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.@VERSION@": "",
  }).map(([file, text]) => {
    const own = (words: string) => words.replaceAll("@VERSION@", version);
    return `${own(file)} ${Buffer.from(own(text)).toString("base64")}`;
  });
  const text = `#!/bin/sh
# usage: --silent [--dkms | --no-kernel-modules] …
[ "$1" != --advanced-options ] || { echo '  --no-kernel-modules'; exit 0; }
mkdir -p /srv
echo "$@" >>/srv/runs
[ ! -x /usr/bin/nvidia-uninstall ] || nvidia-uninstall
mkdir -p /var/lib/nvidia
echo '1.0-${version.replaceAll(".", "")} (${version})' >/var/lib/nvidia/log
while read -r file content
do mkdir -p "\${file%/*}"; echo "$content" | base64 -d >"$file"; case $file in */bin/*) chmod 755 "$file" ;; esac
done <<'FILES'
${files.join("\n")}
FILES
cat >/usr/bin/nvidia-uninstall <<'UNINSTALL'
#!/bin/sh
[ ! -e /usr/src/nvidia-${version} ] || dkms remove -m nvidia -v ${version} --all
rm -rf /var/lib/nvidia /usr/src/nvidia-${version} /usr/bin/nvidia-* /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.*
UNINSTALL
chmod 755 /usr/bin/nvidia-uninstall
case " $* " in *' --no-kernel-modules '*) rm -r /usr/src/nvidia-${version} ;; *' --dkms '*) dkms install -m nvidia -v ${version} || { rm -rf /var/lib/nvidia; exit 1; } ;; esac
`;
  return `echo ${Buffer.from(text).toString("base64")} | base64 -d >${path}`;
}
