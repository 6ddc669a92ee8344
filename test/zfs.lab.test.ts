import assert from "node:assert/strict";
import { dataset, DatasetSpec } from "../providers/kinds/zfs/dataset.ts";
import { pool, PoolSpec } from "../providers/kinds/zfs/pool.ts";
import { converge, end } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import type { Props } from "../providers/runtime/values.ts";
import { useLab } from "./support/lab.ts";

const disk = (n: number | string) => `/dev/disk/by-id/virtio-disk${String(n)}`;
const mirror = (...disks: number[]) => ({ type: "mirror", disks: disks.map(disk) });

// What is no drift: making, growing, refusing, importing and ending pools and datasets.
describe("on the lab host, pools and datasets", function () {
  this.timeout(900_000);
  const host = useLab("zfs");
  const session = (secrets: Record<string, string> = {}) =>
    openSession({ connect: async () => Promise.resolve(host()), secrets });
  const aPool = async (spec: Props, was?: Props) =>
    converge(erase(pool), session(), PoolSpec.parse(spec), was && PoolSpec.parse(was));
  const datasets = async (specs: readonly Props[], secrets?: Record<string, string>, was?: readonly Props[]) => {
    const on = session(secrets);
    return Promise.all(
      specs.map(async (spec, i) =>
        converge(erase(dataset), on, DatasetSpec.parse(spec) as Props, was && (DatasetSpec.parse(was[i]) as Props)),
      ),
    );
  };
  const endPool = async (spec: Props) => end(erase(pool), session(), PoolSpec.parse(spec));
  const endDataset = async (spec: Props) => end(erase(dataset), session(), DatasetSpec.parse(spec));

  it("spare every disk that carries anything, until it is given up", async () => {
    const lab = host();
    await lab.sh(`mkfs.ext4 -q ${disk(1)}; mkswap -q ${disk(2)}; udevadm settle`);
    const spec = { name: "lab", vdevs: [mirror(1, 2)], properties: { ashift: 12 } };
    lab.changes();
    await assert.rejects(
      aPool(spec),
      /disk1 is not blank: it has ext4 .*name the disk in `wipe`; .*disk2 is not blank: it has swap/,
    );
    assert.deepEqual(lab.changes(), []);
    await aPool({ ...spec, wipe: [disk(1), disk(2)] });
    assert.equal(lab.changes().length, 1);
  });

  it("adopt a pool whatever paths it shows, refuse another topology, and import an exported pool", async () => {
    const lab = host();
    const spec = { name: "lab", vdevs: [mirror(2, 1)] };
    await lab.sh("zpool export lab; zpool import -d /dev lab");
    lab.changes();
    await aPool(spec);
    await assert.rejects(
      aPool({ ...spec, vdevs: [{ type: "raidz1", disks: [disk(1), disk(2)] }] }),
      /ZFS cannot change the type/,
    );
    assert.deepEqual(lab.changes(), []);
    await lab.sh("zpool export lab");
    lab.changes();
    await aPool(spec);
    assert.deepEqual(
      lab.changes().map((label) => label.replace(/ \d+$/, "")),
      ["zpool import -d /dev/disk/by-id"],
    );
  });

  it("grow in place, and shrink where nothing is lost", async () => {
    const lab = host();
    const before = { name: "lab", vdevs: [mirror(1, 2)] };
    const grown = { name: "lab", vdevs: [mirror(1, 2, 3), mirror(5, 6, 7)], cache: [disk(4)] };
    await aPool({ ...before, vdevs: [mirror(1, 2, 3)] }, before);
    await aPool(grown, before);
    const replaced = { ...grown, vdevs: [mirror(1, 2, 8), mirror(5, 6, 7)], cache: [] };
    await lab.sh("zpool wait -t resilver lab");
    await aPool(replaced, grown);
    await lab.sh("zpool wait -t resilver,replace lab");
    assert.match(await lab.sh("zpool status lab"), /mirror-0[^]*disk8[^]*mirror-1/);
    assert.equal(await lab.sh(`wipefs -n ${disk(4)}`), "");
    await assert.rejects(aPool(before, replaced), /among its data vdevs, which is not declared: it holds data/);
  });

  it("grow although udev is late with a link, and tell at once what waiting does not mend", async () => {
    const lab = host();
    const before = { name: "lab", vdevs: [mirror(1, 2, 8), mirror(5, 6, 7)] };
    // What zpool leaves behind when the kernel finds no link: disks with partitions, and no pool.
    await lab.sh(
      `cat >/usr/local/sbin/zpool <<'END'
#!/bin/sh
set -- "$@"
case $1 in add | create) ;; *) exec /usr/sbin/zpool "$@" ;; esac
echo x >>/run/tries
[ "$(wc -l </run/tries)" -le "$(cat /run/failures)" ] || exec /usr/sbin/zpool "$@"
if [ "$(wc -l </run/tries)" = 1 ]; then
  /usr/sbin/zpool create scratch ${disk(3)} && /usr/sbin/zpool destroy scratch
  udevadm settle
  /usr/sbin/zpool labelclear -f ${disk(3)}-part1
fi >/dev/null 2>&1
cat /run/said >&2
exit 1
END
chmod +x /usr/local/sbin/zpool`,
    );
    const fails = async (times: number, said: string) =>
      lab.sh(`rm -f /run/tries; echo ${String(times)} >/run/failures; echo "${said}" >/run/said`);
    await fails(1, "cannot add to 'lab': no such pool or dataset");
    lab.changes();
    await aPool({ ...before, cache: [disk(3)] }, before);
    assert.equal(lab.changes().length, 1);
    await aPool({ ...before, cache: [] }, { ...before, cache: [disk(3)] });
    for (const [said, tries] of [
      ["cannot create 'late': failed to detect device partitions on '/dev/vdd1': 19", 4],
      ["cannot create 'late': invalid argument for this pool operation", 1],
    ] as const) {
      await fails(9, said);
      await assert.rejects(
        aPool({ name: "late", vdevs: [{ type: "stripe", disks: [disk(3)] }] }),
        /cannot create 'late'/,
      );
      assert.equal(await lab.sh("wc -l </run/tries"), `${String(tries)}\n`);
    }
    await lab.sh(`rm /usr/local/sbin/zpool; wipefs -q -a ${disk(3)}`);
  });

  it("make datasets, take back what is no longer declared, and leave the rest alone", async () => {
    const lab = host();
    const declared = { quota: "1.5G", compression: "lz4", canmount: "on", "m:x": "1", snapdir: "visible" };
    const first = [
      { name: "lab/a", properties: declared, owner: "nobody", mode: "0750" },
      { name: "lab/s", encryption: { secret: "one", keyformat: "hex" } },
      { name: "lab/v", type: "volume", volsize: "8M" },
    ];
    await datasets(first, { one: "0".repeat(64) });
    await lab.sh("zfs set atime=off lab/a");
    const second = [
      { name: "lab/b", renamedFrom: "lab/a", properties: { compression: "lz4" } },
      { name: "lab/s", encryption: { secret: "two", keyformat: "hex" } },
      { name: "lab/v", type: "volume", volsize: "16M" },
    ];
    lab.changes();
    await datasets(second, { one: "0".repeat(64), two: "1".repeat(64) }, first);
    assert.equal(lab.changes().length, 3);
    assert.equal(
      await lab.sh("zfs get -H -o property,value,source quota,compression,snapdir,m:x,atime lab/b"),
      "quota\tnone\tdefault\ncompression\tlz4\tlocal\nsnapdir\thidden\tdefault\nm:x\t-\t-\natime\toff\tlocal\n",
    );
    await lab.sh(`printf '%064d' 0 | tr 0 1 | zfs load-key -n lab/s`);
  });

  it("refuse in words what cannot be, and change nothing", async () => {
    const lab = host();
    await lab.sh("dd if=/dev/urandom of=/lab/b/data bs=1M count=3 status=none; zpool sync lab; zfs create lab/b/child");
    lab.changes();
    await assert.rejects(
      datasets([{ name: "lab/b", properties: { quota: "1M" } }]),
      /quota 1M \(1048576 bytes\) is below the \d+ bytes that are used/,
    );
    await assert.rejects(
      datasets([{ name: "lab/b", properties: { casesensitivity: "mixed" } }]),
      /settled when a dataset is made/,
    );
    await assert.rejects(datasets([{ name: "lab/no/where" }]), /its parent lab\/no does not exist/);
    assert.deepEqual(lab.changes(), []);
  });

  it("end no file system by what somebody else has in its place", async () => {
    const lab = host();
    const ends = async (name: string, allowDestroy = false) => endDataset({ name, allowDestroy });
    await datasets([{ name: "lab/m" }]);
    await datasets(["over", "bound", "off", "legacy"].map((name) => ({ name: `lab/m/${name}` })));
    await lab.sh("for each in over bound off legacy; do mkdir /lab/m/$each/sub; done; zfs umount lab/m/off");
    await lab.sh("mount -t tmpfs none /lab/m/over; mount --bind /lab/m/bound/sub /lab/m/bound; mkdir /lab/elsewhere");
    await lab.sh("zfs set mountpoint=legacy lab/m/legacy; mount -t zfs lab/m/legacy /lab/elsewhere");
    for (const name of ["over", "bound", "legacy"]) {
      await assert.rejects(
        ends(`lab/m/${name}`),
        /what is at its mount point .* is something else: .*it holds data: 1/,
      );
      await assert.rejects(ends(`lab/m/${name}`, true), /what is at its mount point .* is something else/);
    }
    await assert.rejects(ends("lab/m/off"), /it holds data: 1 \(sub\)/);
    assert.equal(
      await lab.sh("ls /lab/elsewhere; zfs list -H -o name -r lab/m | wc -l; find /tmp -name 'tmp.*'"),
      "sub\n5\n",
    );
    await lab.sh("rmdir /lab/elsewhere/sub; umount /lab/elsewhere; umount /lab/m/over; umount /lab/m/bound");
    await lab.sh("rmdir /lab/m/over/sub /lab/m/bound/sub; zfs mount lab/m/off; rmdir /lab/m/off/sub");
    await lab.sh("zfs set canmount=off lab/m/off");
    for (const name of ["over", "bound", "off", "legacy"]) await ends(`lab/m/${name}`);
    await ends("lab/m");
  });

  it("end nothing that holds data, children, snapshots or clones without consent", async () => {
    const lab = host();
    await assert.rejects(endDataset({ name: "lab/b" }), /it has children.*lab\/b\/child.*it holds data: 2 \(.*data/);
    await assert.rejects(
      endDataset({ name: "lab/b", allowDestroy: true }),
      /it has children, which are never destroyed with it/,
    );
    await lab.sh("zfs destroy lab/b/child; zfs snapshot lab/b@one; zfs clone lab/b@one lab/clone");
    await assert.rejects(
      endDataset({ name: "lab/b", allowDestroy: true }),
      /clones depend on its snapshots .*lab\/clone/,
    );
    await endDataset({ name: "lab/clone", allowDestroy: true });
    await assert.rejects(endDataset({ name: "lab/b" }), /it has snapshots: 1 \(lab\/b@one\)/);
    assert.equal(await lab.sh("ls /lab/b"), "data\n");
    await endDataset({ name: "lab/b", allowDestroy: true });
    const spec = { name: "lab", vdevs: [mirror(1, 2, 8), mirror(5, 6, 7)] };
    await assert.rejects(endPool(spec), /only with consent.*it still holds what is not declared here/);
    for (const name of ["lab/s", "lab/v"]) await endDataset({ name, allowDestroy: true });
    await endPool({ ...spec, allowDestroy: true });
    assert.equal(await lab.sh(`wipefs -n ${disk(1)} ${disk(8)}; zpool list -H`), "");
  });
});
