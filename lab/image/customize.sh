#!/bin/sh
# Turns the installed packages into the lab host. mmdebstrap calls it with the root's path after the installation.
# PHOENIX_KEYS: folder with the client's public key and the host's key pair.
set -eu
root=$1

echo phoenix-lab >"$root/etc/hostname"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
chmod 440 "$root/etc/sudoers.d/lab"
mkdir -p "$root/etc/exports.d"

rm -f "$root"/etc/ssh/ssh_host_*
install -m 600 "$PHOENIX_KEYS/host_ed25519" "$root/etc/ssh/ssh_host_ed25519_key"
install -m 644 "$PHOENIX_KEYS/host_ed25519.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"

authorize() { # user home
  install -d -m 700 "$root$2/.ssh"
  install -m 600 "$PHOENIX_KEYS/id_ed25519.pub" "$root$2/.ssh/authorized_keys"
  chroot "$root" chown -R "$1:" "$2/.ssh"
}
authorize root /root
for user in admin nosudo; do
  chroot "$root" useradd --create-home --shell /bin/bash --password '*' "$user"
  authorize "$user" "/home/$user"
done

# A lab host boots in seconds and does nothing by itself.
chroot "$root" systemctl enable systemd-networkd lab-clock nfs-server lxc lxcfs apparmor
chroot "$root" systemctl disable smbd nmbd samba-ad-dc lxc-net nfs-blkmap
# What starts lxc starts lxc-net too: the bridge for containers is vmbr0.
echo USE_LXC_BRIDGE=false >"$root/etc/default/lxc-net"
# The profiles of containers only: each costs the first boot half a second under emulation.
find "$root/etc/apparmor.d" -maxdepth 1 -type f ! -name "*lxc*" -delete
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer logrotate.timer systemd-networkd-wait-online.service getty@tty1.service \
  serial-getty@ttyS0.service systemd-pstore.service

# systemd runs these each time that it reads its units. Here they have nothing to say, and take a sixth of that time.
mkdir -p "$root/etc/systemd/system-generators"
for generator in debug getty gpt-auto hibernate-resume rc-local run ssh system-update tpm2; do
  ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$generator-generator"
done

# There is no GPU: a boot spends half its time unpacking NVIDIA's modules, twice, for them to find that out.
rm "$root/etc/modules-load.d/nvidia.conf"

# apt asks each new package for its questions, and none has one.
rm "$root/etc/apt/apt.conf.d/70debconf"

# What stands in for NVIDIA's module in tests.
chroot "$root" sh -euc '
  mkdir /tmp/nvidia
  cat >/tmp/nvidia/nvidia.c
  echo "obj-m := nvidia.o" >/tmp/nvidia/Makefile
  make -C /lib/modules/*/build M=/tmp/nvidia modules
  install -D -m 644 -t /usr/local/lib/lab /tmp/nvidia/nvidia.ko
  rm -r /tmp/nvidia' <"$PHOENIX_RECIPE/nvidia.c"

# The machine must be the same one after every start from this image.
rm -f "$root/etc/machine-id"
chroot "$root" systemd-machine-id-setup

# Its first boot has nothing to bring up to date.
touch -r "$root/usr" "$root/etc/.updated" "$root/var/.updated"

# DKMS only warns when a module does not build.
for module in zfs nvidia-current; do ls "$root"/lib/modules/*/updates/dkms/"$module".ko* >/dev/null; done
