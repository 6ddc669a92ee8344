import assert from "node:assert/strict";
import type { z } from "zod";
import { container, type ContainerSpec } from "../providers/kinds/lxc/container.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { containerStorage, DEBIAN, TINY } from "./support/containers.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";
import { snapshots } from "./support/system.ts";

type Declared = z.input<typeof ContainerSpec>;

const kind = erase(container);
const secrets = { root: "correct horse" };

describe("on the lab host, containers of Proxmox VE", function () {
  this.timeout(600_000);
  const host = useLab("lxc-pve");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets });
  const parse = (declared: Declared) => kind.spec.parse(declared);
  const apply = async (declared: Declared, was?: Declared) =>
    converge(kind, session(), parse(declared), was === undefined ? undefined : parse(was));
  const uptime = async (id: number) => host().sh(`stat -c %Y /proc/$(lxc-info -n ${String(id)} -p -H)`);
  const outputs = async (declared: Declared) => {
    const { facts } = await look(kind, session(), parse(declared));
    return kind.outputs?.(facts, String(declared.vmid));
  };
  before(async () => {
    await host().sh(becomePve);
    await host().sh(containerStorage);
  });

  const tiny = (vmid: number, more: Omit<Declared, "vmid"> = {}): Declared => ({
    ...{ vmid, ostemplate: TINY, ostype: "unmanaged", storage: "tank", size: "1G", memory: 64, swap: 0 },
    ...more,
  });

  it("change live what can be, and restart for the rest only where that is allowed", async () => {
    const first = tiny(100, {
      running: true,
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.100/24" } },
      lxc: ["lxc.prlimit.nofile: 1024"],
    });
    await apply(first);
    const started = await uptime(100);
    const live: Declared = {
      ...first,
      ...{ memory: 96, swap: 8, cores: 1, cpulimit: 0.5, cpuunits: 50, hostname: "live", tags: ["a"], onboot: true },
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.101/24" }, eth1: { bridge: "vmbr0" } },
      mounts: { "/data": { storage: "tank", size: "64M" }, "/srv/share": { source: "/srv/share", uid: 33 } },
    };
    host().changes();
    await apply(live, first);
    assert.equal(host().changes().length, 1, "all of it is one command");
    assert.equal(await uptime(100), started);
    assert.equal(await host().sh("cat /sys/fs/cgroup/lxc/100/memory.max"), `${String(96 * 2 ** 20)}\n`);
    const inside = await host().sh("pct exec 100 -- sh -c 'ip -o -4 address; cat /proc/mounts; stat -c %u /srv/share'");
    assert.match(inside, /eth0 .*10\.10\.10\.101/);
    assert.match(inside, /tank\/subvol-100-disk-1 \/data /);
    assert.match(inside, /\n33\n$/);
    const waits: Declared = { ...live, features: { nesting: true }, mounts: {}, lxc: [] };
    await apply(waits, live);
    assert.equal(await uptime(100), started);
    assert.deepEqual((await outputs(waits))?.["restartPending"], [
      "features",
      "mounts./data",
      "mounts./srv/share",
      "lxc",
    ]);
    await apply({ ...waits, restart: "whenNeeded" }, waits);
    assert.notEqual(await uptime(100), started);
    assert.deepEqual((await outputs(waits))?.["restartPending"], []);
    assert.match(await host().sh("cat /etc/pve/lxc/100.conf"), /^unused0: tank:subvol-100-disk-1$/m);
  });

  it("are waited for until they are ready, in the run that starts them and in those after it", async () => {
    const slow = tiny(105, {
      running: true,
      interfaces: { eth0: { bridge: "vmbr0", ip: "manual" } },
      ready: { port: 80, command: ["test", "-e", "/run/ok"], timeout: 5 },
    });
    const silent = /105 runs, and is not ready after 5 seconds: nobody answers at port 80 .*: /;
    await assert.rejects(apply(slow), new RegExp(`${silent.source}it has no address`));
    const started = await uptime(105);
    await host().sh("pct exec 105 -- sh -c 'ip address add 10.10.10.105/24 dev eth0; ip link set eth0 up'");
    await assert.rejects(apply(slow, slow), new RegExp(`${silent.source}Connection refused`));
    await host().sh("pct exec 105 -- httpd -p 80");
    await assert.rejects(apply(slow, slow), /is not ready after 5 seconds: test -e \/run\/ok fails/);
    await host().sh("pct exec 105 -- touch /run/ok");
    host().changes();
    await apply(slow, slow);
    assert.deepEqual(host().changes(), ["ready 105 5 80 test -e /run/ok"]);
    await apply(slow, slow);
    assert.deepEqual(host().changes(), []);
    assert.equal(await uptime(105), started);
  });

  it("are made anew on consent, with what they had and the data of their mounts", async () => {
    await host().sh(
      "zpool_patiently create other virtio-disk2; pvesm add zfspool other --pool other --content rootdir --sparse 1",
    );
    const first = tiny(150, {
      running: true,
      interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.150/24" } },
      mounts: { "/data": { storage: "tank", size: "64M" } },
      rootfs: { acl: true, mountoptions: ["noatime"] },
    });
    await apply(first);
    await host().sh("pct exec 150 -- sh -c 'echo kept >/data/kept'; pct set 150 --cpuunits 77 --tags mine");
    await host().sh("printf '[OPTIONS]\\nenable: 1\\n' >/etc/pve/firewall/150.fw");
    const mac = async () => host().sh("sed -n 's/.*hwaddr=\\([^,]*\\).*/\\1/p' /etc/pve/lxc/150.conf");
    const before = await mac();
    const moved: Declared = { ...first, storage: "other" };
    await assert.rejects(apply(moved, first), /storage is "tank", declared "other".*allowReplace: true/);
    // Ended, and then not made: the next run makes it as it was.
    const wrong = { ...moved, ostemplate: "local:vztmpl/nosuch.tar.zst", allowReplace: true };
    await assert.rejects(apply(wrong, first), /nosuch.tar.zst' does not exist/);
    await apply({ ...moved, allowReplace: true });
    const conf = await host().sh("cat /etc/pve/lxc/150.conf");
    for (const line of [
      /^rootfs: other:subvol-150-disk-0,acl=1,mountoptions=noatime,size=1G$/m,
      /^mp0: tank:subvol-150-disk-1,mp=\/data/m,
      /^cpuunits: 77$/m,
      /^tags: mine$/m,
    ])
      assert.match(conf, line);
    assert.equal(await mac(), before);
    assert.equal(
      await host().sh("pct exec 150 -- cat /data/kept; cat /etc/pve/firewall/150.fw"),
      "kept\n[OPTIONS]\nenable: 1\n",
    );
    // And in one go.
    const again = { ...first, allowReplace: true };
    await apply(again, moved);
    assert.match(await host().sh("cat /etc/pve/lxc/150.conf"), /^rootfs: tank:subvol-150-disk-0/m);
    assert.equal(await host().sh("pct exec 150 -- cat /data/kept; ls /var/lib/phoenix-hypervisor/lxc-kept"), "kept\n");
    // Cut off behind its making, and at the beginning of its end: with neither is the volume left aside.
    const cutOff = "f=/var/lib/phoenix-hypervisor/lxc-kept/150; cp /etc/pve/lxc/150.conf $f; pct set 150 --delete mp0";
    for (const declared of [again, { ...moved, allowReplace: true }, again]) {
      await host().sh(`pct shutdown 150; ${cutOff}`);
      await apply(declared, again);
      assert.equal(
        await host().sh("pct exec 150 -- cat /data/kept; ls /var/lib/phoenix-hypervisor/lxc-kept"),
        "kept\n",
      );
    }
    host().changes();
    await apply(again, again);
    assert.deepEqual(host().changes(), []);
    const other: Declared = { ...again, rootfs: { acl: false } };
    await apply(other, again);
    assert.deepEqual((await outputs(other))?.["restartPending"], ["rootfs"]);
    assert.match(await host().sh("pct config 150"), /^rootfs: tank:subvol-150-disk-0,acl=0,size=1G$/m);
  });

  it("tell why one died right after its start", async () => {
    const dying = tiny(110, { running: true, lxc: ["lxc.init.cmd: /bin/false"] });
    await assert.rejects(apply(dying), /it stopped right after it was started|startup for container '110' failed/);
    await assert.rejects(
      apply(tiny(111, { running: true, lxc: ["lxc.mount.entry: /nosuch x none bind 0 0"] })),
      /startup for container '111' failed/,
    );
  });

  it("get what is their own when they are made and copied", async () => {
    await apply({ vmid: 120, ostemplate: DEBIAN, storage: "tank", size: "2G", template: true });
    const copy: Declared = {
      vmid: 121,
      clone: { from: 120 },
      hostname: "copy",
      password: "root",
      sshKeys: ["ssh-ed25519 AAAA me"],
      size: "3G",
    };
    await apply(copy);
    assert.deepEqual(await host().sh("cat /tank/subvol-121-disk-0/etc/machine-id"), "");
    const [shadow, keys, own] = await Promise.all([
      host().sh("grep ^root: /tank/subvol-121-disk-0/etc/shadow"),
      host().sh("cat /tank/subvol-121-disk-0/root/.ssh/authorized_keys"),
      host().sh("cd /tank; cat basevol-120-disk-0/etc/ssh/*.pub subvol-121-disk-0/etc/ssh/*.pub | sort | uniq -d"),
    ]);
    assert.match(shadow, /^root:\$6\$/);
    assert.equal(keys, "ssh-ed25519 AAAA me\n");
    assert.equal(own, "");
    await assert.rejects(
      end(kind, session(), parse({ vmid: 120, allowDestroy: true })),
      /linked clones are made of it \(121\)/,
    );
    host().changes();
    await apply(copy);
    assert.deepEqual(host().changes(), []);
  });

  it("wait for who holds the lock, and name who holds it for long", async () => {
    await apply(tiny(130));
    await host().sh("flock /run/lock/lxc/pve-config-130.lock sleep 15 >/dev/null 2>&1 &");
    await apply(tiny(130, { memory: 70 }));
    await host().sh("pct set 130 --lock backup");
    await assert.rejects(apply(tiny(130, { memory: 80 })), /it is locked \(backup\): wait until the backup is done/);
    await host().sh("pct unlock 130");
  });

  it("are not held up by a snapshot of ours that was cut off, and one of somebody else's is told", async () => {
    const first = tiny(135, { mounts: { "/data": { storage: "tank", size: "32M" } } });
    await apply(first);
    const take = async (want: object, was?: object) => snapshots(host()).apply(want, was);
    const remove = async (was: object) => snapshots(host()).end(was);
    const s1 = { vmid: 135, snapname: "s1", allowDestroy: true };
    // Who calls zfs for it is killed: before there is a snapshot of the second volume, or when that of the first is gone.
    const kills = async (verb: string) =>
      host().sh(
        `printf '%s\\n' '#!/bin/sh' 'case "$*" in' '${verb}) kill -9 $PPID; sleep 1 ;;' '*) exec /usr/sbin/zfs "$@" ;; esac' >/usr/local/sbin/zfs; chmod 755 /usr/local/sbin/zfs`,
      );
    const mends = async () => host().sh("rm /usr/local/sbin/zfs");
    const conf = async () =>
      host().sh("cat /etc/pve/lxc/135.conf; zfs list -H -t snapshot -o name | grep -e -135- || :");
    await kills("snapshot*");
    await assert.rejects(take(s1), /pct snapshot failed/);
    assert.match(await conf(), /^lock: snapshot$[^]*^snapstate: prepare$/m);
    await mends();
    await apply({ ...first, memory: 70 }, first);
    assert.doesNotMatch(await conf(), /lock:|\[s1\]/);
    await take(s1);
    await kills("destroy*disk-1@*");
    await assert.rejects(remove(s1), /pct delsnapshot failed/);
    assert.match(await conf(), /^lock: snapshot-delete$[^]*^snapstate: delete$/m);
    await mends();
    await take(s1, s1);
    assert.match(await conf(), /^\[s1\]$[^]*disk-0@s1\n[^]*disk-1@s1\n$/m);
    assert.equal(await host().sh("ls -A /var/lib/phoenix-hypervisor/snapshots"), "");
    await remove(s1);
    await kills("snapshot*");
    await host().sh("! pct snapshot 135 s1");
    await mends();
    await assert.rejects(take(s1), /it is half done \(prepare\), and not by us/);
    await host().sh("pct unlock 135; pct delsnapshot 135 s1 --force 1");
  });

  it("keep snapshots to the letter, and the volumes of one that ends", async () => {
    const first = tiny(140, {
      mounts: { "/data": { storage: "tank", size: "32M" } },
      lxc: ["lxc.prlimit.nofile: 1024"],
    });
    await apply(first);
    await host().sh("pct snapshot 140 s1 --description 'before: 1'");
    const sections = async () => host().sh("sed -n '/^\\[s1\\]/,$p' /etc/pve/lxc/140.conf");
    const before = await sections();
    await apply({ ...first, memory: 99, lxc: ["lxc.prlimit.nofile: 9", "lxc.cap.drop: mknod"] }, first);
    assert.equal(await sections(), before);
    await assert.rejects(end(kind, session(), parse(first)), /it holds data. To destroy it .* allowDestroy: true/);
    await end(kind, session(), parse({ ...first, allowDestroy: true }));
    assert.equal(
      await host().sh("ls /etc/pve/lxc/140.conf 2>&1 || :; zfs list -H -o name | grep -e -140-"),
      "ls: cannot access '/etc/pve/lxc/140.conf': No such file or directory\ntank/subvol-140-disk-1\n",
    );
    const again = tiny(140, { mounts: { "/data": { volume: "tank:subvol-140-disk-1" } } });
    await apply(again);
    assert.match(await host().sh("cat /etc/pve/lxc/140.conf"), /^mp0: tank:subvol-140-disk-1,mp=\/data,size=32M$/m);
  });
});
