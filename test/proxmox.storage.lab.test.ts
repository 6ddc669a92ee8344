import assert from "node:assert/strict";
import { storage, StorageSpec } from "../providers/kinds/proxmox/storage.ts";
import { converge, end } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { providerOf } from "../providers/runtime/provider.ts";
import { openSession, type Session } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";

const kind = erase(storage);

describe("on the lab host, storages of Proxmox VE", function () {
  this.timeout(600_000);
  const host = useLab("proxmox-storage");
  const session = (): Session => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
  const nfs = StorageSpec.parse({
    storage: "nfs-lab",
    type: "nfs",
    server: "127.0.0.1",
    export: "/srv/exported",
    options: "vers=4.2",
  });

  it("are refused at preview on plain Debian", async () => {
    const provider = providerOf(kind, () => session());
    await provider.configure({ config: { get: () => undefined } });
    const { failures } = await provider.check({}, nfs);
    assert.match(failures[0]?.reason ?? "", /the storage nfs-lab needs Proxmox VE, and the host is Debian without it/);
  });

  it("mount an export, and leave nothing mounted at their end", async () => {
    await host().sh(becomePve);
    await host().sh(
      "mkdir -p /srv/exported; echo '/srv/exported *(rw,no_subtree_check,fsid=77)' >/etc/exports.d/x.exports; exportfs -a",
    );
    await converge(kind, session(), nfs);
    const mounted = "findmnt -n -o SOURCE /mnt/pve/nfs-lab || true";
    assert.equal(await host().sh(mounted), "127.0.0.1:/srv/exported\n");
    host().changes();
    await host().sh("cd /mnt/pve/nfs-lab; sleep 600 </dev/null >/dev/null 2>&1 & echo $! >/run/user-of-it");
    await assert.rejects(end(kind, session(), nfs), {
      message: /still mounted and in use: fuser -vm \/mnt\/pve\/nfs-lab/,
    });
    await host().sh("kill $(cat /run/user-of-it)");
    await converge(kind, session(), nfs);
    await end(kind, session(), nfs);
    assert.equal(await host().sh(mounted), "");
    assert.equal(await host().sh("ls -d /srv/exported"), "/srv/exported\n");
  });

  it("are told apart from others by what cannot be changed", async () => {
    const spec = { storage: "folder", type: "dir", path: "/srv/folder" };
    await converge(kind, session(), StorageSpec.parse(spec));
    host().changes();
    const other = StorageSpec.parse({ ...spec, path: "/srv/other" });
    await assert.rejects(converge(kind, session(), other), {
      message: /its path is "\/srv\/folder", declared "\/srv\/other".*pvesm remove folder/,
    });
    assert.deepEqual(host().changes(), []);
  });

  it("stay while guests have volumes in them", async () => {
    const spec = StorageSpec.parse({ storage: "folder", type: "dir", path: "/srv/folder" });
    const guest = "/etc/pve/nodes/phoenix-lab/lxc/101.conf";
    await host().sh(
      `mkdir -p ${guest.replace(/\/[^/]*$/, "")}; echo 'rootfs: folder:101/vm-101-disk-0.raw,size=1G' >${guest}`,
    );
    host().changes();
    await assert.rejects(end(kind, session(), spec), { message: /guests have volumes in it \(101\)/ });
    assert.deepEqual(host().changes(), []);
    await host().sh(`rm ${guest}`);
    await end(kind, session(), spec);
    assert.equal(await host().sh("ls -d /srv/folder; ! grep folder /etc/pve/storage.cfg"), "/srv/folder\n");
  });
});
