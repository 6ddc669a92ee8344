import assert from "node:assert/strict";
import { readConfig, StackConfig } from "../stacks/config.ts";
import { text } from "./support/stack-files.ts";

const byId = (name: string) => `/dev/disk/by-id/${name}`;
const stripe = (...disks: string[]) => ({ vdevs: [{ type: "stripe", disks: disks.map(byId) }] });
const pools = (all: object) => ({ storage: { pools: all } });
const datasets = (all: object) => ({ storage: { datasets: all } });
const everybody = (...options: string[]) => ({ clients: { "*": ["ro", ...options] } });
const besideDriver = (modules: object) => ({ gpu: { driver: {} }, system: { modules } });
const exports = (all: object) => ({ sharing: { exports: all } });

/** A title that finishes "refuses", what is declared, and the complaints about it. */
type Broken = readonly [title: string, config: Record<string, unknown>, ...complaints: string[]];

const shape: Broken[] = [
  ["no connection", { connection: undefined }, "connection: Invalid input: expected object, received undefined"],
  ["no host", { connection: {} }, "connection.host: Invalid input: expected string, received undefined"],
  [
    "a port out of range",
    { connection: { host: "a", port: 70000 } },
    "connection.port: Too big: expected number to be <=65535; found: 70000",
  ],
  [
    "a host key that is none",
    { connection: { host: "a", hostKey: "no" } },
    "connection.hostKey: must be a public key such as `ssh-ed25519 AAAA…`, or a fingerprint such as `SHA256:…`; " +
      'found: "no"',
  ],
  [
    "a machine-id that is none",
    { machineId: "1234" },
    'machineId: must be the 32 hex digits of /etc/machine-id; found: "1234"',
  ],
  [
    "a secret that is no text",
    { secrets: { media: ["hidden"] } },
    "secrets.media: Invalid input: expected string, received array",
  ],
  [
    "a protect that is neither true nor false",
    { protect: "perhaps" },
    'protect: Invalid input: expected boolean, received string; found: "perhaps"',
  ],
  ["an unknown area", { storgae: {} }, ': there is no "storgae" (did you mean "storage"?); known: KNOWN'],
  [
    "an unknown key of an area",
    { storage: { datasests: {} } },
    'storage: there is no "datasests" (did you mean "datasets"?); known: pools, datasets, arc',
  ],
  [
    "an unknown key of an entry",
    exports({ "/tank/media": { ...everybody(), onwer: "root" } }),
    'sharing.exports["/tank/media"]: there is no "onwer" (did you mean "owner"?); known: clients, owner, group, mode, proxmox',
  ],
  [
    "a name of two minds",
    datasets({ "tank/a": { name: "tank/b" } }),
    'storage.datasets["tank/a"]: there is no "name"; known: type, volsize, sparse, properties, encryption, owner, ' +
      "group, mode, renamedFrom, allowDestroy",
  ],
  ["a list of entries", datasets([]), "storage.datasets: Invalid input: expected record, received array; found: []"],
  [
    "a bad name",
    datasets({ "tank/a@b": {} }),
    'storage.datasets["tank/a@b"]: must not hold @: that names a snapshot; found: {}',
  ],
  [
    "an entry that contradicts itself",
    datasets({ "tank/a": { volsize: "1G" } }),
    'storage.datasets["tank/a"].volsize: must be declared for volumes only; found: "1G"',
  ],
  [
    "several mistakes, telling all",
    { connection: { host: "" }, ...exports({ tank: everybody() }) },
    'connection.host: Too small: expected string to have >=1 characters; found: ""',
    'sharing.exports.tank: must be absolute, such as /tank/media; found: {"clients":{"*":["ro"]}}',
  ],
];

