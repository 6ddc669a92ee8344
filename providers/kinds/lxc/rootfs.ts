/** Work inside a container's root file system from the host, as text for {@link script}s of both platforms. */

/**
 * Shell functions. ROOT is where the container's root is mounted on the host:
 *
 * - `rootfs_password ROOT`: sets root's password to the line on standard input.
 * - `rootfs_keys ROOT`: makes what is on standard input root's authorized_keys.
 * - `rootfs_identity ROOT HOSTNAME`: a machine-id of its own at the next start, new SSH host keys where it has some,
 *   its name.
 * - `rootfs_resolv ROOT`: makes what is on standard input its resolv.conf.
 *
 * The files are the container's: whoever is root in there may have made anything of them. So no path is used that has
 * a symbolic link in it, which could lead to a file of the host, and what is written belongs to whom its folder does.
 */
export const ROOTFS = `
rootfs_own() { # root path...: fails where a part of the path is a link or something else than it should be
  own_root=$1
  shift
  for own_path
  do
    own_part=$own_root
    own_rest=$own_path
    while [ -n "$own_rest" ]
    do
      own_part=$own_part/\${own_rest%%/*}
      case $own_rest in */*) own_rest=\${own_rest#*/} ;; *) own_rest= ;; esac
      [ ! -L "$own_part" ] || { echo "$own_part is a symbolic link: left alone" >&2; return 1; }
      [ ! -e "$own_part" ] || [ -d "$own_part" ] || { [ -z "$own_rest" ] && [ -f "$own_part" ]; } ||
        { echo "$own_part is neither a file nor a folder: left alone" >&2; return 1; }
    done
  done
}
rootfs_put() { # root path mode: standard input becomes the file
  rootfs_own "$1" "$2"
  put_folder=$1/\${2%/*}
  put_temp=$(mktemp "$put_folder/.phoenix.XXXXXX")
  cat >"$put_temp"
  chown --reference="$put_folder" -- "$put_temp"
  chmod "$3" "$put_temp"
  mv -fT -- "$put_temp" "$1/$2"
}
rootfs_password() {
  rootfs_own "$1" etc/shadow
  [ -f "$1/etc/shadow" ] || { echo "$1 has no etc/shadow to put a password in" >&2; return 1; }
  password_hash=$(openssl passwd -6 -stdin)
  password_day=$(($(date +%s) / 86400))
  password_temp=$(mktemp "$1/etc/.phoenix.XXXXXX")
  chown --reference="$1/etc/shadow" -- "$password_temp"
  chmod --reference="$1/etc/shadow" -- "$password_temp"
  { printf '%s\\n' "$password_hash"; cat "$1/etc/shadow"; } |
    awk -F: -v OFS=: -v day="$password_day" 'NR == 1 { hash = $0; next } $1 == "root" { $2 = hash; $3 = day } { print }' >"$password_temp"
  mv -fT -- "$password_temp" "$1/etc/shadow"
}
rootfs_keys() {
  rootfs_own "$1" root root/.ssh root/.ssh/authorized_keys
  [ -d "$1/root/.ssh" ] || mkdir -m 700 -- "$1/root/.ssh"
  chown --reference="$1/root" -- "$1/root/.ssh"
  rootfs_put "$1" root/.ssh/authorized_keys 600
}
rootfs_identity() {
  rootfs_own "$1" etc etc/machine-id etc/hostname etc/ssh var/lib/dbus
  : | rootfs_put "$1" etc/machine-id 444
  # Where it is a link to the other one, it stays.
  [ -L "$1/var/lib/dbus/machine-id" ] || rm -f -- "$1/var/lib/dbus/machine-id"
  printf '%s\\n' "$2" | rootfs_put "$1" etc/hostname 644
  [ -e "$1/usr/sbin/sshd" ] || return 0
  identity_keys=$(mktemp -d)
  mkdir -p "$identity_keys/etc/ssh"
  ssh-keygen -q -A -f "$identity_keys"
  rm -f -- "$1"/etc/ssh/ssh_host_*
  for identity_key in "$identity_keys"/etc/ssh/*
  do
    case $identity_key in *.pub) identity_mode=644 ;; *) identity_mode=600 ;; esac
    rootfs_put "$1" "etc/ssh/\${identity_key##*/}" $identity_mode <"$identity_key"
  done
  rm -rf -- "$identity_keys"
}
rootfs_resolv() {
  rootfs_own "$1" etc etc/resolv.conf
  rootfs_put "$1" etc/resolv.conf 644
}
`;
