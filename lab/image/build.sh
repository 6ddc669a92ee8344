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
export PHOENIX_KEYS="$work/keys" PHOENIX_RECIPE="$here"

rm -rf "$work/root"
mmdebstrap --mode=root --variant=minbase --components=main,contrib,non-free-firmware \
  --include="$(grep -v -e '^#' -e '^$' "$here/packages.txt" | paste -sd,)" \
  --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --essential-hook='cp -rT --no-preserve=ownership "$PHOENIX_RECIPE/files" "$1"' \
  --customize-hook='"$PHOENIX_RECIPE/customize.sh" "$1"' \
  trixie "$work/root" "$@"

cp "$work/root/vmlinuz" "$work/vmlinuz"
cp "$work/root/initrd.img" "$work/initrd.img"
mke2fs -q -t ext4 -L root -d "$work/root" "$work/root.img" 10G
rm -rf "$work/root"
chown "$owner" "$work/root.img" "$work/vmlinuz" "$work/initrd.img"
