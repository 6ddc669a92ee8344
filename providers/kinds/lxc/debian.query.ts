/** The one look at a plain Debian host. */
import { TICKS } from "./debian.script.text.ts";

/**
 * As few processes as it takes: some in all, and a few for each container that runs. Paths in a container's root are read as they are: what is read is harmless.
 */
export const DEBIAN_QUERY = `
${TICKS}
sources() {
  held -h /var/lib/lxc/*/config |
    sed -n 's,^[[:space:]]*lxc.mount.entry[[:space:]]*=[[:space:]]*\\(/[^[:space:]]*\\).*bind.*,\\1,p'
}
echo == lxc
command -v lxc-start || :
echo == machine
cat /etc/machine-id /sys/devices/system/cpu/online
[ ! -d /run/systemd/system ] || systemctl show lxc.service --property=UnitFileState
echo == configs
held -Hn /var/lib/lxc/*/config
echo == subids
# Where one of the files is missing, root is given none.
! command -v newuidmap >/dev/null || { echo limited; grep -Hs '^\\(root\\|0\\):' /etc/subuid /etc/subgid || :; }
echo == zfs
[ ! -e /sys/module/zfs ] ||
  zfs list -Hp -t filesystem -o name,mounted,mountpoint,refquota,origin,phoenix-hypervisor:mount
echo == inside
set --
for root in $(held -h /var/lib/lxc/*/config |
  sed -n 's|^[[:space:]]*lxc.rootfs.path[[:space:]]*=[[:space:]]*\\(dir:\\)\\{0,1\\}\\(/[^[:space:]]*\\).*|\\2|p')
do
  for file in "$root/etc/resolv.conf" "$root/usr/lib/os-release" "$root/etc/os-release" "$root/etc/network/interfaces" \\
    "$root"/etc/systemd/network/05-phoenix-*.network
  do [ ! -f "$file" ] || [ -L "$file" ] || set -- "$@" "$file"
  done
  [ ! -e "$root/sbin/ifup" ] || echo "tool $root ifup"
  [ ! -e "$root/usr/lib/systemd/systemd-networkd" ] || echo "tool $root networkd"
  for snapshot in "$root"/.zfs/snapshot/*
  do [ ! -d "$snapshot" ] || echo "snapshot $root \${snapshot##*/}"
  done
done
[ $# -eq 0 ] || grep -HE '^(nameserver |search |ID=|auto |iface |\\[|(Name|DHCP|IPv6AcceptRA|Address|Gateway|WithoutRA)=)' /dev/null "$@" || :
echo == nodes
find /var/lib/lxc/*/devices -type b -o -type c 2>/dev/null | while read -r node
do
  stat -c '%F|%u|%g|%a|%t:%T|%n' "$node" || continue
  [ ! -e "/dev/\${node#*/devices/dev/}" ] || stat -c '%F|%u|%g|%a|%t:%T|%n' "/dev/\${node#*/devices/dev/}"
done
echo == groups
held -H /sys/fs/cgroup/lxc.payload.*/memory.max /sys/fs/cgroup/lxc.payload.*/memory.swap.max \\
  /sys/fs/cgroup/lxc.payload.*/cpuset.cpus /sys/fs/cgroup/lxc.payload.*/cpu.max \\
  /sys/fs/cgroup/lxc.payload.*/cpu.weight
echo == running
for group in /sys/fs/cgroup/lxc.monitor.*
do
  [ -d "$group" ] || continue
  while read -r monitor
  do
    children= payload=
    # The line has no end, and read says so.
    { read -r children <"/proc/$monitor/task/$monitor/children" || :; } 2>/dev/null
    for pid in $children
    do
      { read -r payload <"/proc/$pid/cgroup" || :; } 2>/dev/null
      payload=\${payload#0::/} payload=\${payload%%/*}
      case $payload in lxc.payload.*) ;; *) continue ;; esac
      id=\${group##*/lxc.monitor.}
      echo "container $id $payload"
      nsenter -t "$pid" -n -u sh -c 'hostname; ip -j -batch -' <<END || :
address show
route show table all
END
      # It may end while we look.
      before=/run/phoenix-hypervisor/lxc/$id.$(ticks_of "$pid" 2>/dev/null) || break 2
      [ ! -e "$before" ] || grep -Hn '' "$before" "/proc/$pid/mountinfo" || :
      break 2
    done
  done <"$group/cgroup.procs" || :
done
echo == links
ip -j link show type veth
bridge -j vlan show
echo == limits
printf 'qdisc show\\nactions list action police\\n' | tc -iec -batch -
`;
