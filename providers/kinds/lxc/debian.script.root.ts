/** The functions of the script that makes and ends datasets of a container on plain Debian. A constant. */
import { UNHURRIED } from "../zfs/unhurried.ts";

/** The root file system and volumes: datasets. */
export const ROOT = `${UNHURRIED}
making=.phoenix-making
is_dataset() { zfs list -H -o name "$1" >/dev/null 2>&1; }
afresh() { # id dataset: what a killed attempt left is taken away
  if is_dataset "$2"
  then
    # It was done, and only the file was not yet put in its place.
    [ -e "/var/lib/lxc/$1/.config.phoenix-new" ] && [ ! -e "/var/lib/lxc/$1/config" ] ||
      fail "the dataset $2 is there already: move it away with zfs rename, or choose another storage"
    zfs rename "$2" "$2$making"
  fi
  ! is_dataset "$2$making" || unhurried destroy -r "$2$making"
}
mounted_at() { # dataset: sets root
  root=$(zfs get -H -o value mountpoint "$1")
  case $root in /*) ;; *) fail "$1 has no mount point" ;; esac
}
step_root() { # id dataset size: a new one, under a name that tells that it is not done
  afresh "$1" "$2"
  zfs create -o refquota="$3" -o xattr=sa -o acltype=posixacl "$2$making"
  mounted_at "$2$making"
}
step_unpack() { # template owner group map...: user and group 0 of the container on the host
  archive=$1 owner=$2:$3
  shift 3
  [ -f "$archive" ] || fail "the template $archive is not there"
  case $archive in
    *.zst) unpack=zstd ;; *.gz | *.tgz) unpack=gzip ;; *.xz) unpack=xz ;; *.bz2) unpack=bzip2 ;; *.tar) unpack= ;;
    *) fail "$archive is no .tar, .tar.zst, .tar.gz, .tar.xz or .tar.bz2" ;;
  esac
  [ -z "$unpack" ] || command -v "$unpack" >/dev/null || fail "unpacking $archive takes $unpack: apt-get install $unpack"
  chown "$owner" "$root"
  set -- "$@" -- tar -xp \${unpack:+-I} \${unpack:+"$unpack"} --numeric-owner --xattrs --acls --xattrs-include='*' \\
    --exclude='./dev/*' --exclude='dev/*' --warning=no-timestamp -C "$root" -f -
  if [ "$1" = -- ]
  then shift; "$@" <"$archive"
  else lxc-usernsexec "$@" <"$archive"
  fi
  [ -x "$root/sbin/init" ] || [ -L "$root/sbin/init" ] || [ -L "$root/sbin" ] ||
    fail "$archive is no root file system: it has no sbin/init"
}
step_copy() { # id dataset source-dataset snapshot size: all data; no snapshot: as it is now
  afresh "$1" "$2"
  snapshot=$4
  if [ -z "$snapshot" ]
  then
    snapshot=phoenix-copy-$1
    ! is_dataset "$3@$snapshot" || zfs destroy "$3@$snapshot"
    zfs snapshot "$3@$snapshot"
  fi
  zfs send "$3@$snapshot" | zfs receive -o refquota="$5" -o xattr=sa -o acltype=posixacl "$2$making"
  zfs destroy "$2$making@$snapshot"
  [ -n "$4" ] || zfs destroy "$3@$snapshot"
  mounted_at "$2$making"
}
step_link() { # id dataset source-dataset snapshot size: what is not changed is shared
  afresh "$1" "$2"
  zfs clone -o refquota="$5" -o xattr=sa -o acltype=posixacl "$3@$4" "$2$making"
  mounted_at "$2$making"
}
step_identity() { rootfs_identity "$root" "$1"; } # hostname
step_password() { take "$1"; rootfs_password "$root" <"$work/content"; }
step_keys() { take "$@"; rootfs_keys "$root" <"$work/content"; }
step_done() { # dataset: the name that counts
  zfs rename "$1$making" "$1"
}
step_volume() { # dataset size owner group mount: a new one, with a word on what it is for until it is in use
  if is_dataset "$1"
  then [ "$(zfs get -H -o value phoenix-hypervisor:mount "$1")" = "$5" ] || fail "the dataset $1 is there already"
  else zfs create -o refquota="$2" -o xattr=sa -o acltype=posixacl -o "phoenix-hypervisor:mount=$5" "$1"
  fi
  folder=$(zfs get -H -o value mountpoint "$1")
  case $folder in /*) ;; *) fail "$1 has no mount point" ;; esac
  chown "$3:$4" "$folder"
}
step_in_use() { zfs inherit phoenix-hypervisor:mount "$1"; } # dataset
step_grow() { zfs set refquota="$2" "$1"; } # dataset size
step_freeze() { # dataset: what clones of a template are made of
  is_dataset "$1@__base__" || zfs snapshot "$1@__base__"
}
step_aside() { # id old-dataset new-dataset aside: the root of one that is made anew, until it is
  draft=/var/lib/lxc/$1/.config.phoenix-new
  # One that was done, and cut off before this could go.
  ! is_dataset "$4" || ! is_dataset "$2" || [ -e "$draft" ] || unhurried destroy -r "$4"
  if ! is_dataset "$4"
  then zfs rename "$2" "$4"
  elif [ -e "$draft" ]
  then
    # Behind a draft, and before it counts, what has the new name is half done.
    for half in "$2" "$3"
    do ! is_dataset "$half" || unhurried destroy -r "$half"
    done
  fi
  rm -f -- "$draft"
  : >"/var/lib/lxc/$1/.phoenix-replacing"
}
step_settled() { # id aside: the new one counts
  rm -f -- "/var/lib/lxc/$1/.phoenix-replacing"
  ! is_dataset "$2" || unhurried destroy -r "$2"
}
step_back() { # id old-dataset new-dataset aside running: where the new one does not count
  folder=/var/lib/lxc/$1
  [ -e "$folder/.phoenix-replacing" ] && is_dataset "$4" || return 0
  [ ! -e "$folder/.config.phoenix-new" ] || ! is_dataset "$3" || unhurried destroy -r "$3"
  ! is_dataset "$3$making" || unhurried destroy -r "$3$making"
  zfs rename "$4" "$2"
  rm -f -- "$folder/.config.phoenix-new" "$folder/.phoenix-replacing"
  [ -z "$5" ] || step_start "$1"
}
step_destroy() { # dataset
  ! is_dataset "$1" || unhurried destroy -r "$1"
}
`;
