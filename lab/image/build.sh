#!/bin/sh
# Builds the lab's disk image. Needs root.
# usage: build.sh WORK OWNER [MIRROR...]
#   WORK    folder that has keys/ and receives root.img, vmlinuz and initrd.img
#   OWNER   user:group the results are given to
#   MIRROR  sources.list lines; without any, mmdebstrap's own default
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
owner=$2
shift 2
export PHOENIX_KEYS="$work/keys"

# A Debian from a folder with packages.txt, files/ and customize.sh.
debian() { # recipe variant target [mirror...]
  export PHOENIX_RECIPE="$1"
  variant=$2 target=$3
  shift 3
  mmdebstrap --mode=root --variant="$variant" --components=main,contrib,non-free,non-free-firmware \
    --include="$(grep -v -e '^#' -e '^$' "$PHOENIX_RECIPE/packages.txt" | paste -sd,)" \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --essential-hook='cp -rT --no-preserve=ownership "$PHOENIX_RECIPE/files" "$1"' \
    --customize-hook='"$PHOENIX_RECIPE/customize.sh" "$1"' \
    trixie "$target" "$@"
}

rm -rf "$work/root" "$work/container.tar"
# Beside the host's, which leaves a processor idle while packages are unpacked.
debian "$here/container" essential "$work/container.tar" "$@" &
container=$!
debian "$here" minbase "$work/root" "$@"
wait "$container"

# Where Proxmox VE has its templates.
cache=/var/lib/vz/template/cache
mkdir -p "$work/root$cache"
mv "$work/container.tar" "$work/root$cache/debian-13-lab_13_amd64.tar"
chroot "$work/root" sh -euc 'cd "$1"; zstd -q -T0 --rm ./*.tar' zstd "$cache"
"$here/busybox.sh" "$work/root" "$work/root$cache/busybox-lab_1_amd64.tar.zst"

cp "$work/root/vmlinuz" "$work/vmlinuz"
cp "$work/root/initrd.img" "$work/initrd.img"
mke2fs -q -t ext4 -L root -d "$work/root" "$work/root.img" 10G
rm -rf "$work/root"
chown "$owner" "$work/root.img" "$work/vmlinuz" "$work/initrd.img"