const contradictions: Broken[] = [
  [
    "a disk in two pools",
    pools({ tank: stripe("a", "b"), fast: stripe("c", "b") }),
    `storage.pools.fast.vdevs[0].disks[1]: must not be a disk of pool tank too; found: "${byId("b")}"`,
  ],
  [
    "a cache disk that is a disk of another pool",
    pools({ tank: stripe("a"), fast: { ...stripe("b"), cache: [byId("a")] } }),
    `storage.pools.fast.cache[0]: must not be a disk of pool tank too; found: "${byId("a")}"`,
  ],
  [
    "a dataset under its name and the one it had",
    datasets({ "tank/old": null, "tank/new": { renamedFrom: "tank/old" } }),
    'storage.datasets["tank/new"].renamedFrom: must not be declared itself; found: "tank/old"',
  ],
  [
    "two datasets made of one",
    datasets({ "tank/a": { renamedFrom: "tank/old" }, "tank/b": { renamedFrom: "tank/old" } }),
    'storage.datasets["tank/b"].renamedFrom: must not be what tank/a was renamed from too; found: "tank/old"',
  ],
  [
    "a dataset below a volume",
    datasets({ "tank/vm": { type: "volume", volsize: "1G" }, "tank/vm/root": {} }),
    'storage.datasets["tank/vm/root"]: must not be below tank/vm: a volume has no children; found: {}',
  ],
  [
    "two datasets in one place",
    datasets({
      "tank/a": { properties: { mountpoint: "/srv/b" } },
      "tank/b": { properties: { mountpoint: "/srv/b" } },
    }),
    'storage.datasets["tank/b"]: must not be mounted at /srv/b as well as tank/a; found: {"properties":{"mountpoint":"/srv/b"}}',
  ],
  [
    "a directory that ZFS exports too",
    { ...datasets({ "tank/a": { properties: { sharenfs: "on" } } }), ...exports({ "/tank/a": everybody() }) },
    'sharing.exports["/tank/a"]: must not be exported by dataset tank/a too, which has sharenfs=on; found: {"clients":{"*":["ro"]}}',
  ],
  [
    "a directory with two owners",
    { ...datasets({ "tank/a": { owner: "alice" } }), ...exports({ "/tank/a": { ...everybody(), owner: "bob" } }) },
    'sharing.exports["/tank/a"].owner: must be what dataset tank/a has, "alice": it is the same directory; found: "bob"',
  ],
  [
    "a directory of its own and of an export with two owners",
    {
      system: { directories: { "/srv": { owner: "alice" } } },
      ...exports({ "/srv": { ...everybody(), owner: "bob" } }),
    },
    'sharing.exports["/srv"].owner: must be what directory /srv has, "alice": it is the same directory; found: "bob"',
  ],
  [
    "a directory where a dataset is mounted",
    { ...datasets({ "tank/a": null }), system: { directories: { "/tank/a": null, "/tank/a/b": null } } },
    'system.directories["/tank/a"]: must not be declared: dataset tank/a is mounted there, and can say owner, group and mode; found: null',
  ],
  [
    "members that a group and an account tell of",
    {
      access: {
        groups: { all: { exclusiveMembers: true }, some: { members: ["bob"] }, open: { members: ["eve"] } },
        users: { bob: { groups: ["open", "all", "some"] } },
      },
    },
    'access.users.bob.groups[1]: must not be all: access.groups.all says who is in it; found: "all"',
    'access.users.bob.groups[2]: must not be some: access.groups.some says who is in it; found: "some"',
  ],
  [
    "an fsid of two exports",
    exports({ "/a": everybody("fsid=0"), "/b": everybody("fsid=0") }),
    'sharing.exports["/b"].clients: fsid=0 must not be that of /a too; found: {"*":["ro","fsid=0"]}',
  ],
  [
    "an account that two areas make",
    { access: { users: { bob: null } }, sharing: { samba: { users: { bob: { secret: "s", createAccount: true } } } } },
    "sharing.samba.users.bob.createAccount: must not be true: the account bob is declared in access.users; found: true",
  ],
  ...(
    [
      ["services", "ssh.service", "ssh", { running: true }],
      ["modules", "vfio_pci", "vfio-pci", { loaded: true }],
      ["sysctl", "vm.swappiness", "vm/swappiness", { value: 10 }],
    ] as const
  ).map(([member, name, alias, entry]): Broken => [
    `two names of one in ${member}`,
    { system: { [member]: { [name]: entry, [alias]: entry } } },
    `system.${member}${/[.]/.test(name) ? `["${name}"]` : `.${name}`}: must be declared once: another entry is the ` +
      `same by another name; found: ${JSON.stringify(entry)}`,
  ]),
  [
    "a storage that an export is too",
    {
      proxmox: { storage: { "nfs-a": { type: "dir", path: "/a" } } },
      ...exports({ "/a": { ...everybody(), proxmox: { storage: "nfs-a", server: "10.0.0.1" } } }),
    },
    'sharing.exports["/a"].proxmox.storage: must not be declared in proxmox.storage too; found: "nfs-a"',
  ],
  [
    "a storage of two exports",
    exports({
      "/a": { ...everybody(), proxmox: { storage: "nfs-a", server: "10.0.0.1" } },
      "/b": { ...everybody(), proxmox: { storage: "nfs-a", server: "10.0.0.1" } },
    }),
    'sharing.exports["/b"].proxmox.storage: must not be that of /a too; found: "nfs-a"',
  ],
  [
    "nouveau beside the driver that keeps it out",
    besideDriver({ nouveau: { blacklist: false } }),
    'system.modules.nouveau: must not be wanted: gpu.driver has blacklistNouveau; found: {"blacklist":false}',
  ],
  [
    "a module of the driver that is kept out",
    besideDriver({ "nvidia-uvm": { loaded: false } }),
    "system.modules.nvidia_uvm: must not be kept out: gpu.driver is declared",
  ],
  [
    "a container after one that is not declared, or itself",
    { containers: { 101: { hostname: "web", after: [102, "web", "db"] }, 103: { hostname: "db" } } },
    "containers.101.after[0]: must be the number or host name of a declared container; found: 102",
    'containers.101.after[1]: must be another container; found: "web"',
  ],
  [
    "a snapshot of a template",
    { containers: { 101: { template: true, snapshots: { golden: null } }, 102: { snapshots: { golden: null } } } },
    "containers.101.snapshots.golden: must not be declared: the container is a template, which never changes; found: null",
  ],
  [
    "a template that nothing can build",
    {
      templates: { "/srv/a.tar": { build: { suite: "trixie" } } },
      system: { packages: { mmdebstrap: { state: "absent" } } },
    },
    'templates["/srv/a.tar"].build: needs the package mmdebstrap on the host: declare system.packages.mmdebstrap; found: {"suite":"trixie"}',
  ],
  [
    "a directory that two containers show as different people's",
    {
      containers: {
        101: { mounts: { "/a": { source: "/srv", uid: 33, mode: "0770" } } },
        102: { mounts: { "/b": { source: "/srv", uid: 34, mode: "0770" } } },
        103: { unprivileged: false, mounts: { "/c": { source: "/srv", uid: 35 } } },
      },
    },
    'containers.102.mounts["/b"].uid: must be as in containers.101.mounts./a: it is the same directory; found: 34',
  ],
  [
    "a directory whose mode is declared on its own",
    {
      system: { directories: { "/srv": { mode: "0750" } } },
      containers: { 101: { mounts: { "/a": { source: "/srv", uid: 33, mode: "0755" } } } },
    },
    'containers.101.mounts["/a"].mode: must not be declared: directory /srv declares it too; found: "0755"',
  ],
  [
    "a directory whose owner its dataset has declared",
    {
      ...datasets({ "tank/a": { owner: "root" } }),
      containers: { 101: { mounts: { "/a": { source: "/tank/a", uid: 33, gid: 1 } } } },
    },
    'containers.101.mounts["/a"].uid: must not be declared: dataset tank/a declares it too; found: 33',
  ],
];

describe("the stack's configuration", () => {
  for (const [title, config, ...complaints] of [...shape, ...contradictions])
    it(`refuses ${title}`, () => {
      const known = complaints.map((line) => `  ${line.replace("KNOWN", Object.keys(StackConfig.shape).join(", "))}`);
      assert.throws(() => read(config), {
        name: "UserError",
        message: ["the stack's configuration is not valid:", ...known].join("\n"),
      });
    });

  it("shows no secret in a complaint", () => {
    const config = { connection: { password: "hunter2" }, secrets: { media: "hunter2" }, sharing: [] };
    assert.throws(
      () => read(config),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });

  it("takes an entry that declares nothing but its name", () => {
    assert.deepEqual(read(datasets({ "tank/a": null })).storage.datasets, [
      { name: "tank/a", type: "filesystem", properties: {}, allowDestroy: false },
    ]);
  });
});

function read(config: Readonly<Record<string, unknown>>) {
  const all: Record<string, unknown> = { connection: { host: "lab" }, ...config };
  return readConfig((key) => text(all[key]), Object.keys(all));
}
