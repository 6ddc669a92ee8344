import assert from "node:assert/strict";
import { pool, PoolSpec } from "../providers/kinds/zfs/pool.ts";
import { converge } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import type { Props } from "../providers/runtime/values.ts";
import { useLab } from "./support/lab.ts";

const disk = (n: number | string) => `/dev/disk/by-id/virtio-disk${String(n)}`;
const mirror = (...disks: number[]) => ({ type: "mirror", disks: disks.map(disk) });

// What is no drift: disks that carry anything, adoption, another topology, import, growth.
describe("on the lab host, pools", function () {
  this.timeout(900_000);
  const host = useLab("zfs");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
  const aPool = async (spec: Props, was?: Props) =>
    converge(erase(pool), session(), PoolSpec.parse(spec), was && PoolSpec.parse(was));

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
});
