import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../providers/host/connection.ts";
import type { Host } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import { kinds } from "../providers/registry.ts";
import { providerOf, type Provider } from "../providers/runtime/provider.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { freePort } from "./support/proxy.ts";
import { newKey } from "./support/ssh-server.ts";

const disk = (n: number) => `/dev/disk/by-id/virtio-disk${String(n)}`;
const POOL = { name: "lab", vdevs: [{ type: "mirror", disks: [disk(1), disk(2)] }] };
const EXPORT = { path: "/srv/shared", clients: { "10.0.0.0/24": ["rw", "sync", "no_subtree_check"] } };

// The runtime as the engine drives it, over the real transport.
describe("a host that is not well", function () {
  this.timeout(300_000);
  const host = useLab("engine-hosts");
  let folder: string;
  let hosts: Host[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "phoenix-hosts-"));
  });
  afterEach(async () => {
    for (const one of hosts) await one.close();
    hosts = [];
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function provider(type: string, settings: Partial<Connection> = {}): Promise<Provider> {
    const kind = kinds.find((one) => one.type === type);
    assert.ok(kind !== undefined);
    const connection = { host: "lab", sshConfig: host().lab.sshConfig, ...settings };
    const dial = async () => {
      const on = await connect(connection);
      hosts.push(on);
      return on;
    };
    const made = providerOf(kind, () => openSession({ connect: dial, secrets: {} }));
    await made.configure({ config: { get: () => undefined } });
    return made;
  }

  async function create(type: string, inputs: object, settings?: Partial<Connection>): Promise<void> {
    const on = await provider(type, settings);
    const checked = await on.check({}, { ...inputs });
    assert.deepEqual(checked.failures, []);
    await on.create(checked.inputs ?? {});
  }

  const connections: [
    what: string,
    settings: () => Partial<Connection> | Promise<Partial<Connection>>,
    says: RegExp,
  ][] = [
    ["down", async () => ({ port: await freePort() }), /cannot connect to root@127\S+: the connection was refused/],
    ["another one by its host key", () => ({ hostKey: newKey().public }), /ITS HOST KEY IS NOT THE ONE WE KNOW/],
    [
      "one that does not know our key",
      () => {
        writeFileSync(join(folder, "key"), newKey().private, { mode: 0o600 });
        return { privateKeyFile: join(folder, "key") };
      },
      /cannot log in to .* as user root: .*accepted none(.|\n)*SHA256:/,
    ],
    ["one where we may not use sudo", () => ({ host: "lab-nosudo" }), /user nosudo is not root and may not use sudo/],
  ];
  for (const [what, settings, says] of connections)
    it(`is refused when it is ${what}`, async () => {
      await assert.rejects(create("zfs:Pool", POOL, await settings()), { message: says });
      assert.equal(await host().sh("zpool list -H"), "");
    });

  const troubles: {
    what: string;
    /** Shell lines that make the trouble, and that end it. */
    make: string;
    end: string;
    type: string;
    inputs: object;
    says: RegExp;
    /** A shell line that prints what must not be lost. */
    keeps: string;
  }[] = [
    {
      what: "has no ZFS module",
      make: "echo 'install zfs /bin/false' >/etc/modprobe.d/broken.conf; modprobe -r zfs",
      end: "rm /etc/modprobe.d/broken.conf; modprobe zfs",
      type: "zfs:Pool",
      inputs: POOL,
      says: /cannot create zfs:Pool lab: the ZFS kernel module is not loaded: modprobe zfs/,
      keeps: "cat /etc/machine-id",
    },
    {
      what: "lacks the disk",
      make: "true",
      end: "true",
      type: "zfs:Pool",
      inputs: { ...POOL, vdevs: [{ type: "stripe", disks: [disk(9)] }] },
      says: /there is no disk \/dev\/disk\/by-id\/virtio-disk9 on the host; names most like it: .*virtio-disk/,
      keeps: "zpool list -H",
    },
    {
      what: "uses the disk, even where it may be wiped",
      make: `mkfs.ext4 -q ${disk(1)} && mount ${disk(1)} /mnt && echo precious >/mnt/file`,
      end: `umount /mnt; wipefs -qa ${disk(1)}; udevadm settle`,
      type: "zfs:Pool",
      inputs: { ...POOL, wipe: [disk(1)] },
      says: /virtio-disk1 is in use: .*\/mnt/,
      keeps: "cat /mnt/file",
    },
    {
      what: "has data on the disk",
      make: `mkfs.ext4 -q ${disk(1)} && mount ${disk(1)} /mnt && echo precious >/mnt/file && umount /mnt; udevadm settle`,
      end: `wipefs -qa ${disk(1)}; udevadm settle`,
      type: "zfs:Pool",
      inputs: POOL,
      says: /virtio-disk1 is not blank: it has ext4 .*name the disk in `wipe`/,
      keeps: `mount ${disk(1)} /mnt && cat /mnt/file && umount /mnt`,
    },
    {
      what: "has no room for a file",
      make: "mkdir -p /srv/shared; mount -t tmpfs -o size=4k,mode=755 none /etc/exports.d; echo '# kept' >/etc/exports.d/own.exports",
      end: "umount /etc/exports.d",
      type: "nfs:Export",
      inputs: EXPORT,
      says: /cannot create nfs:Export \/srv\/shared: command failed on (.|\n)*No space left on device/,
      keeps: "cat /etc/exports.d/*; ls -A /etc/exports.d; cat /var/lib/nfs/etab",
    },
    {
      what: "can only be read",
      make: "mkdir -p /srv/shared; mount --bind /etc/exports.d /etc/exports.d; mount -o remount,bind,ro /etc/exports.d",
      end: "umount /etc/exports.d",
      type: "nfs:Export",
      inputs: EXPORT,
      says: /cannot create nfs:Export \/srv\/shared: command failed on (.|\n)*Read-only file system/,
      keeps: "ls -A /etc/exports.d; cat /var/lib/nfs/etab",
    },
  ];
  for (const { what, make, end, type, inputs, says, keeps } of troubles)
    it(`is left as it was, and told plainly, when it ${what}`, async () => {
      await host().sh(make);
      try {
        const before = await host().sh(keeps);
        await assert.rejects(create(type, inputs), { message: says });
        assert.equal(await host().sh(keeps), before);
      } finally {
        await host().sh(end);
      }
    });

  it("is worked on when a pool is degraded, and that is said and remembered", async () => {
    await host().sh(`zpool_patiently create lab mirror ${disk(1)} ${disk(2)} && zpool offline lab ${disk(2)}`);
    await create("zfs:Dataset", { name: "lab/data" });
    const on = await provider("zfs:Pool");
    const { props } = await on.read("lab", POOL);
    assert.equal(props?.["health"], "DEGRADED");
    assert.match(String(props["errors"]), /virtio-disk2\S* is OFFLINE/);
    assert.deepEqual(await on.diff("lab", props, POOL), { changes: false });
  });
});
