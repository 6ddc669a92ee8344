/** The functions of the script that changes a container on plain Debian; each `step_…` is one step. Constants. */

import { LIMIT } from "./debian.hooks.ts";

/** Standard input holds the contents of all steps that have some, one behind the other. */
export const CONTENTS = `
umask 022
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM
fail() { echo "$*" >&2; exit 1; }
take() { # bytes [digest]: the next content, as the file $work/content
  (umask 077; head -c "$1" >"$work/content")
  [ "$(stat -c %s "$work/content")" = "$1" ] || fail 'nothing more was done: the content did not arrive whole'
  [ $# -lt 2 ] || [ "$(sha256sum <"$work/content" | cut -c 1-64)" = "$2" ] ||
    fail 'nothing more was done: the content did not arrive whole'
}
pid_of() { # the first process of a running container; empty when it does not run
  for monitor in $(cat "/sys/fs/cgroup/lxc.monitor.$1/cgroup.procs" 2>/dev/null)
  do
    for child in $(cat "/proc/$monitor/task/$monitor/children" 2>/dev/null)
    do case $(cat "/proc/$child/cgroup" 2>/dev/null) in 0::/lxc.payload.*) echo "$child"; return ;; esac
    done
  done
}
`;

/** When a process began, in ticks since the boot: of no other with its number. Times in /sys and /proc are of the last look. */
export const TICKS = `
ticks_of() { # pid
  read -r ticks_stat <"/proc/$1/stat"
  set -- \${ticks_stat##*) }
  echo "\${20}"
}
`;

