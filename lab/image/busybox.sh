#!/bin/sh
# The least container that has an init, a shell and a network: it is up, and down again, within a second.
# usage: busybox.sh HOST-ROOT TARGET
set -eu
host=$1
target=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

cd "$root"
chmod 755 .
mkdir -p bin dev etc/init.d proc root run sbin sys tmp usr/bin usr/sbin var/log
chmod 1777 tmp
cp "$host/bin/busybox" bin/busybox
for program in $(bin/busybox --list-full); do [ -e "$program" ] || ln -s /bin/busybox "$program"; done
cat >etc/os-release <<'END'
ID=busybox
PRETTY_NAME="BusyBox of the lab"
VERSION_ID=1
END
cat >etc/inittab <<'END'
::sysinit:/etc/init.d/rcS
::respawn:/bin/sleep 1000000
END
cat >etc/init.d/rcS <<'END'
#!/bin/sh
ip link set lo up
hostname -F /etc/hostname
END
chmod 755 etc/init.d/rcS
echo busybox >etc/hostname
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'root:*:20000:0:99999:7:::' >etc/shadow
echo 'root:x:0:' >etc/group
chmod 640 etc/shadow
: >etc/machine-id
tar --owner=0 --group=0 --numeric-owner -cf - . | chroot "$host" zstd -q >"$target"
