import assert from "node:assert/strict";
import { useLab, type LabHost } from "./support/lab.ts";

const CACHE = "/var/lib/vz/template/cache";
const MAPS = ["u", "g"].map((type) => `lxc.idmap = ${type} 0 100000 65536`);

function config(id: number, memory: number): string {
  return [
    "lxc.include = /usr/share/lxc/config/common.conf",
    "lxc.include = /usr/share/lxc/config/userns.conf",
    ...MAPS,
    `lxc.rootfs.path = dir:/tank/ct${String(id)}`,
    `lxc.uts.name = ct${String(id)}`,
    "lxc.apparmor.profile = generated",
    "lxc.apparmor.allow_nesting = 1",
    "lxc.net.0.type = veth",
    "lxc.net.0.link = vmbr0",
    "lxc.net.0.flags = up",
    "lxc.net.0.name = eth0",
    `lxc.net.0.ipv4.address = 10.10.10.${String(id)}/24`,
    `lxc.cgroup2.memory.max = ${String(memory * 1024 * 1024)}`,
    "lxc.cgroup2.cpuset.cpus = 0",
  ].join("\n");
}

async function make(host: LabHost, id: number, archive: string, memory: number): Promise<void> {
  const maps = "-m u:0:100000:65536 -m g:0:100000:65536";
  await host.sh(
    [
      `zfs create tank/ct${String(id)}`,
      `chown 100000:100000 /tank/ct${String(id)}`,
      `lxc-usernsexec ${maps} -- tar -xp -I zstd --numeric-owner --exclude='./dev/*' -C /tank/ct${String(id)} -f - <${CACHE}/${archive}`,
      `mkdir /var/lib/lxc/${String(id)}`,
      `cat >/var/lib/lxc/${String(id)}/config <<'END'\n${config(id, memory)}\nEND`,
    ].join("\n"),
  );
}

describe("containers on the lab host", function () {
  this.timeout(900_000);
  const host = useLab("lab-containers");
  const inside = async (id: number, command: string) => host().sh(`lxc-attach -n ${String(id)} -- ${command}`);

  before(async () => {
    await host().sh("zpool_patiently create tank virtio-disk1");
  });

  it("have a bridge that is up, and whatever LXC wants", async () => {
    assert.match(await host().sh("ip -o -4 address show vmbr0"), /inet 10\.10\.10\.1\/24/);
    assert.equal((await host().sh("cat /sys/class/net/vmbr0/bridge/vlan_filtering")).trim(), "1");
    assert.equal(
      (await host().sh("cat /sys/module/apparmor/parameters/enabled; systemctl is-active lxcfs")).trim(),
      "Y\nactive",
    );
    assert.match(await host().sh("cat /etc/subuid"), /^root:100000:65536$/m);
  });

  it("are unprivileged, several at once, limited, and reached over the bridge", async () => {
    await make(host(), 101, "debian-13-lab_13_amd64.tar.zst", 256);
    for (const id of [102, 103, 104]) await make(host(), id, "busybox-lab_1_amd64.tar.zst", 64);
    await Promise.all([101, 102, 103, 104].map(async (id) => host().sh(`lxc-start -n ${String(id)}`)));
    for (const id of [101, 102, 103, 104]) {
      assert.match(await inside(id, "cat /proc/self/uid_map"), /^\s*0\s+100000\s+65536$/m);
      await host().sh(`ping -c 1 -W 20 10.10.10.${String(id)}`);
    }
    for (const [id, memory] of [
      [101, 256],
      [102, 64],
    ] as const) {
      const limit = String(memory * 1024 * 1024);
      assert.equal((await host().sh(`cat /sys/fs/cgroup/lxc.payload.${String(id)}/memory.max`)).trim(), limit);
      assert.match(await inside(id, "cat /proc/meminfo"), new RegExp(`^MemTotal:\\s+${String(memory * 1024)} kB`, "m"));
      assert.equal((await host().sh(`cat /sys/fs/cgroup/lxc.payload.${String(id)}/cpuset.cpus`)).trim(), "0");
      assert.equal((await inside(id, "nproc")).trim(), "1");
    }
    // The kernel itself holds it to that.
    await assert.rejects(async () => inside(102, "sh -c 'head -c 100000000 /dev/zero | tail'"));
    assert.match(await host().sh("grep ^oom_kill /sys/fs/cgroup/lxc.payload.102/memory.events"), /oom_kill [1-9]/);
    await inside(
      101,
      "sh -c 'systemctl is-system-running --wait >/dev/null; systemctl is-active multi-user.target ssh'",
    );
  });

  it("shut down when they are told to", async () => {
    await Promise.all([101, 102, 103, 104].map(async (id) => host().sh(`lxc-stop -n ${String(id)} -t 120 --nokill`)));
    assert.equal((await host().sh("lxc-ls --running")).trim(), "");
  });
});
