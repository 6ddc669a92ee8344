/** What the lab host needs for containers: see lab/image for the archives of root file systems. */

/** A storage `tank` for containers on Proxmox VE, where `becomePve` was; a shell line. */
export const containerStorage = [
  "zpool_patiently create tank /dev/disk/by-id/virtio-disk1",
  "pvesm add zfspool tank --pool tank --content rootdir,images --sparse 1",
].join("\n");

/** A system that is up and down within a second. */
export const TINY = "local:vztmpl/busybox-lab_1_amd64.tar.zst";

/** A Debian with systemd. */
export const DEBIAN = "local:vztmpl/debian-13-lab_13_amd64.tar.zst";
