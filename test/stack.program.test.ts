import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { kinds } from "../providers/registry.ts";
import { configOf, register, type Registered } from "./support/stack-files.ts";

const disks = [{ type: "stripe", disks: ["/dev/disk/by-id/a"] }];
const EXAMPLES = join(import.meta.dirname, "..", "examples");
/** What comes before everything. */
const CLAIM = "system:Claim claim";
const everybody = { clients: { "*": ["ro"] } };

describe("the program", () => {
  it("brings about what a resource needs before it, whatever the order", async () => {
    const made = await register({
      sharing: { exports: { "/tank/media/films": everybody } },
      storage: { datasets: { "tank/media/new/deep": null, "tank/media": null }, pools: { tank: { vdevs: disks } } },
    });
    assert.deepEqual(edges(made), {
      "nfs:Export /tank/media/films": ["zfs:Dataset tank/media"],
      "zfs:Dataset tank/media/new/deep": ["zfs:Dataset tank/media"],
      "zfs:Dataset tank/media": ["zfs:Pool tank"],
      "zfs:Pool tank": [],
    });
  });

  it("has apt's sources before NVIDIA's driver", async () => {
    const made = await register({
      gpu: { driver: { version: "550.163.01" } },
      system: {
        files: { "/etc/apt/sources.list.d/non-free.sources": { content: "x" }, "/etc/motd": { content: "x" } },
      },
    });
    assert.deepEqual(edges(made)["nvidia:Driver nvidia"], ["system:File /etc/apt/sources.list.d/non-free.sources"]);
  });

  it("makes a storage of what it points to, and an export's storage with the export", async () => {
    const clients = { "*": ["ro"] };
    const made = await register({
      proxmox: {
        storage: {
          guests: { type: "zfspool", pool: "tank/guests" },
          folder: { type: "dir", path: "/tank/media/iso" },
          other: { type: "nfs", server: "10.0.0.9", export: "/elsewhere" },
        },
        users: { "alice@pam": null, "bob@pve": { groups: ["ops"] } },
        groups: { ops: null },
        roles: { Op: null },
        acl: [
          { path: "/", ugid: "alice@pam", roleid: "Administrator" },
          { path: "/", type: "group", ugid: "ops", roleid: "Op" },
        ],
      },
      sharing: { exports: { "/tank/media": { clients, proxmox: { storage: "nfs-media", server: "10.0.0.1" } } } },
      storage: { datasets: { "tank/media": null, "tank/guests": null } },
    });
    assert.partialDeepStrictEqual(edges(made), {
      "proxmox:Storage guests": ["zfs:Dataset tank/guests"],
      "proxmox:Storage folder": ["zfs:Dataset tank/media"],
      "proxmox:Storage other": [],
      "proxmox:User alice@pam": [],
      "proxmox:User bob@pve": ["proxmox:Group ops"],
      "proxmox:Acl alice@pam Administrator /": ["proxmox:User alice@pam"],
      "proxmox:Acl ops Op /": ["proxmox:Group ops", "proxmox:Role Op"],
      "proxmox:Storage nfs-media": ["nfs:Export /tank/media"],
      "nfs:Export /tank/media": ["zfs:Dataset tank/media"],
    });
  });

  it("has containers after what they are made of, show and need, and no circles", async () => {
    const made = await register({
      containers: {
        101: { hostname: "web", clone: { from: 900 }, after: ["db"], mounts: { "/m": { source: "/tank/media/x" } } },
        102: { hostname: "db", storage: "guests", mounts: { "/d": { storage: "tank/media", size: "1G" } } },
        103: { ostemplate: "/tank/media/debian.tar.zst", devices: { "gpu:0": null, "/dev/fuse": null } },
        900: { template: true, ostemplate: "iso:vztmpl/debian.tar.zst" },
      },
      gpu: { driver: {} },
      proxmox: {
        storage: { guests: { type: "zfspool", pool: "tank/guests" }, iso: { type: "dir", path: "/srv/iso" } },
      },
      storage: { datasets: { "tank/media": null } },
      system: { packages: { lxc: null } },
    });
    assert.partialDeepStrictEqual(edges(made), {
      "lxc:Container 101": ["lxc:Container 102", "lxc:Container 900", "system:Package lxc", "zfs:Dataset tank/media"],
      "lxc:Container 102": ["proxmox:Storage guests", "system:Package lxc", "zfs:Dataset tank/media"],
      "lxc:Container 103": ["nvidia:Driver nvidia", "system:Package lxc", "zfs:Dataset tank/media"],
      "lxc:Container 900": ["proxmox:Storage iso", "system:Package lxc"],
    });
    const sha256 = "a".repeat(64);
    const unpacked = await register({
      templates: { "local:vztmpl/a.tar.zst": { sha256 }, "/tank/media/b.tar": { sha256 } },
      containers: { 101: { ostemplate: "local:vztmpl/a.tar.zst" }, 102: { ostemplate: "/tank/media/b.tar" } },
      proxmox: { storage: { local: { type: "dir", path: "/var/lib/vz" } } },
      storage: { datasets: { "tank/media": null } },
    });
    assert.partialDeepStrictEqual(edges(unpacked), {
      "lxc:Container 101": ["lxc:Template local:vztmpl/a.tar.zst"],
      "lxc:Container 102": ["lxc:Template /tank/media/b.tar"],
      "lxc:Template local:vztmpl/a.tar.zst": ["proxmox:Storage local"],
      "lxc:Template /tank/media/b.tar": ["zfs:Dataset tank/media"],
    });
    const copied = await register({
      containers: {
        101: { clone: { from: 900, snapname: "golden" } },
        102: { clone: { from: 900, snapname: "byhand" } },
        900: { snapshots: { golden: { content: "v1" }, bare: null } },
      },
    });
    assert.deepEqual(edges(copied), {
      "lxc:Container 101": ["lxc:Container 900", "lxc:Snapshot 900@golden"],
      "lxc:Container 102": ["lxc:Container 900"],
      "lxc:Container 900": [],
      "lxc:Snapshot 900@golden": ["lxc:Container 900"],
      "lxc:Snapshot 900@bare": ["lxc:Container 900"],
    });
    const onPool = await register({
      containers: { 101: { storage: "fast" } },
      storage: { pools: { fast: { vdevs: [{ type: "stripe", disks: ["/dev/disk/by-id/a"] }] } } },
    });
    assert.deepEqual(edges(onPool)["lxc:Container 101"], ["zfs:Pool fast"]);
    const circle = { containers: { 101: { after: [102] }, 102: { after: [103] }, 103: { clone: { from: 101 } } } };
    await assert.rejects(
      register(circle),
      /Container 101 needs Container 102 needs Container 103 needs Container 101; one of them must not name the next/,
    );
  });

  it("has users and the directory before a share of Samba, and smbd before both", async () => {
    const user = { secret: "s", createAccount: true };
    const made = await register({
      sharing: {
        samba: {
          shares: { Media: { path: "/tank/media/x", owner: "alice" }, homes: {} },
          users: { alice: user },
          server: {},
        },
      },
      storage: { datasets: { "tank/media": null } },
    });
    assert.deepEqual(edges(made), {
      "samba:Share Media": ["samba:Server samba", "samba:User alice", "zfs:Dataset tank/media"],
      "samba:Share homes": ["samba:Server samba"],
      "samba:User alice": ["samba:Server samba"],
      "samba:Server samba": [],
      "zfs:Dataset tank/media": [],
    });
  });

  it("knows where a dataset is mounted that inherits its place", async () => {
    const made = await register({
      storage: {
        pools: { tank: { vdevs: disks, rootProperties: { mountpoint: "/srv" } } },
        datasets: {
          "tank/a": null,
          "tank/b": { properties: { mountpoint: "/srv/a/b" } },
          "tank/none": { properties: { mountpoint: "none" } },
          "tank/none/c": null,
          "tank/volume": { type: "volume", volsize: "1G" },
        },
      },
      sharing: { exports: { "/srv/a/b/c": everybody, "/srv/none/c": everybody, "/srv/volume": everybody } },
    });
    assert.deepEqual(edges(made), {
      "zfs:Pool tank": [],
      "zfs:Dataset tank/a": ["zfs:Pool tank"],
      "zfs:Dataset tank/b": ["zfs:Dataset tank/a", "zfs:Pool tank"],
      "zfs:Dataset tank/none": ["zfs:Pool tank"],
      "zfs:Dataset tank/none/c": ["zfs:Dataset tank/none"],
      "zfs:Dataset tank/volume": ["zfs:Pool tank"],
      "nfs:Export /srv/a/b/c": ["zfs:Dataset tank/b"],
      "nfs:Export /srv/none/c": ["zfs:Pool tank"],
      "nfs:Export /srv/volume": ["zfs:Pool tank"],
    });
  });

  it("claims the host before anything else, where it declares something", async () => {
    const made = await register({
      storage: { datasets: { "tank/media": null }, arc: { max: "1G" } },
      takeOver: "organization/a/b",
    });
    assert.deepEqual(
      [...made].map(([name, { needs }]) => [name, needs]),
      [
        ["zfs:Dataset tank/media", [CLAIM]],
        ["zfs:Arc arc", [CLAIM]],
        [CLAIM, []],
      ].toSorted(),
    );
    assert.deepEqual(made.get(CLAIM)?.props["takeOver"], "organization/a/b");
    assert.deepEqual([...(await register({}))], []);
  });

  it("protects what holds data, and only that, unless the stack says otherwise", async () => {
    for (const protect of [true, false])
      for (const { type, protect: is } of (await register({ ...configOf("Pulumi.dev.yaml"), protect })).values()) {
        const kind = kinds.find((one) => type === `pulumi-nodejs:dynamic/${one.type}`);
        assert.equal(is, kind?.holdsData === true && protect, type);
      }
  });
});

