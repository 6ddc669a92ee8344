import assert from "node:assert/strict";
import type { z } from "zod";
import { container, type ContainerSpec } from "../providers/kinds/lxc/container.ts";
import { script } from "../providers/host/command.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { templates } from "./support/system.ts";
import { BUILDS, mmdebstrap } from "./support/templates.ts";

type Declared = z.input<typeof ContainerSpec>;

const kind = erase(container);
const CACHE = "/var/lib/vz/template/cache";
const secrets = { root: "correct horse" };

describe("on the lab host, containers of plain Debian", function () {
  this.timeout(1_800_000);

  const host = useLab("lxc-debian");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets });
  const parse = (declared: Declared) => kind.spec.parse(declared);
  const apply = async (declared: Declared, was?: Declared) =>
    converge(kind, session(), parse(declared), was === undefined ? undefined : parse(was));
  const inside = async (id: number, line: string) => host().sh(`lxc-attach -n ${String(id)} -- sh -c '${line}'`);
  const started = async (id: number) => host().sh(`cut -d ' ' -f 22 /proc/$(lxc-info -n ${String(id)} -pH)/stat`);
  const pending = (facts: unknown) => kind.outputs?.(facts, "100")["restartPending"];
  const notes = async (declared: Declared, was: Declared) => {
    const seen = await look(kind, session(), parse(declared), parse(was));
    return kind.plan(seen.live, parse(declared), { ...seen.context, platform: "debian" }).changes;
  };
  before(async () => {
    await host().sh("zpool_patiently create tank virtio-disk1; zfs create tank/guests; mkdir -p /srv/share");
  });

  const tiny = (id: number, more: Omit<Declared, "vmid"> = {}): Declared => ({
    ...{ vmid: id, ostemplate: `${CACHE}/busybox-lab_1_amd64.tar.zst`, storage: "tank/guests", size: "256M" },
    ...{ memory: 64, swap: 0, allowDestroy: true },
    ...more,
  });

  it("change at once what can be, and restart for the rest only where that is allowed", async () => {
    const first = tiny(100, { running: true, interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.100/24" } } });
    await apply(first);
    const began = await started(100);
    const then: Declared = {
      ...first,
      ...{ memory: 96, swap: 8, cores: 1, cpulimit: 0.5, cpuunits: 50, hostname: "live", tags: ["a"], onboot: true },
      interfaces: {
        eth0: { bridge: "vmbr0", ip: "10.10.10.101/24", rate: 2.5 },
        eth1: { bridge: "vmbr0", link_down: true },
      },
      nameserver: ["10.10.10.1"],
      size: "300M",
    };
    host().changes();
    await apply(then, first);
    assert.equal(host().changes().length, 1, "all of it is one command");
    assert.equal(await started(100), began);
    assert.equal(await host().sh("cat /sys/fs/cgroup/lxc.payload.100/memory.max"), `${String(96 * 2 ** 20)}\n`);
    assert.equal(await host().sh("cat /sys/fs/cgroup/lxc.payload.100/cpuset.cpus"), "0\n");
    const seen = await inside(100, "hostname; nproc; ip -o -4 address; cat /etc/resolv.conf; ls /sys/class/net");
    assert.match(seen, /^live\n1\n[^]*eth0 +inet 10\.10\.10\.101[^]*nameserver 10\.10\.10\.1\n[^]*eth1/);
    assert.doesNotMatch(seen, /10\.10\.10\.100/);
    const plugs = async () =>
      host().sh(
        "tc -iec qdisc show dev veth100i0; tc -iec filter show dev veth100i0 ingress; ip -br link show veth100i1",
      );
    const limited = /^qdisc tbf .* rate 20Mibit [^]* police .* rate 20Mibit .* action drop [^]*\nveth100i1@\S+ +DOWN /;
    assert.match(await plugs(), limited);
    assert.equal(await inside(100, "cat /sys/class/net/eth0/carrier /sys/class/net/eth1/carrier"), "1\n0\n");

    const later: Declared = {
      ...then,
      mounts: {
        "/share/deep": { source: "/srv/share", uid: 33, ro: true },
        "/vol": { storage: "tank/guests", size: "32M" },
        "/own": { source: "/srv/own", uid: 5, idmap: "container" },
      },
      devices: { "/dev/kmsg": { uid: 5, gid: 6, mode: "0640" } },
      tty: 2,
    };
    const noted = await notes(later, then);
    assert.deepEqual(
      noted.map(({ prop, note }) => [prop, note]),
      [
        ["tty", "waits for a restart"],
        ["mounts./share/deep", "applied live"],
        ["mounts./vol", "applied live"],
        ["mounts./own", "applied live"],
        ["devices./dev/kmsg", "applied live"],
      ],
    );
    const { facts } = await apply(later, then);
    assert.equal(await started(100), began);
    assert.deepEqual(pending(facts), ["tty"]);
    const shown = async () =>
      inside(
        100,
        "echo 1 >/vol/x; touch /own/x; ls -ln /dev/kmsg; stat -c %u /share/deep /own /own/x; grep -e /share -e /vol /proc/mounts",
      );
    const mounts = /^c[^]*crw-r----- +1 5 +6 [^]*\n33\n5\n0\n[^]*\/share\/deep \S+ ro,[^]*\/vol \S+ rw,/;
    assert.match(`c${await shown()}`, mounts);
    // Short of memory, the kernel forgets when it was first asked for the files of /sys and /proc.
    await host().sh("sync; echo 2 >/proc/sys/vm/drop_caches");
    const { facts: later_ } = await apply({ ...later, tags: ["b"] }, later);
    assert.deepEqual(pending(later_), ["tty"]);
    const less: Declared = { ...later, tags: ["b"], cores: undefined, mounts: {} };
    const whereUsed = "applied live, or with the next restart where something uses it; the data is kept";
    assert.deepEqual(
      (await notes(less, later)).map(({ prop, note }) => [prop, note]),
      [["cores", "applied live"], ...["/share/deep", "/vol", "/own"].map((path) => [`mounts.${path}`, whereUsed])],
    );
    const use = "cd /vol; sleep 1000 >/dev/null 2>&1 &";
    await inside(100, use);
    const { facts: fewer } = await apply(less, { ...later, tags: ["b"] });
    assert.equal(await started(100), began);
    assert.deepEqual(pending(fewer), ["mounts./vol", "tty"], "what is in use stays, the other one is gone");
    assert.match(await inside(100, "ls /share/deep | wc -l; cat /vol/x"), /^0\n1\n$/);
    assert.match(
      kind.warnings?.(fewer, "100", parse(less)).at(-1) ?? "",
      /^mounts.\/vol was in use and is still there/,
    );
    await apply(later, less);
    await apply({ ...later, restart: "whenNeeded" }, later);
    assert.notEqual(await started(100), began);
    assert.match(`c${await shown()}`, mounts);
    assert.equal(await host().sh("stat -c %u /srv/own /srv/own/x"), "5\n0\n");
    assert.match(await plugs(), limited);
    const again = await apply({ ...later, restart: "whenNeeded" }, later);
    assert.deepEqual(pending(again.facts), []);
    await inside(100, use);
    const restarted = await started(100);
    const whole: Declared = { ...later, restart: "whenNeeded" };
    const free: Declared = {
      ...whole,
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.101/24" }, eth1: { bridge: "vmbr0", link_down: false } },
    };
    await apply(free, whole);
    assert.equal(await started(100), restarted);
    assert.match(await plugs(), /^qdisc noqueue [^]*veth100i1@\S+ +UP /);
    await apply({ ...free, mounts: {} }, free);
    assert.notEqual(await started(100), restarted);
    assert.equal(
      await host().sh("ping -c 1 -W 20 10.10.10.101 >/dev/null; lxc-autostart --list --all --shutdown"),
      "100\n",
    );
  });

  it("are made with a password and keys, and copied with an identity of their own", async () => {
    const source: Declared = {
      ...tiny(110),
      ostemplate: `${CACHE}/debian-13-lab_13_amd64.tar.zst`,
      ...{ size: "1G", memory: 256, hostname: "source", password: "root", sshKeys: ["ssh-ed25519 AAAA me"] },
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.110/24" } },
    };
    await apply(source);
    const root = (id: number) => `/tank/guests/subvol-${String(id)}-disk-0`;
    const salt = (await host().sh(`sed -n 's/^root:[$]6[$]\\([^$]*\\).*/\\1/p' ${root(110)}/etc/shadow`)).trim();
    const hash = (await host().sh(`openssl passwd -6 -salt ${salt} '${secrets.root}'`)).trim();
    assert.equal((await host().sh(`sed -n 's/^root:\\([^:]*\\):.*/\\1/p' ${root(110)}/etc/shadow`)).trim(), hash);
    assert.equal(await host().sh(`stat -c %u:%a ${root(110)}/root/.ssh/authorized_keys`), "100000:600\n");

    await host().sh(
      [
        "printf '%s\\n' 'start 10.10.10.200' 'end 10.10.10.209' 'interface vmbr0' 'option subnet 255.255.255.0' 'lease_file /run/leases' 'pidfile /run/udhcpd.pid' >/run/udhcpd.conf",
        ": >/run/leases; busybox udhcpd /run/udhcpd.conf",
      ].join("; "),
    );
    const copy: Declared = {
      ...{ vmid: 111, clone: { from: 110 }, hostname: "copy", running: true, allowDestroy: true },
      features: { nesting: true },
      // Without udev in it, networkd takes only what a /sys has that nobody may write to.
      lxc: ["lxc.mount.auto: sys:mixed"],
      ready: { command: ["systemctl", "is-active", "multi-user.target", "ssh"], timeout: 600 },
      interfaces: { eth1: { bridge: "vmbr0", ip: "dhcp" } },
    };
    await host().sh(
      `echo data >${root(110)}/root/data; echo 0123456789abcdef0123456789abcdef >${root(110)}/etc/machine-id`,
    );
    await apply(copy);
    assert.equal(await inside(111, "hostname; cat /root/data"), "copy\ndata\n");
    const own = async (what: string) =>
      host()
        .sh(what)
        .then((text) => text.trim().split("\n"));
    const [keys = "", theirs = ""] = await own(
      `cut -d ' ' -f 2 ${root(110)}/etc/ssh/ssh_host_ed25519_key.pub ${root(111)}/etc/ssh/ssh_host_ed25519_key.pub`,
    );
    assert.notEqual(keys, theirs);
    const [mac, other] = await own(
      "sed -n 's/^lxc.net.0.hwaddr = //p' /var/lib/lxc/110/config /var/lib/lxc/111/config",
    );
    assert.notEqual(mac, other);
    assert.notEqual((await host().sh(`cat ${root(111)}/etc/machine-id`)).trim(), "0123456789abcdef0123456789abcdef");
    const leased = async (name: string) =>
      inside(
        111,
        `/usr/lib/systemd/systemd-networkd-wait-online --timeout 60 -4 -i ${name} && ip -o -4 address show ${name}`,
      );
    assert.match(await leased("eth1"), / inet 10\.10\.10\.20\d\/24 .* dynamic /);
    const boot = await started(111);
    const more: Declared = {
      ...copy,
      interfaces: { ...copy.interfaces, eth2: { bridge: "vmbr0", ip: "dhcp", ip6: "fd00::2/64" } },
    };
    await apply(more, copy);
    assert.match(await leased("eth2"), / inet 10\.10\.10\.20\d\/24 .* dynamic /);
    assert.match(await inside(111, "ip -o -6 address show eth2"), / fd00::2\/64 /);
    await host().sh(`rm ${root(111)}/etc/systemd/network/05-phoenix-eth1.network`);
    const lost = await notes(more, more);
    assert.deepEqual(lost, [{ prop: "interfaces.eth1.ip", from: "manual", to: "dhcp", note: "applied live" }]);
    await apply(more, more);
    assert.deepEqual(await notes(more, more), []);
    assert.equal(await started(111), boot);
    await end(kind, session(), { ...parse(copy) });
  });

  it("that are templates are never run, and what is linked to them keeps them", async () => {
    await apply(tiny(120, { template: true }));
    await apply({ vmid: 121, clone: { from: 120 }, running: true, allowDestroy: true, memory: 64 });
    assert.match(
      await host().sh("zfs get -H -o value origin tank/guests/subvol-121-disk-0"),
      /subvol-120-disk-0@__base__/,
    );
    await assert.rejects(
      end(kind, session(), { ...parse(tiny(120, { template: true })) }),
      /subvol-121-disk-0 are clones of it/,
    );
    await end(kind, session(), { ...parse({ vmid: 121, allowDestroy: true }) });
    await end(kind, session(), { ...parse(tiny(120, { template: true })) });
  });

  it("say why they died, and why they do not stop", async () => {
    const dying = tiny(130);
    await apply(dying);
    const init = "/tank/guests/subvol-130-disk-0/sbin/init";
    await host().sh(`rm ${init}; printf '#!/bin/sh\\nexit 3\\n' >${init}; chmod 755 ${init}`);
    await assert.rejects(apply({ ...dying, running: true }, dying), /container 130 (stopped within|does not start)/);
    // Deaf to what tells it to shut down.
    await host().sh(`printf '#!/bin/sh\\ntrap "" PWR TERM INT HUP\\nwhile :; do sleep 1000; done\\n' >${init}`);
    await apply({ ...dying, running: true }, dying);
    const stop: Declared = { ...dying, running: false, shutdown: { timeout: 2 } };
    await assert.rejects(apply(stop, dying), /did not shut down within 2 seconds/);
    await apply({ ...stop, shutdown: { timeout: 2, forceStop: true } }, stop);
    assert.equal(await host().sh("lxc-info -n 130 -sH"), "STOPPED\n");
  });

  it("are finished by the next run where one was cut off", async () => {
    // As a run leaves it that is killed while it unpacks, and one that is killed before its file is in its place.
    await host().sh(
      "zfs create tank/guests/subvol-140-disk-0.phoenix-making; touch /tank/guests/subvol-140-disk-0.phoenix-making/half",
    );
    await apply(tiny(140));
    assert.equal(await host().sh("ls /tank/guests/subvol-140-disk-0/half 2>/dev/null || true"), "");
    await host().sh("mv /var/lib/lxc/140/config /var/lib/lxc/140/.config.phoenix-new");
    await apply(tiny(140));
    await host().sh("rm -r /var/lib/lxc/140");
    await assert.rejects(apply(tiny(140)), /subvol-140-disk-0 is there already/);
  });

  it("find an archive that was built once, and nothing of a build that was killed", async () => {
    await host().sh(
      `${mmdebstrap("touch /run/building; sleep 4321")}; mkdir /srv/built; echo before >/srv/built/b.tar`,
    );
    const { apply: applyTemplate } = templates(host());
    const declared = { ostemplate: "/srv/built/b.tar", build: { suite: "trixie" }, overwrite: true };
    const killed = applyTemplate(declared);
    killed.catch(() => undefined);
    // By a look: the build waits for changes that are under way.
    await host().read(script("wait", "until [ -e /run/building ]; do sleep 0.1; done"));
    await host().sh("kill -KILL -$(ps -o pgid= -p $(pgrep -x unshare) | tr -d ' ')");
    await assert.rejects(killed, /build-template/);
    const left =
      "until ! pgrep -xf 'sleep 4321' >/dev/null; do sleep 0.1; done; cat /proc/mounts | grep -c phoenix || :; cat /srv/built/*";
    assert.equal(await host().sh(left), "0\nbefore\n");
    await host().sh(mmdebstrap(BUILDS));
    await applyTemplate(declared);
    host().changes();
    await applyTemplate(declared, declared);
    assert.deepEqual(host().changes(), []);
    assert.equal(
      await host().sh("ls -A /srv/built; tar tf /srv/built/b.tar; ls -A /var/lib/phoenix-hypervisor/builds/srv/built"),
      "b.tar\nusr/local/bin/mmdebstrap\n",
    );
  });

  it("are made anew on consent, with what they had and the data of their mounts", async () => {
    await host().sh("zfs create tank/other; echo 1 >/srv/share/kept");
    const first = tiny(160, {
      ...{ running: true, hostname: "first", unprivileged: true },
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.160/24" } },
      mounts: { "/data": { storage: "tank/guests", size: "64M" }, "/share": { source: "/srv/share" } },
    });
    await apply(first);
    await inside(160, "echo of-first >/data/kept; echo gone >/root/gone");
    await host().sh("echo 'lxc.prlimit.nofile = 99' >>/var/lib/lxc/160/config");
    const mac = await host().sh("grep hwaddr /var/lib/lxc/160/config");
    const moved: Declared = { ...first, storage: "tank/other", allowReplace: true };
    // One that cannot be made leaves the one that was, which runs again.
    await assert.rejects(apply({ ...moved, ostemplate: `${CACHE}/nosuch.tar` }, first), /nosuch.tar is not there/);
    assert.equal(await inside(160, "cat /root/gone /data/kept"), "gone\nof-first\n");
    const back = await host().sh("zfs list -H -o name | grep 160; lxc-info -n 160 -sH");
    assert.equal(back, "tank/guests/subvol-160-disk-0\ntank/guests/subvol-160-disk-1\nRUNNING\n");
    // Neither does one in whose place something else is, which stays.
    await host().sh("zfs create tank/other/subvol-160-disk-0; touch /tank/other/subvol-160-disk-0/foreign");
    await assert.rejects(apply(moved, first), /other.subvol-160-disk-0 is there already/);
    assert.equal(await inside(160, "cat /root/gone; ls /data"), "gone\nkept\n");
    await host().sh("rm /tank/other/subvol-160-disk-0/foreign; zfs destroy tank/other/subvol-160-disk-0");
    host().changes();
    await apply(moved, first);
    assert.equal(host().changes().length, 1);
    assert.equal(await inside(160, "hostname; cat /data/kept /share/kept; ls /root"), "first\nof-first\n1\n");
    assert.equal(await host().sh("grep hwaddr /var/lib/lxc/160/config"), mac);
    assert.match(await host().sh("cat /var/lib/lxc/160/config"), /^lxc.prlimit.nofile = 99$/m);
    const there = await host().sh("zfs list -H -o name | grep 160");
    assert.equal(there, "tank/guests/subvol-160-disk-1\ntank/other/subvol-160-disk-0\n");
    // Cut off where its root was just put aside.
    await host().sh(
      "lxc-stop -n 160 -k; cd /tank/other; zfs rename tank/other/subvol-160-disk-0 tank/other/subvol-160-disk-0.phoenix-replaced",
    );
    await apply({ ...moved, storage: "tank/guests" }, moved);
    assert.equal(await inside(160, "cat /data/kept"), "of-first\n");
    assert.doesNotMatch(await host().sh("zfs list -H -o name"), /other.subvol-160|replaced/);
  });

  it("are copied from something else on consent", async () => {
    for (const id of [170, 171]) await apply(tiny(id));
    await host().sh("echo other >/tank/guests/subvol-171-disk-0/root/which");
    const copy: Declared = { vmid: 172, clone: { from: 170 }, allowDestroy: true };
    await apply(copy);
    const other: Declared = { ...copy, clone: { from: 171 } };
    await assert.rejects(apply(other, copy), /clone is \{"from":170\}, declared \{"from":171\}/);
    await apply({ ...other, allowReplace: true }, copy);
    assert.equal(await host().sh("cat /tank/guests/subvol-172-disk-0/root/which"), "other\n");
    host().changes();
    // As a run that was killed before it could record it.
    await apply({ ...other, allowReplace: true }, copy);
    assert.deepEqual(host().changes(), []);
  });

  it("made by hand are adopted as they are", async () => {
    await host().sh(
      [
        "mkdir -p /var/lib/lxc/150/rootfs /srv/data",
        "cat >/var/lib/lxc/150/config <<'END'",
        "# Template used to create this container: mine",
        "lxc.include = /usr/share/lxc/config/common.conf",
        "lxc.arch=linux64",
        '  lxc.uts.name   =   "byhand"',
        "lxc.rootfs.path = dir:/var/lib/lxc/150/rootfs",
        "lxc.net.0.type = veth",
        "lxc.net.0.link = vmbr0",
        "lxc.net.0.flags = up",
        "lxc.net.0.hwaddr = 00:16:3e:aa:bb:cc",
        "lxc.net.0.ipv4.address = 10.10.10.150/24",
        "lxc.cgroup2.memory.max = 512M",
        "lxc.start.auto = 1",
        "lxc.mount.entry = /srv/data /var/lib/lxc/150/rootfs/data none rw,bind,create=dir 0 0",
        "END",
      ].join("\n"),
    );
    host().changes();
    await apply({
      ...{ vmid: 150, hostname: "byhand", memory: 512, onboot: true, unprivileged: false, running: false },
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.150/24", hwaddr: "00:16:3E:AA:BB:CC" } },
      mounts: { "/data": { source: "/srv/data" } },
      lxc: ["lxc.arch: linux64"],
    });
    assert.deepEqual(host().changes(), []);
  });
});
