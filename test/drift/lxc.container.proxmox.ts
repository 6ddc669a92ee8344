import type { z } from "zod";
import type { ContainerSpec } from "../../providers/kinds/lxc/container.ts";
import { containerStorage, TINY } from "../support/containers.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

type Spec = z.input<typeof ContainerSpec>;

const plain = (vmid: number, spec: Omit<Spec, "vmid" | "ostemplate">): Spec => ({
  vmid,
  ostemplate: TINY,
  ostype: "unmanaged",
  storage: "tank",
  size: "1G",
  memory: 64,
  swap: 0,
  allowDestroy: true,
  ...spec,
});

/** Settings of one container that stands, each with what it is changed to by hand, in words for pct. */
const SETTINGS = {
  hostname: ["web-1", "--hostname other"],
  memory: [80, "--memory 70"],
  swap: [16, "--swap 8"],
  cores: [1, "--cores 2"],
  cpulimit: [0.5, "--cpulimit 1"],
  cpuunits: [200, "--cpuunits 100"],
  nameserver: [["10.0.0.1", "fd00::1"], "--nameserver 10.0.0.1"],
  searchdomain: [["a.test", "b.test"], "--searchdomain b.test"],
  tags: [["b", "A"], "--tags c"],
  description: ["one: 100 %\n\n# ünï", "--description 'by hand'"],
  onboot: [true, "--onboot 0"],
  startup: [{ order: 2, up: 5, down: 30 }, "--startup down=30,order=3"],
  timezone: ["Europe/Berlin", "--timezone host"],
  console: [false, "--console 1"],
  tty: [1, "--tty 2"],
  cmode: ["shell", "--cmode tty"],
  hookscript: ["local:snippets/hook", "--hookscript local:snippets/other"],
} as const;

const features = { nesting: true, keyctl: true, fuse: true, mknod: true, force_rw_sys: true };

const eth0 = {
  bridge: "vmbr0",
  ip: "10.10.10.7/24",
  gw: "10.10.10.1",
  ip6: "fd00::7/64",
  gw6: "fd00::1",
  hwaddr: "BC:24:11:00:00:07",
  tag: 10,
  trunks: [20, 30],
  mtu: 1400,
  rate: 2.5,
  firewall: true,
  link_down: false,
};

const edit = (id: number, how: string) => `sed -i '${how}' /etc/pve/lxc/${String(id)}.conf`;

const settings: DriftCase<Spec> = {
  prop: "hostname",
  spec: plain(201, Object.fromEntries(Object.entries(SETTINGS).map(([key, [value]]) => [key, value]))),
  byHand: `pct set 201 ${Object.values(SETTINGS)
    .map(([, words]) => words)
    .join(" ")}`,
  differs: Object.keys(SETTINGS),
};

