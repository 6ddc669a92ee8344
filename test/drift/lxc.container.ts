/** Containers of plain Debian; those of Proxmox VE are in lxc.container.ts. */
import type { z } from "zod";
import type { ContainerSpec } from "../../providers/kinds/lxc/container.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof ContainerSpec>;

const TINY = "/var/lib/vz/template/cache/busybox-lab_1_amd64.tar.zst";

const plain = (id: number, spec: Omit<Spec, "vmid" | "ostemplate">): Spec => ({
  vmid: id,
  ostemplate: TINY,
  storage: "tank/guests",
  size: "256M",
  memory: 64,
  swap: 0,
  allowDestroy: true,
  ...spec,
});

const file = (id: number) => `/var/lib/lxc/${String(id)}/config`;
const edit = (id: number, ...how: string[]) => `sed -i ${how.map((one) => `-e '${one}'`).join(" ")} ${file(id)}`;
const group = (id: number, name: string, value: string) =>
  `echo '${value}' >/sys/fs/cgroup/lxc.payload.${String(id)}/${name}`;
const net = (id: number, command: string) => `nsenter -t $(lxc-info -n ${String(id)} -pH) -n ${command}`;

/** Settings that stand in the file, each with what somebody makes of its line. */
const SETTINGS = {
  hostname: ["web-1", "s/= web-1/= other/"],
  memory: [80, "s/memory.max = .*/memory.max = 64M/"],
  swap: [16, "/swap.max/d"],
  cores: [1, "s/cpuset.cpus = .*/cpuset.cpus = 0-1/"],
  cpulimit: [0.5, "s/= 50000 100000/= 100000 100000/"],
  cpuunits: [200, "s/cpu.weight = .*/cpu.weight = 7/"],
  tags: [["b", "A"], "s/tags = .*/tags = c/"],
  description: ["one: 100 %\n\n# ünï '$(reboot)'", 's/description = .*/description = "by hand"/'],
  onboot: [true, "/start.auto/d"],
  startup: [{ order: 2, up: 5 }, "s/start.order = 2/start.order = 3/"],
  console: [false, "/console.path/d"],
  tty: [1, "s/tty.max = 1/tty.max = 2/"],
  apparmorProfile: ["unconfined", "s/unconfined/generated/"],
} as const;

const settings: DriftCase<Spec> = {
  prop: "hostname",
  spec: plain(201, Object.fromEntries(Object.entries(SETTINGS).map(([key, [value]]) => [key, value]))),
  byHand: edit(201, ...Object.values(SETTINGS).map(([, how]) => how)),
  differs: Object.keys(SETTINGS),
};

const features = { nesting: true, fuse: true, force_rw_sys: true };

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
  link_down: false,
};

/** What counts at once in a container that runs: the file is right, and the kernel has something else. */
const live: DriftCase<Spec> = {
  prop: "memory",
  spec: plain(204, {
    ...{ running: true, hostname: "live", memory: 80, swap: 8, cores: 1, cpulimit: 0.5, cpuunits: 200 },
    interfaces: { eth0 },
  }),
  byHand: [
    group(204, "memory.max", "67108864"),
    group(204, "memory.swap.max", "max"),
    group(204, "cpu.max", "max 100000"),
    group(204, "cpu.weight", "100"),
    "nsenter -t $(lxc-info -n 204 -pH) -u hostname other",
    "ip link set veth204i0 nomaster",
    "ip link add vmbr8 type bridge vlan_filtering 1; ip link set veth204i0 master vmbr8",
    net(204, "ip address add 10.10.10.8/24 dev eth0"),
    net(204, "ip route del default"),
    net(204, "ip link set eth0 mtu 1300"),
    "tc qdisc replace dev veth204i0 root tbf rate 3MiBps burst 1mb latency 50ms; ip link set veth204i0 down",
  ].join("; "),
  differs: [
    ...["memory", "swap", "cpulimit", "cpuunits", "hostname"],
    ...["bridge", "ip", "gw", "tag", "trunks", "mtu", "rate", "link_down"].map((name) => `interfaces.eth0.${name}`),
  ],
};

