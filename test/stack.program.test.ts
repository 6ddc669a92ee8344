import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { kinds } from "../providers/registry.ts";
import { StackConfig } from "../stacks/config.ts";
import { declareHost } from "../stacks/host.ts";

interface Registered {
  readonly type: string;
  readonly protect: boolean;
  readonly needs: readonly string[];
}

const disks = [{ type: "stripe", disks: ["/dev/disk/by-id/a"] }];

describe("the program", () => {
  it("brings about what a resource needs before it, whatever the order", async () => {
    const made = await program({
      sharing: { exports: { "/tank/media/films": { clients: { "*": ["ro"] } } } },
      storage: { datasets: { "tank/media/new/deep": null, "tank/media": null }, pools: { tank: { vdevs: disks } } },
    });
    assert.deepEqual(edges(made), {
      "nfs:Export /tank/media/films": ["zfs:Dataset tank/media"],
      "zfs:Dataset tank/media/new/deep": ["zfs:Dataset tank/media"],
      "zfs:Dataset tank/media": ["zfs:Pool tank"],
      "zfs:Pool tank": [],
    });
  });

  it("makes a storage of what it points to, and an export's storage with the export", async () => {
    const clients = { "*": ["ro"] };
    const made = await program({
      proxmox: {
        storage: {
          guests: { type: "zfspool", pool: "tank/guests" },
          folder: { type: "dir", path: "/tank/media/iso" },
          other: { type: "nfs", server: "10.0.0.9", export: "/elsewhere" },
        },
        users: { "alice@pam": null },
        acl: [{ path: "/", ugid: "alice@pam", roleid: "Administrator" }],
      },
      sharing: { exports: { "/tank/media": { clients, proxmox: { storage: "nfs-media", server: "10.0.0.1" } } } },
      storage: { datasets: { "tank/media": null, "tank/guests": null } },
    });
    assert.partialDeepStrictEqual(edges(made), {
      "proxmox:Storage guests": ["zfs:Dataset tank/guests"],
      "proxmox:Storage folder": ["zfs:Dataset tank/media"],
      "proxmox:Storage other": [],
      "proxmox:User alice@pam": [],
      "proxmox:Acl alice@pam Administrator /": ["proxmox:User alice@pam"],
      "proxmox:Storage nfs-media": ["nfs:Export /tank/media"],
      "nfs:Export /tank/media": ["zfs:Dataset tank/media"],
    });
  });

  it("has users and the directory before a share of Samba, and smbd before both", async () => {
    const user = { secret: "s", createAccount: true };
    const made = await program({
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
      "samba:Share Media": ["zfs:Dataset tank/media", "samba:User alice", "samba:Server samba"],
      "samba:Share homes": ["samba:Server samba"],
      "samba:User alice": ["samba:Server samba"],
      "samba:Server samba": [],
      "zfs:Dataset tank/media": [],
    });
  });

  it("protects what holds data, and only that, unless the stack says otherwise", async () => {
    for (const protect of [true, false])
      for (const { type, protect: is } of (await program({ ...everything, protect })).values()) {
        const kind = kinds.find((one) => type === `pulumi-nodejs:dynamic/${one.type}`);
        assert.equal(is, kind?.holdsData === true && protect, type);
      }
  });
});

const everything = {
  storage: { pools: { tank: { vdevs: disks } }, datasets: { "tank/media": null }, arc: { max: "1G" } },
  sharing: {
    exports: { "/tank/media": { clients: { "*": ["ro"] } } },
    samba: { server: {}, shares: { media: { path: "/tank/media" } }, users: { alice: { secret: "s" } } },
  },
  network: { firewall: {} },
};

/** What the program registers with the engine, such as `zfs:Pool tank`. */
async function program(config: object): Promise<Map<string, Registered>> {
  const made = new Map<string, Registered>();
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as Record<string, unknown> }),
    call: () => ({}),
  });
  const monitor = pulumi.runtime.getMonitor();
  assert.ok(monitor);
  const register = monitor.registerResource.bind(monitor);
  const recording = (...call: Parameters<typeof register>) => {
    const { custom, name, type, protect } = call[0].toObject();
    const needs = call[0].getDependenciesList().map(nameOf);
    if (custom) made.set(nameOf(`${type}::${name}`), { type, protect: protect ?? false, needs });
    return register(...call);
  };
  Object.assign(monitor, { registerResource: recording });
  declareHost(StackConfig.parse({ connection: { host: "lab" }, ...config }));
  await pulumi.runtime.disconnect();
  return made;
}

/** `zfs:Pool tank`, of a URN. */
function nameOf(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return `${type?.replace(/.*pulumi-nodejs:dynamic\//, "") ?? ""} ${name ?? ""}`;
}

function edges(made: ReadonlyMap<string, Registered>): Record<string, readonly string[]> {
  return Object.fromEntries([...made].map(([name, { needs }]) => [name, needs]));
}