export const suite: DriftSuite<Spec> = {
  prepare: [
    becomePve,
    containerStorage,
    "mkdir -p /srv/share /srv/other /var/lib/vz/snippets; cd /var/lib/vz/snippets; echo exit >hook; chmod 755 hook; cp hook other",
  ],
  foreign: [
    `pct create 900 ${TINY} --ostype unmanaged --rootfs tank:1 --memory 64 --tags foreign --mp0 /srv/other,mp=/o --net0 name=eth0,bridge=vmbr0`,
    "echo 'lxc.prlimit.nofile: 99' >>/etc/pve/lxc/900.conf",
    "zfs create tank/foreign",
  ],
  foreignState:
    "cat /etc/pve/lxc/900.conf; zfs list -H -o name tank/foreign tank/subvol-900-disk-0; stat -c %u:%a /srv/other",
  apart: true,
  cases: [
    settings,
    {
      prop: "features",
      spec: plain(202, { features: { ...features, mount: ["nfs", "cifs"] } }),
      byHand: "pct set 202 --features 'nesting=0,mount=ext4'",
      differs: [...Object.keys(features), "mount"].map((name) => `features.${name}`),
    },
    {
      prop: "interfaces",
      spec: plain(203, { interfaces: { eth0, eth1: { bridge: "vmbr0" } } }),
      byHand:
        "pct set 203 --net0 name=eth0,bridge=vmbr0,ip=dhcp,link_down=1 --delete net1; ip link add vmbr9 type bridge; sed -i 's/bridge=vmbr0/bridge=vmbr9/' /etc/pve/lxc/203.conf",
      differs: [...Object.keys(eth0).map((name) => `interfaces.eth0.${name}`), "interfaces.eth1"],
    },
    {
      prop: "mounts./data",
      spec: plain(204, {
        mounts: {
          "/data": { storage: "tank", size: "64M", backup: true, acl: true, ro: true, mountoptions: ["noatime"] },
          "/share": { source: "/srv/share", uid: 33, gid: 34, mode: "0770", shared: true },
          "/more": { storage: "tank", size: "32M", quota: false, replicate: false },
        },
      }),
      byHand:
        "pct set 204 --mp0 tank:subvol-204-disk-1,mp=/data --mp2 /srv/other,mp=/share --delete mp1; chown root:root /srv/share; chmod 755 /srv/share",
      differs: [
        ...["backup", "acl", "ro", "mountoptions"].map((name) => `mounts./data.${name}`),
        ...["source", "shared", "uid", "gid", "mode"].map((name) => `mounts./share.${name}`),
        "mounts./more",
      ],
    },
    {
      prop: "mounts./made.mode",
      spec: plain(205, { mounts: { "/made": { source: "/srv/made", mode: "0711", uid: 5 } } }),
      byHand: "chown 7 /srv/made; chmod 755 /srv/made",
      differs: ["mounts./made.mode", "mounts./made.uid"],
    },
    {
      prop: "devices./dev/fuse",
      spec: plain(206, {
        devices: { "/dev/fuse": { uid: 1, gid: 2, mode: "0666", "deny-write": true }, "/dev/null": {} },
      }),
      byHand: "pct set 206 --dev0 /dev/fuse,mode=0600 --delete dev1",
      differs: [
        ...["uid", "gid", "mode", "deny-write"].map((name) => `devices./dev/fuse.${name}`),
        "devices./dev/null",
      ],
    },
    {
      prop: "lxc",
      spec: plain(207, {
        lxc: ["lxc.prlimit.nofile = 1024", "lxc.mount.entry: /srv srv none bind,optional,create=dir 0 0"],
        apparmorProfile: "unconfined",
        idmap: [
          { type: "u", container_id: 0, host_id: 100_000, size: 60_000 },
          { type: "g", container_id: 0, host_id: 100_000, size: 65_536 },
        ],
      }),
      byHand: edit(207, "s/nofile: 1024/nofile: 9/; s/unconfined/generated/; s/60000/50000/; /mount.entry/d"),
      differs: ["lxc", "apparmorProfile", "idmap"],
    },
    { prop: "running", spec: plain(208, { running: true }), byHand: "pct stop 208" },
    { prop: "running", spec: plain(209, { running: false }), byHand: "pct start 209" },
    {
      prop: "restartPending",
      spec: plain(210, { running: true, restart: "whenNeeded", features: { keyctl: false } }),
      byHand: "pct set 210 --features keyctl=1; pct set 210 --timezone host",
      differs: ["features.keyctl", "restartPending"],
    },
    {
      prop: "size",
      spec: plain(211, { size: "768M", rootfs: { acl: true, mountoptions: ["noatime"], replicate: false } }),
      byHand: `zfs set refquota=512M tank/subvol-211-disk-0; ${edit(211, "s/^rootfs: \\([^,]*\\),.*/rootfs: \\1,acl=0,size=512M/")}`,
      differs: ["size", ...["acl", "mountoptions", "replicate"].map((name) => `rootfs.${name}`)],
    },
    { prop: "protection", spec: plain(212, { protection: false }), byHand: "pct set 212 --protection 1" },
    {
      prop: "template",
      spec: plain(213, { template: true }),
      byHand: `zfs destroy tank/basevol-213-disk-0@__base__; zfs rename tank/basevol-213-disk-0 tank/subvol-213-disk-0; ${edit(213, "/^template/d; s/basevol/subvol/")}`,
    },
    { prop: "vmid", spec: plain(214, { running: true }), byHand: "pct stop 214; pct destroy 214" },
  ],
};