export const suite: DriftSuite<Spec> = {
  prepare: ["zpool_patiently create tank virtio-disk1; zfs create tank/guests", "mkdir -p /srv/share /srv/other"],
  foreign: [
    "mkdir -p /var/lib/lxc/900 /var/lib/lxc/web /srv/foreign; zfs create tank/guests/foreign",
    `printf '# by hand\\nlxc.uts.name = web\\nlxc.rootfs.path = dir:/srv/foreign\\nlxc.mount.entry = /srv/other data none rbind,optional 0 0\\n' | tee ${file(900)} >/var/lib/lxc/web/config`,
  ],
  foreignState:
    "sha256sum /var/lib/lxc/900/config /var/lib/lxc/web/config; zfs list -H -o name tank/guests/foreign; stat -c %u:%a /srv/other /srv/foreign",
  apart: true,
  cases: [
    settings,
    {
      prop: "features.nesting",
      spec: plain(202, { features: { ...features, mount: ["nfs", "cifs"] } }),
      byHand: edit(202, "/allow_nesting/d", "/\\/dev\\/fuse/d", "/sys:rw/d", "s/fstype=nfs/fstype=ext4/"),
      differs: [...Object.keys(features), "mount"].map((name) => `features.${name}`),
    },
    {
      prop: "interfaces.eth0",
      spec: plain(203, {
        interfaces: { eth0: { ...eth0, link_down: true }, eth1: { bridge: "vmbr0", ip: "dhcp", ip6: "auto" } },
      }),
      byHand: edit(
        203,
        "s/0.link = vmbr0/0.link = vmbr9/",
        "s/10.10.10.7/10.10.10.9/",
        "s/10.10.10.1$/10.10.10.2/",
        "s/fd00::7/fd00::9/",
        "s/fd00::1$/fd00::2/",
        "s/00:00:07/00:00:09/",
        "s/vlan.id = 10/vlan.id = 11/",
        "s/tagged.id = 20/tagged.id = 21/",
        "s/mtu = 1400/mtu = 1300/",
        "s/ rate 2.5$/ rate 3/",
        "/ link_down 1$/d",
        "/lxc.net.1/d",
      ),
      differs: [...Object.keys(eth0).map((name) => `interfaces.eth0.${name}`), "interfaces.eth1"],
    },
    live,
    {
      prop: "mounts./data.ro",
      spec: plain(205, {
        mounts: {
          "/data": { storage: "tank/guests", size: "64M", ro: true, mountoptions: ["nosuid"] },
          "/share": { source: "/srv/share", uid: 33, gid: 34, mode: "0770" },
          "/more": { storage: "tank", size: "32M" },
        },
      }),
      byHand: [
        edit(205, "s/bind,create=dir,ro,nosuid/bind,create=dir/", "s,/srv/share,/srv/other,", "/ more none/d"),
        "zfs set refquota=48M tank/guests/subvol-205-disk-1",
      ].join("; "),
      differs: [
        ...["ro", "mountoptions", "size"].map((name) => `mounts./data.${name}`),
        ...["source", "uid", "gid", "mode"].map((name) => `mounts./share.${name}`),
        "mounts./more",
      ],
    },
    {
      prop: "mounts./made.mode",
      spec: plain(206, { mounts: { "/made": { source: "/srv/made", mode: "0711", uid: 5, idmap: "container" } } }),
      byHand: `chown 7 /srv/made; chmod 755 /srv/made; ${edit(206, "s/,idmap=container//")}`,
      differs: ["mounts./made.mode", "mounts./made.uid", "mounts./made.idmap"],
    },
    {
      prop: "devices./dev/fuse.mode",
      spec: plain(207, { devices: { "/dev/fuse": { uid: 1, gid: 2, mode: "0666" }, "/dev/null": {} } }),
      byHand: "cd /var/lib/lxc/207/devices/dev; chmod 600 fuse; chown 100003:100004 fuse; rm null",
      differs: [...["uid", "gid", "mode"].map((name) => `devices./dev/fuse.${name}`), "devices./dev/null"],
    },
    {
      prop: "lxc",
      spec: plain(208, {
        lxc: ["lxc.prlimit.nofile = 1024", "lxc.mount.entry: tmpfs srv tmpfs optional,create=dir 0 0"],
        nameserver: ["10.0.0.1", "fd00::1"],
        searchdomain: ["a.test", "b.test"],
      }),
      byHand: `${edit(208, "s/nofile = 1024/nofile = 9/", "/tmpfs/d")}; echo nameserver 10.0.0.2 >/tank/guests/subvol-208-disk-0/etc/resolv.conf`,
      differs: ["lxc", "nameserver", "searchdomain"],
    },
    { prop: "running", spec: plain(209, { running: true }), byHand: "lxc-stop -n 209 -k" },
    { prop: "running", spec: plain(210, { running: false }), byHand: "lxc-start -n 210" },
    {
      prop: "tty",
      spec: plain(211, { running: true, restart: "whenNeeded", tty: 2 }),
      byHand: edit(211, "s/tty.max = 2/tty.max = 3/"),
    },
    { prop: "size", spec: plain(212, { size: "128M" }), byHand: "zfs set refquota=100M tank/guests/subvol-212-disk-0" },
    {
      prop: "protection",
      spec: plain(213, { protection: false }),
      byHand: `echo '#phoenix-hypervisor: protection = 1' >>${file(213)}`,
    },
    { prop: "template", spec: plain(214, { template: true }), byHand: edit(214, "/template/d") },
    {
      prop: "vmid",
      spec: plain(215, { running: true }),
      byHand: "lxc-stop -n 215 -k; rm -r /var/lib/lxc/215; zfs destroy tank/guests/subvol-215-disk-0",
    },
  ],
};
