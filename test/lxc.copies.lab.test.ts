import assert from "node:assert/strict";
import type { z } from "zod";
import { container, type ContainerSpec } from "../providers/kinds/lxc/container.ts";
import { snapshot, type SnapshotSpec } from "../providers/kinds/lxc/snapshot.ts";
import { converge, end } from "../providers/runtime/converge.ts";
import { erase, type AnyKind } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { containerStorage, DEBIAN } from "./support/containers.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";

type Declared = z.input<typeof ContainerSpec>;
type Taken = z.input<typeof SnapshotSpec>;

/** What a platform has in place of the other's. */
interface Platform {
  readonly name: string;
  readonly prepare: readonly string[];
  readonly ostemplate: string;
  readonly storage: string;
  /** Of a snapshot: on Proxmox VE a container that is no template is copied whole. */
  readonly full: boolean;
  /** Where the root of a container is. */
  readonly root: (id: number) => string;
}

const PLATFORMS: readonly Platform[] = [
  {
    name: "plain Debian",
    prepare: ["zpool_patiently create tank virtio-disk1; zfs create tank/guests"],
    ostemplate: "/var/lib/vz/template/cache/debian-13-lab_13_amd64.tar.zst",
    storage: "tank/guests",
    full: false,
    root: (id) => `/tank/guests/subvol-${String(id)}-disk-0`,
  },
  {
    name: "Proxmox VE",
    prepare: [becomePve, containerStorage],
    ostemplate: DEBIAN,
    storage: "tank",
    full: true,
    root: (id) => `/tank/subvol-${String(id)}-disk-0`,
  },
];

for (const { name, prepare, ostemplate, storage, full, root } of PLATFORMS)
  describe(`on the lab host, copies of containers of ${name}`, function () {
    this.timeout(1_800_000);
    const host = useLab(`lxc-copies-${full ? "pve" : "debian"}`);
    const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
    const apply = async <T extends object>(kind: AnyKind, declared: T, was?: T) =>
      converge(kind, session(), kind.spec.parse(declared), was === undefined ? undefined : kind.spec.parse(was));
    const [containers, snapshots] = [erase(container), erase(snapshot)];
    before(async () => {
      for (const line of prepare) await host().sh(line);
    });

    it("that are made of a snapshot of a running one run beside it, each as somebody of its own", async () => {
      const source: Declared = {
        ...{ vmid: 300, hostname: "source", ostemplate, storage, size: "2G", memory: 256, running: true },
        interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.30/24" } },
      };
      await apply(containers, source);
      const began = await host().sh("stat -c %Y /proc/$(lxc-info -n 300 -pH)");
      const inside = async (id: number, line: string) => host().sh(`lxc-attach -n ${String(id)} -- sh -c '${line}'`);
      const booted = async (id: number) =>
        inside(
          id,
          "until [ -S /run/systemd/private ]; do sleep 1; done; systemctl is-system-running --wait >/dev/null; " +
            "systemctl is-active multi-user.target ssh",
        );
      await booted(300);
      // The stand-in for pct draws no keys for a new container.
      await inside(300, "ssh-keygen -A; echo before >/root/data; sync");
      const golden: Taken = { vmid: 300, snapname: "golden", description: "all copies", content: "v1" };
      await apply(snapshots, golden);
      await inside(300, "echo after >/root/data");

      const copy: Declared = {
        vmid: 301,
        hostname: "copy",
        clone: { from: 300, snapname: "golden", full },
        running: true,
      };
      const declared = { ...copy, interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.31/24" } } };
      await apply(containers, declared);
      await booted(301);
      assert.equal(await host().sh("stat -c %Y /proc/$(lxc-info -n 300 -pH)"), began, "the source ran all the time");
      assert.equal(await inside(301, "cat /root/data; hostname; cat /etc/hostname"), "before\ncopy\ncopy\n");

      const own = 'cat /etc/machine-id /sys/class/net/eth0/address /etc/ssh/ssh_host_*_key.pub | cut -d " " -f 1,2';
      const [theirs = [], mine = []] = await Promise.all(
        [300, 301].map(async (id) => (await inside(id, own)).trim().split("\n")),
      );
      assert.equal(theirs.length, 5, "a machine-id, an address, and three keys");
      assert.deepEqual(
        mine.filter((line) => theirs.includes(line)),
        [],
      );
      assert.match(mine.join("\n"), /^[0-9a-f]{32}\n([0-9a-f]{2}:){5}[0-9a-f]{2}\n(\S+ \S+\n?){3}$/);
      assert.equal(await host().sh(`ls ${root(301)}/etc/ssh/*_key | wc -l`), "3\n");

      host().changes();
      await apply(snapshots, golden, golden);
      await apply(containers, declared, declared);
      assert.deepEqual(host().changes(), [], "a quiet run");
    });

    it("keep their snapshot, whose content is only replaced with consent", async () => {
      const golden: Taken = { vmid: 300, snapname: "golden", description: "all copies", content: "v1" };
      const taken = async () =>
        host().sh(
          `zfs get -Hp -o value guid ${root(300).slice(1)}@golden; cat ${root(300)}/.zfs/snapshot/golden/root/data`,
        );
      const first = await taken();
      const other: Taken = { ...golden, content: "v2" };
      await assert.rejects(apply(snapshots, other, golden), /other content is another snapshot.*allowReplace: true/);
      const consented: Taken = { ...other, allowReplace: true, allowDestroy: true };
      if (!full) {
        const inUse = /clones depend on it: tank\/guests\/subvol-301-disk-0/;
        await assert.rejects(apply(snapshots, consented, golden), inUse);
        await assert.rejects(end(snapshots, session(), snapshots.spec.parse(consented)), inUse);
      }
      assert.equal(await taken(), first);
      await end(
        containers,
        session(),
        containers.spec.parse({ vmid: 301, allowDestroy: true, shutdown: { forceStop: true } }),
      );
      await apply(snapshots, consented, golden);
      assert.match(await taken(), /after\n$/);
      await assert.rejects(
        end(snapshots, session(), snapshots.spec.parse(other)),
        /declare allowDestroy: true and apply/,
      );
      await end(snapshots, session(), snapshots.spec.parse(consented));
      assert.equal(await host().sh(`ls ${root(300)}/.zfs/snapshot`), "");
    });
  });