/** Settings: the file, and what of them counts at once. */
export const SETTINGS = `
${TICKS}
started=/run/phoenix-hypervisor/lxc
step_draft() { # id bytes digest: a file that LXC can read, not yet in its place
  folder=/var/lib/lxc/$1
  [ -d "$folder" ] || mkdir -m 755 -- "$folder"
  mkdir -p "$work/check/$1"
  take "$2" "$3"
  cp "$work/content" "$work/check/$1/config"
  lxc-info -P "$work/check" -n "$1" -c lxc.rootfs.path >/dev/null || fail 'LXC cannot read the configuration'
  install -m 644 "$work/content" "$folder/.config.phoenix-new"
  sync -- "$folder/.config.phoenix-new"
}
step_commit() { # id
  folder=/var/lib/lxc/$1
  mv -fT -- "$folder/.config.phoenix-new" "$folder/config"
  sync -- "$folder"
}
step_config() { # id bytes digest
  step_draft "$@"
  # LXC does not tell what a container was started with: the file of that time is kept while it runs.
  pid=$(pid_of "$1")
  [ -z "$pid" ] || {
    ticks=$(ticks_of "$pid")
    began=$(($(sed -n 's/^btime //p' /proc/stat) + ticks / $(getconf CLK_TCK)))
    # Both numbers are rounded down.
    [ -e "$started/$1.$ticks" ] || [ "$(stat -c %Y "/var/lib/lxc/$1/config")" -gt $((began + 2)) ] || {
      mkdir -p "$started"
      rm -f -- "$started/$1".*
      cat "/var/lib/lxc/$1/config" >"$started/$1.$ticks"
    }
  }
  step_commit "$1"
}
step_bind() { bind "$@"; } # see container.bind.ts
step_starting() { starting "$@"; } # see container.ready.ts
step_ready() { ready "$@"; }
step_guest() { take "$5" "$6"; guest_files "$1" "$2" "$3" "$4" <"$work/content"; } # see debian.guest.ts
step_guest_asks() { guest_asks "$@"; }
step_made() { made "$@"; } # see container.made.ts
step_cgroup() { # id file value...: in the container that runs
  group=/sys/fs/cgroup/$(sed -n 's,^0::/\\([^/]*\\).*,\\1,p' "/proc/$(pid_of "$1")/cgroup")
  shift
  while [ $# -gt 0 ]
  do
    printf '%s\\n' "$2" >"$group/$1"
    shift 2
  done
}
step_hostname() { # id name
  pid=$(pid_of "$1")
  [ -z "$pid" ] || nsenter -t "$pid" -u hostname "$2"
}
step_name() { # root hostname
  rootfs_own "$1" etc etc/hostname
  printf '%s\\n' "$2" | rootfs_put "$1" etc/hostname 644
}
step_resolv() { take "$2" "$3"; rootfs_resolv "$1" <"$work/content"; } # root bytes digest
step_node() { # node device uid gid mode
  [ -b "$2" ] || [ -c "$2" ] || fail "the host has no device $2"
  mkdir -p -- "\${1%/*}"
  rm -f -- "$1"
  mknod -m "$5" "$1" "$([ -b "$2" ] && echo b || echo c)" $(stat -c '0x%t 0x%T' "$2")
  chown "$3:$4" "$1"
}
step_no_node() { rm -f -- "$1"; }
step_unplug() { ip link delete "$1"; } # veth
step_plug() { # id veth name bridge hwaddr mtu tag trunks up|down address gateway address6 gateway6
  pid=$(pid_of "$1") veth=$2 name=$3 bridge=$4 hwaddr=$5 mtu=$6 tag=$7 trunks=$8 link=$9
  shift 9
  in_net() { nsenter -t "$pid" -n "$@"; }
  [ -d "/sys/class/net/$bridge" ] || fail "the bridge $bridge is not there"
  if [ ! -d "/sys/class/net/$veth" ]
  then
    ip link add "$veth" type veth peer name "\${veth}p"
    ip link set "\${veth}p" netns "$pid"
    in_net ip link set "\${veth}p" name "$name"
  fi
  [ -z "$mtu" ] || { ip link set "$veth" mtu "$mtu"; in_net ip link set "$name" mtu "$mtu"; }
  [ -z "$hwaddr" ] || in_net ip link set "$name" address "$hwaddr"
  ip link set "$veth" master "$bridge" "$link"
  in_net ip link set "$name" up
  if [ "$(cat "/sys/class/net/$bridge/bridge/vlan_filtering" 2>/dev/null)" = 1 ]
  then
    bridge vlan del dev "$veth" vid 1-4094
    [ -z "$tag" ] && bridge vlan add dev "$veth" vid 1 pvid untagged || bridge vlan add dev "$veth" vid "$tag" pvid untagged
    for vlan in $trunks; do bridge vlan add dev "$veth" vid "$vlan"; done
  elif [ -n "$tag$trunks" ]
  then fail "the bridge $bridge knows no VLANs: set vlan_filtering on it"
  fi
  step_address "$name" -4 "$1" "$2"
  step_address "$name" -6 "$3" "$4"
}
step_rate() { # veth rate: none, where that is empty
  [ -z "$(tc qdisc show dev "$1" ingress)" ] || tc qdisc delete dev "$1" ingress
  if [ -n "$2" ]
  then sh -c '${LIMIT}' "$1" rate "$2"
  else tc qdisc replace dev "$1" root noqueue
  fi
}
step_address() { # name family address gateway; no address: the container sees to it
  [ -n "$3" ] || return 0
  addresses() { in_net ip -o "$2" address show dev "$1" scope global | sed -n 's/.* inet6\\{0,1\\} \\([^ ]*\\) .*/\\1/p'; }
  for address in $(addresses "$1" "$2")
  do [ "$address" = "$3" ] || in_net ip address del "$address" dev "$1"
  done
  # With the first address of a network, those that were added to it are gone.
  addresses "$1" "$2" | grep -qxF -- "$3" || in_net ip address add "$3" dev "$1"
  if [ -n "$4" ]
  then in_net ip "$2" route replace default via "$4" dev "$1"
  else in_net ip "$2" route flush default dev "$1"
  fi
}
`;

/** Starting and stopping. */
export const LIFE = `
step_start() { # id
  log=/var/log/lxc/$1.log
  mkdir -p /var/log/lxc
  : >"$log"
  if ! lxc-start -n "$1" -d -o "$log" -l WARN 2>"$work/said"
  then
    echo "container $1 does not start; its log ends with:" >&2
    tail -n 20 "$log" "$work/said" >&2
    exit 1
  fi
  # Its end takes a while, too.
  ! lxc-wait -n "$1" -s 'STOPPED|STOPPING|ABORTING' -t 2 || {
    echo "container $1 stopped within 2 seconds of its start; its log ends with:" >&2
    tail -n 20 "$log" >&2
    exit 1
  }
}
step_stop() { # id seconds force
  [ "$(lxc-info -n "$1" -sH)" != STOPPED ] || return 0
  lxc-stop -n "$1" -t "$2" --nokill 2>"$work/said" || :
  [ "$(lxc-info -n "$1" -sH)" != STOPPED ] || return 0
  [ "$3" = yes ] || fail "container $1 did not shut down within $2 seconds: see what keeps it, raise shutdown.timeout, or declare shutdown.forceStop"
  lxc-stop -n "$1" -k
}
step_remove() { # id
  rm -rf --one-file-system -- "/var/lib/lxc/$1"
  made "$1"
}
`;
