/** How the system in a container is told to ask for addresses: by files of its own, as Proxmox VE does. Pure. */
import type { Interface } from "./container.parts.ts";

/** What of the system in a container sees to its network. */
export interface Guest {
  /** Programs that are there: `ifup`, `networkd`. */
  readonly tools: ReadonlySet<string>;
  /** Lines of its files that are about networks, by path in its root. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

const IFUPDOWN = new Set(["debian", "devuan", "ubuntu", "alpine"]);
const NETWORKD = new Set(["debian", "ubuntu", "archlinux"]);

type Addresses = Pick<Interface, "ip" | "gw" | "ip6" | "gw6">;

/** Whether the system in the container has to ask somebody for an address. */
export function isAsked({ ip, ip6 }: Addresses): boolean {
  return ip === "dhcp" || ip6 === "dhcp";
}

/** The file of systemd-networkd; empty where there is to be none. It drops addresses that it does not know of. */
export function networkFile(name: string, one: Addresses): string {
  if (!isAsked(one)) return "";
  const { ip, gw, ip6, gw6 } = one;
  const dhcp = ip !== "dhcp" ? "ipv6" : ip6 === "dhcp" ? "yes" : "ipv4";
  const fixed = [ip, ip6].filter((address) => address?.includes("/") === true);
  return [
    "[Match]",
    `Name=${name}`,
    "[Network]",
    `DHCP=${dhcp}`,
    ...(ip6 === "auto" || ip6 === "dhcp" ? ["IPv6AcceptRA=yes"] : []),
    ...fixed.map((address) => `Address=${address ?? ""}`),
    ...[gw, gw6].flatMap((gateway) => (gateway === undefined ? [] : [`Gateway=${gateway}`])),
    ...(ip6 === "dhcp" ? ["[DHCPv6]", "WithoutRA=solicit"] : []),
    "",
  ].join("\n");
}

/** Methods of interfaces(5) for IPv4 and IPv6; empty: none. */
export function methods(one: Addresses): [inet: string, inet6: string] {
  if (!isAsked(one)) return ["", ""];
  return [one.ip === "dhcp" ? "dhcp" : "", one.ip6 === "dhcp" || one.ip6 === "auto" ? one.ip6 : ""];
}

/** The interface as it is: what nobody in the container asks for, is not by DHCP. Of a system that we do not know, we do not know. */
export function asIs<One extends Addresses>(name: string, one: One, guest: Guest | undefined, ostype = ""): One {
  if (!isAsked(one) || guest === undefined) return one;
  const isByIfup = guest.tools.has("ifup") && IFUPDOWN.has(ostype);
  if (!isByIfup && !(guest.tools.has("networkd") && NETWORKD.has(ostype))) return one;
  const lines = guest.files.get(isByIfup ? "etc/network/interfaces" : `etc/systemd/network/05-phoenix-${name}.network`);
  const wanted = isByIfup ? stanzas(name, one) : networkFile(name, one).trim().split("\n");
  if (` ${(lines ?? []).join("\n")}\n`.includes(`${wanted.join("\n")}\n`)) return one;
  const manual = (value: string | undefined) => (value === "dhcp" ? "manual" : value);
  return { ...one, ...{ ip: manual(one.ip), ip6: manual(one.ip6) } };
}

/** As {@link GUEST} writes them. */
function stanzas(name: string, one: Addresses): string[] {
  const [inet, inet6] = methods(one);
  return [
    `auto ${name}`,
    ...(inet === "" ? [] : [`iface ${name} inet ${inet}`]),
    ...(inet6 === "" ? [] : [`iface ${name} inet6 ${inet6}`]),
  ];
}

const IFUP = 'ifdown "$0"; ! grep -qx "auto $0" /etc/network/interfaces || ifup "$0"';

/**
 * Shell functions, beside those of rootfs.ts. `guest_files ROOT NAME INET INET6`: the system in ROOT asks for the
 * addresses of the interface by these methods, where it is one that we know; standard input is networkd's file.
 * `guest_asks ID NAME`: it does at once.
 */
export const GUEST = `
guest_is() { # root: sets guest
  guest=
  for guest_id in "$1/usr/lib/os-release" "$1/etc/os-release" ''
  do [ ! -f "$guest_id" ] || [ -L "$guest_id" ] || break
  done
  [ -z "$guest_id" ] || guest_id=$(sed -n 's/^ID="\\{0,1\\}\\([^"]*\\).*/\\1/p' "$guest_id")
  if [ -e "$1/sbin/ifup" ]
  then case $guest_id in ${[...IFUPDOWN].join(" | ")}) guest=ifupdown; return ;; esac
  fi
  [ ! -e "$1/usr/lib/systemd/systemd-networkd" ] ||
    case $guest_id in ${[...NETWORKD].join(" | ")}) guest=networkd ;; esac
}
guest_folder() {
  [ -d "$1" ] || {
    mkdir -- "$1"
    chown --reference="\${1%/*}" -- "$1"
  }
}
guest_files() {
  guest_is "$1"
  case $guest in
    ifupdown)
      rootfs_own "$1" etc etc/network etc/network/interfaces
      guest_folder "$1/etc/network"
      {
        # All that is said of the interface goes, and with it what stands below.
        [ ! -e "$1/etc/network/interfaces" ] || awk -v name="$2" '
          /^[[:space:]]*(iface|auto|allow-|mapping|source|no-)/ { mine = $1 == "iface" && $2 == name }
          ($1 == "auto" || $1 ~ /^allow-/) && NF == 2 && $2 == name { next }
          !mine' "$1/etc/network/interfaces"
        [ -z "$3$4" ] || printf 'auto %s\\n' "$2"
        [ -z "$3" ] || printf 'iface %s inet %s\\n' "$2" "$3"
        [ -z "$4" ] || printf 'iface %s inet6 %s\\n' "$2" "$4"
      } >"$work/interfaces"
      rootfs_put "$1" etc/network/interfaces 644 <"$work/interfaces" ;;
    networkd)
      guest_wants=etc/systemd/system/multi-user.target.wants
      rootfs_own "$1" etc etc/systemd etc/systemd/network "etc/systemd/network/05-phoenix-$2.network" etc/systemd/system "$guest_wants"
      if [ -z "$3$4" ]
      then rm -f -- "$1/etc/systemd/network/05-phoenix-$2.network"
      else
        guest_folder "$1/etc/systemd/network"
        guest_folder "$1/$guest_wants"
        rootfs_put "$1" "etc/systemd/network/05-phoenix-$2.network" 644
        [ -L "$1/$guest_wants/systemd-networkd.service" ] || {
          ln -s /usr/lib/systemd/system/systemd-networkd.service "$1/$guest_wants/systemd-networkd.service"
          chown -h --reference="$1/etc/systemd" -- "$1/$guest_wants/systemd-networkd.service"
        }
      fi ;;
  esac
}
guest_asks() {
  guest_is "/proc/$(pid_of "$1")/root"
  case $guest in
    ifupdown) lxc-attach -n "$1" --clear-env -- sh -c '${IFUP}' "$2" ;;
    networkd) lxc-attach -n "$1" --clear-env -- systemctl --no-ask-password restart systemd-networkd ;;
  esac
}
`;