describe("the examples", () => {
  const example = configOf("examples/ai-server.yaml");

  it("declare, with the lab's stack, every kind there is", async () => {
    const declared = new Set<string>();
    for (const file of [...readdirSync(EXAMPLES).map((name) => `examples/${name}`), "Pulumi.dev.yaml"])
      for (const { type } of (await register(configOf(file))).values()) declared.add(type.replace(/.*\//, ""));
    assert.deepEqual(
      kinds.map(({ type }) => type).filter((type) => !declared.has(type)),
      [],
    );
  });

  it("have the edges that the data have", async () => {
    const made = edges(await register(example));
    const nfs = "system:Package nfs-kernel-server";
    const smb = "samba:Server samba";
    const expected = {
      "zfs:Pool fast": ["system:Package zfsutils-linux"],
      "zfs:Dataset tank/media": ["system:User admin", "zfs:Pool tank"],
      "zfs:Dataset tank/media/films": ["zfs:Dataset tank/media"],
      "zfs:Dataset fast/vm": ["zfs:Pool fast"],
      "nfs:Export /srv/fast/models": [nfs, "zfs:Dataset fast/models"],
      "nfs:Export /tank/backups/laptops": [nfs, "zfs:Dataset tank/backups/laptops"],
      [smb]: ["system:Package samba"],
      "samba:User admin": [smb, "system:User admin"],
      "samba:User guest-room": [smb],
      "samba:Share models": [smb, "zfs:Dataset fast/models"],
      "system:User admin": ["system:Package sudo"],
      "system:Service smartmontools.service": ["system:Package smartmontools"],
      "firewall:Ruleset firewall": ["system:Package nftables"],
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, made[name]])), expected);
  });
});

function edges(made: ReadonlyMap<string, Registered>): Record<string, readonly string[]> {
  const own = [...made].filter(([name]) => name !== CLAIM);
  return Object.fromEntries(own.map(([name, { needs }]) => [name, needs.filter((one) => one !== CLAIM).toSorted()]));
}
