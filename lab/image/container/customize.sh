#!/bin/sh
# Turns the installed packages into the root of a container. mmdebstrap calls it with the root's path.
set -eu
root=$1

# A container boots in seconds and does nothing by itself.
chroot "$root" systemctl mask dpkg-db-backup.timer fstrim.timer e2scrub_all.timer systemd-networkd-wait-online.service \
  sys-kernel-config.mount sys-kernel-debug.mount systemd-modules-load.service
rm -rf "$root"/var/cache/* "$root"/var/lib/apt/lists/* "$root"/usr/share/i18n "$root"/usr/share/zoneinfo "$root"/var/log/*

# Each container gets its own.
rm -f "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
