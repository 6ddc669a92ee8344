/** The look at the host. `dkms status` and `modinfo` say the same, and take seconds for it. */
import { script, type Command } from "../../host/command.ts";
import { MODPROBE_CONFIG } from "../system/modprobe.ts";
import { OURS } from "../system/ours.ts";

export const MODPROBE_FILE = "/etc/modprobe.d/zz-phoenix-nvidia.conf";
export const PIN_FILE = "/etc/apt/preferences.d/phoenix-nvidia";
export const UNIT = "phoenix-nvidia.service";
export const UNIT_FILE = `/etc/systemd/system/${UNIT}`;

/** There when the driver was installed by us, from a run file. */
export const RUNFILE_OURS = `${OURS}/nvidia-runfile`;

/** Versions of the user-space driver below a root. Debian's packages have it two folders below the libraries. */
const LIBRARIES = `
arch=$(uname -m)
libraries() {
  for library in "$1/usr/lib/$arch-linux-gnu"/libnvidia-ml.so.*.* "$1/usr/lib/$arch-linux-gnu"/nvidia/*/libnvidia-ml.so.*.* \\
    "$1"/usr/lib64/libnvidia-ml.so.*.*
  do [ ! -e "$library" ] && [ ! -L "$library" ] || echo "\${library##*.so.}"
  done
}
`;

/** Of each running container that has the user-space driver: its name, the version, and a process of it. */
export const RUNNING = `${LIBRARIES}
running() {
  for group in /sys/fs/cgroup/lxc/* /sys/fs/cgroup/lxc.payload.*
  do
    [ -e "$group/cgroup.procs" ] || continue
    container=\${group##*/}
    pid=$(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -n | head -n 1)
    [ -z "$pid" ] ||
      libraries "/proc/$pid/root" | sort -u | tail -n 1 | sed "s|^|\${container#lxc.payload.} |; s|$| $pid|"
  done
}
`;

export function query(): Command {
  return script("nvidia", QUERY);
}

/**
 * `$name`: the name that modprobe has for the module nvidia; Debian's packages give it another one, so that several
 * drivers can be there side by side.
 */
export const NAME = `${MODPROBE_CONFIG}
config=$(modprobe_config | grep -E '^(install|options) nvidia|^blacklist nouveau' || [ $? -eq 1 ])
name=$(printf '%s\\n' "$config" | sed -nE 's/^install nvidia .*-i ([a-z0-9-]+).*/\\1/p' | tail -n 1)
name=\${name:-nvidia}
arch=$(uname -m)
# The version that DKMS has installed for a kernel, if any.
by_dkms() {
  link=$(readlink "/var/lib/dkms/$name/kernel-$1-$arch") || return 1
  [ -n "$(find "/lib/modules/$1/updates" -name "$name.ko*" -print -quit)" ] || return 1
  echo "\${link%%/*}"
}
`;

const QUERY = `${NAME}${RUNNING}
headers() {
  if [ -e "/lib/modules/$1/build/Makefile" ]; then echo yes; return; fi
  case $1 in *-pve) names="proxmox-headers-$1 pve-headers-$1" ;; *) names="linux-headers-$1" ;; esac
  for package in $names
  do if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then echo "$package"; return; fi
  done
  echo -
}
module() {
  if version=$(by_dkms "$1"); then echo "$version dkms"; return; fi
  # That there is no such module is an answer.
  echo "$(modinfo -k "$1" -F version -- "$name" 2>/dev/null || echo -) -"
}
running=$(uname -r)
next=
for pin in /etc/kernel/next-boot-pin /etc/kernel/proxmox-boot-pin
do [ -n "$next" ] || [ ! -s "$pin" ] || read -r next <"$pin" || [ -n "$next" ]
done
next=\${next:-$(find /boot -maxdepth 1 -name 'vmlinuz-*' | sed 's/.*vmlinuz-//' | sort -V | tail -n 1)}
set -- "$running"
[ "\${next:-$running}" = "$running" ] || set -- "$running" "$next"
echo == kernels
for kernel do echo "$kernel $(headers "$kernel") $(module "$kernel")"; done
echo == packages
dpkg-query -W -f '\${db:Status-Status} \${Package} \${Version}\\n' | sed -n 's/^installed //p' |
  grep -E 'nvidia|cuda|^libnv|^dkms |-headers|^(linux-image|proxmox-(default-)?kernel|pve-kernel)' || [ $? -eq 1 ]
echo == ours
[ ! -d ${OURS}/packages ] || ls ${OURS}/packages
echo == runfile
if [ -f /var/lib/nvidia/log ]; then head -n 1 /var/lib/nvidia/log; [ ! -e ${RUNFILE_OURS} ] || echo ours; fi
echo == name
echo "$name"
echo == registered
for source in /var/lib/dkms/"$name"/*/source
do [ ! -e "$source" ] || { source=\${source%/source}; echo "\${source##*/}"; }
done
echo == loaded
# Unless it is there and cannot be read, its absence is an answer.
cat /sys/module/nvidia/version 2>/dev/null || [ ! -e /sys/module/nvidia/version ]
echo == nouveau
[ ! -e /sys/module/nouveau ] || echo loaded
echo == gpus
for vendor in $(grep -lsx 0x10de /sys/bus/pci/devices/*/vendor)
do
  device=\${vendor%/vendor}
  read -r class <"$device/class"
  case $class in
    0x03*)
      read -r id <"$device/device"
      bound=$(readlink "$device/driver") || bound=
      echo "\${device##*/} $id \${bound##*/}"
      ;;
  esac
done
echo == nodes
nodes=
for node in /dev/nvidia*; do [ ! -c "$node" ] || { nodes=yes; echo "$node"; }; done
echo == users
# A process may end meanwhile. The daemon that keeps GPUs initialised is no user.
[ -z "$nodes" ] || find /proc/[0-9]*/fd -maxdepth 1 -lname '/dev/nvidia*' -printf '%h\\n' 2>/dev/null | sort -u |
  while read -r fd
  do
    process=\${fd%/fd}
    comm=$(cat "$process/comm" 2>/dev/null) || continue
    [ "$comm" = nvidia-persiste ] || echo "\${process#/proc/} ($comm)"
  done
echo == modprobe
printf '%s\\n' "$config" | grep -E '^(options|blacklist)' || [ $? -eq 1 ]
echo == files
for file in ${MODPROBE_FILE} ${PIN_FILE} ${UNIT_FILE}; do [ ! -f "$file" ] || sed "s|^|$file:|" "$file"; done
echo == stale
if [ -f ${MODPROBE_FILE} ]; then find /boot -maxdepth 1 -name 'initrd.img-*' ! -newer ${MODPROBE_FILE}; fi
echo == unit
[ ! -d /run/systemd/system ] || systemctl show --property=UnitFileState --property=ActiveState --value ${UNIT}
echo == smi
if [ -e /sys/module/nvidia/version ] && command -v nvidia-smi >/dev/null
then
  code=0
  said=$(timeout 30 nvidia-smi --query-gpu=pci.bus_id,name,driver_version,persistence_mode --format=csv,noheader 2>&1) || code=$?
  printf '%s\\n%s\\n' "$code" "$said"
fi
echo == libraries
libraries ''
echo == containers
# Those that run are looked into from outside, and count; the others where their files can be had without a start.
for root in /var/lib/lxc/*/rootfs
do
  container=\${root%/rootfs}
  libraries "$root" | sort -u | tail -n 1 | sed "s|^|\${container##*/} |"
done
running
echo == secureboot
od -An -t u1 -j 4 -N 1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c 2>/dev/null | tr -d ' ' || :
`;
