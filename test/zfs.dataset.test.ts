import assert from "node:assert/strict";
import { secret } from "../providers/host/command.ts";
import { UserError } from "../providers/host/host.ts";
import type { Context, Plan } from "../providers/kind.ts";
import { dataset, DatasetSpec } from "../providers/kinds/zfs/dataset.ts";
import type { DatasetFacts } from "../providers/kinds/zfs/dataset.facts.ts";
import { nativeProperties } from "../providers/kinds/zfs/dataset.properties.ts";
import { poolProperties } from "../providers/kinds/zfs/pool.properties.ts";
import type { DatasetState } from "../providers/kinds/zfs/dataset.state.ts";
import * as drift from "./drift/zfs.dataset.ts";
import * as poolDrift from "./drift/zfs.pool.ts";
import { captured } from "./support/captured.ts";

type Spec = Parameters<typeof DatasetSpec.parse>[0];

const facts = dataset.parse(captured("zfs.dataset/all"));
const known: Context<DatasetState> = { secret: (name) => secret(`value of ${name}`) };
const context = (was?: Spec, probe?: string): Context<DatasetState> => ({
  ...known,
  ...(was === undefined ? {} : { was: DatasetSpec.parse(was) }),
  ...(probe === undefined ? {} : { probed: captured(`zfs.dataset/${probe}`) }),
});
const look = (spec: Spec, was?: Spec, probe?: string) =>
  dataset.view(facts, DatasetSpec.parse(spec), context(was, probe));

/** From what the captured host has. */
function plan(spec: Spec, was?: Spec, probe?: string, on: DatasetFacts = facts): Plan {
  const [want, how] = [DatasetSpec.parse(spec), context(was, probe)];
  return dataset.plan(dataset.view(on, want, how), want, how, on);
}

const commands = ({ commands: all }: Plan) => all.map(({ label }) => label.replace(/^zfs-in-order /, ""));
const props = ({ changes }: Plan) => changes.map(({ prop }) => prop);

describe("a look at the datasets of a host", () => {
  it("tells pools, versions and what the kernel module knows", () => {
    assert.deepEqual(facts.pools.get("alt"), { health: "ONLINE", altroot: "/alt", ashift: 0 });
    assert.equal(facts.version, "2.3.9-0+deb13u1");
    assert.ok(facts.known.includes("recordsize") && !facts.known.includes("jailed"));
  });
  it("tells datasets with blanks in their names, and none of the snapshots", () => {
    assert.ok(facts.datasets.has("tank/media/with blank"));
    assert.deepEqual(
      [...facts.datasets.keys()].filter((name) => name.includes("@")),
      [],
    );
  });
  it("takes ZFS's own property for the true one where a user property has its name", () => {
    assert.deepEqual(facts.datasets.get("tank/odd")?.get("atime"), { value: "off", source: "temporary" });
  });
  it("tells owner, group and mode of what is mounted", () => {
    assert.deepEqual(facts.directories.get("/srv/other"), {
      mode: "2775",
      owner: ["alice", "1002"],
      group: ["admin", "1000"],
    });
  });
  it("asks for named datasets and their parents only", () => {
    const named = dataset.parse(captured("zfs.dataset/named"));
    assert.deepEqual([...named.datasets.keys()].toSorted(), ["tank", "tank/media"]);
    assert.equal(dataset.query(Array.from({ length: 20_000 }, (_, i) => `tank/${String(i)}`)).argv.length, 4);
  });
  const failures: readonly (readonly [name: string, message: RegExp])[] = [
    ["no-zfs", /there is no ZFS on the host: apt install zfsutils-linux/],
    ["no-module", /the ZFS kernel module is not loaded: modprobe zfs/],
  ];
  for (const [name, message] of failures)
    it(`explains ${name}`, () => {
      assert.throws(() => dataset.parse(captured(`zfs.dataset/${name}`)), message);
    });
  it("explains a pool that is suspended, and one that is not there", () => {
    const sick = dataset.parse(captured("zfs.dataset/suspended"));
    const none = dataset.parse(captured("zfs.dataset/no-pools"));
    const view = (on: DatasetFacts, name: string) => dataset.view(on, DatasetSpec.parse({ name }), known);
    assert.throws(() => view(sick, "sick/a"), /the pool sick is suspended after I\/O errors: .*zpool clear sick/);
    assert.throws(() => view(none, "tank/a"), /the pool tank is not imported on the host.*zpool import tank/);
  });
});

describe("a dataset, as it is there,", () => {
  const media = { name: "tank/media" };
  const cases: readonly (readonly [title: string, spec: Spec, seen: Partial<DatasetState> | undefined, was?: Spec])[] =
    [
      ["is not there", { name: "tank/new" }, undefined],
      ["shows what is declared only", media, { properties: {} }],
      [
        "has the declared notation of equal values",
        {
          ...media,
          properties: { quota: "1.4T", recordsize: "1M", compression: "gzip-6", xattr: "sa", acltype: "posixacl" },
        },
        { properties: { quota: "1.4T", recordsize: "1M", compression: "gzip-6", xattr: "sa", acltype: "posixacl" } },
      ],
      [
        "shows other values as people write them",
        { ...media, properties: { recordsize: "128K", compression: "lz4", "org.example:note": "c" } },
        { properties: { recordsize: "1M", compression: "gzip", "org.example:note": "a b" } },
      ],
      [
        "leaves out a declared property that is inherited",
        { name: "tank/media/below", properties: { xattr: "on" } },
        { properties: {} },
      ],
      [
        "leaves out one that came with zfs receive",
        { name: "tank/received", properties: { compression: "gzip" } },
        { properties: {} },
      ],
      [
        "shows what was declared and is still set",
        media,
        { properties: { compression: "gzip" } },
        { ...media, properties: { compression: "lz4" } },
      ],
      [
        "shows nothing of what was declared and is inherited",
        { name: "tank/got" },
        { properties: {} },
        { name: "tank/got", properties: { atime: "off", quota: "1G" } },
      ],
      [
        "has the size of a volume as declared when only rounding differs",
        { name: "tank/vol", type: "volume", volsize: "10.1M" },
        { volsize: "10.1M" },
      ],
      ["has the size of a volume", { name: "tank/thick", type: "volume", volsize: "1G" }, { volsize: "16M" }],
      [
        "knows a thick volume's own reservation",
        { name: "tank/thick", type: "volume", volsize: "16M" },
        { properties: {} },
        { name: "tank/thick", type: "volume", volsize: "16M", properties: { refreservation: "1G" } },
      ],
      ["tells a volume from a file system", { name: "tank/vol" }, { type: "volume" }],
      [
        "has owner, group and mode by name or number",
        { name: "tank/media/below", owner: 1002, group: "root", mode: "02775".slice(1) },
        { owner: 1002, group: "admin", mode: "2775" },
      ],
      [
        "is without the pool's altroot",
        { name: "alt/x", properties: { mountpoint: "/x" } },
        { properties: { mountpoint: "/x" } },
      ],
    ];
  for (const [title, spec, seen, was] of cases)
    it(title, () => {
      const state = look(spec, was);
      if (seen === undefined) assert.equal(state, undefined);
      else assert.partialDeepStrictEqual(state, seen);
      if (seen?.properties !== undefined) assert.deepEqual(state?.properties, seen.properties);
    });

  it("tells a key that is not loaded, and a secret that does not open it", () => {
    const spec = { name: "tank/secret", encryption: { secret: "k" } };
    assert.deepEqual(look(spec, undefined, "probe-another")?.encryption, {
      algorithm: "aes-256-gcm",
      secret: "k",
      keyformat: "passphrase",
      key: "another key",
      keystatus: "unavailable",
    });
    assert.equal(look(spec, undefined, "probe-opens")?.encryption?.key, undefined);
    const child = look({ ...spec, name: "tank/secret/child" }, undefined, "probe-opens");
    assert.equal(child?.encryption?.key, "that of tank/secret");
    // Its key comes first; until then it cannot be mounted.
    assert.equal(child.mounted, undefined);
  });
  it("tells quotas of single users", () => {
    const properties = { "userquota@1000": "5M", "userobjquota@1000": 8, "groupquota@77": "none" };
    assert.deepEqual(look({ name: "tank/media", properties }, undefined, "probe-quotas")?.properties, {
      "userquota@1000": "5M",
      "userobjquota@1000": "7",
      "groupquota@77": "none",
    });
  });
  it("tells that it should be mounted and is not", () => {
    assert.equal(look({ name: "tank/secret" })?.mounted, false);
    assert.equal(look({ name: "tank/media/with blank" })?.mounted, undefined);
    assert.equal(look({ name: "tank/secret", properties: { canmount: "noauto" } })?.mounted, undefined);
    assert.equal(look({ name: "tank/secret", properties: { mountpoint: "legacy" } })?.mounted, undefined);
  });
});

describe("the plan for a dataset", () => {
  const media = { name: "tank/media" };
  const set = (properties: object) => ({ ...media, properties });
  const cases: readonly (readonly [title: string, spec: Spec, props: string[], commands: string[], was?: Spec])[] = [
    ["is empty for what is as declared", set({ quota: "1539316278886", compression: "gzip" }), [], []],
    [
      "makes what is not there",
      { name: "tank/new", properties: { quota: "none" } },
      ["name"],
      ["3 vacant tank/new /tank/new 5 zfs create -o quota=none tank/new"],
    ],
    [
      "passes hostile values as one argument",
      { name: "tank/new", properties: { canmount: "off", "m:x": "a b'; $(reboot)" } },
      ["name"],
      ["zfs create -o canmount=off -o 'm:x=a b'\\''; $(reboot)' tank/new"],
    ],
    [
      "makes a volume of whole bytes",
      { name: "tank/v", type: "volume", volsize: "1.5M", sparse: true },
      ["name"],
      ["zfs create -s -V 1572864 tank/v"],
    ],
    [
      "gives the root directory away after it is made",
      { name: "tank/new", owner: "alice", mode: "0770" },
      ["name"],
      ["3 vacant tank/new /tank/new 3 zfs create tank/new 4 chown -- alice /tank/new 4 chmod -- 0770 /tank/new"],
    ],
    [
      "sets what differs with one command",
      set({ quota: "2T", atime: "off", compression: "gzip" }),
      ["properties.quota", "properties.atime"],
      ["zfs set quota=2T atime=off tank/media"],
    ],
    ["sets 0 as ZFS wants it", set({ quota: 0 }), ["properties.quota"], ["zfs set quota=none tank/media"]],
    [
      "takes back what is no longer declared",
      media,
      ["properties.quota", "properties.compression"],
      ["5 zfs inherit -S quota tank/media 5 zfs inherit -S compression tank/media"],
      set({ quota: "1T", compression: "lz4" }),
    ],
    ["leaves alone what was never declared", media, [], [], media],
    [
      "localises a value that is inherited",
      { name: "tank/media/below", properties: { xattr: "on" } },
      ["properties.xattr"],
      ["zfs set xattr=on tank/media/below"],
    ],
    [
      "renames in place",
      { name: "tank/films", renamedFrom: "tank/media" },
      ["name"],
      ["3 vacant tank/films /tank/films 4 zfs rename tank/media tank/films"],
    ],
    [
      "grows a volume",
      { name: "tank/thick", type: "volume", volsize: "32M" },
      ["volsize"],
      ["zfs set volsize=33554432 tank/thick"],
    ],
    [
      "moves a mount point last",
      set({ mountpoint: "/srv/m", atime: "off" }),
      ["properties.mountpoint", "properties.atime"],
      ["3 vacant tank/media /srv/m 4 zfs set atime=off tank/media 4 zfs set mountpoint=/srv/m tank/media"],
    ],
    [
      "changes the owner of the root directory",
      { name: "tank/media/below", owner: "root", mode: "2775" },
      ["owner"],
      ["4 chown -- root /srv/other 4 chmod -- 2775 /srv/other"],
    ],
  ];
  for (const [title, spec, changed, sent, was] of cases)
    it(title, () => {
      const made = plan(spec, was);
      assert.deepEqual(made.refusals, []);
      assert.deepEqual(props(made), changed);
      assert.deepEqual(commands(made), sent);
    });

  const refused: readonly (readonly [title: string, spec: Spec, refusal: RegExp, was?: Spec, probe?: string])[] = [
    [
      "a property that is settled at birth",
      set({ casesensitivity: "mixed" }),
      /casesensitivity is sensitive and declared mixed: it is settled when a dataset is made\. Declare sensitive, or/,
    ],
    [
      "another type",
      { ...media, type: "volume", volsize: "1G" },
      /it is a filesystem and declared a volume: that is settled/,
    ],
    [
      "a quota below what is used",
      set({ quota: "10K" }),
      /quota 10K \(10240 bytes\) is below the \d+ bytes that are used: declare more, or free space/,
    ],
    ["a refquota below what is referenced", set({ refquota: "1K" }), /refquota 1K .* are referenced/],
    [
      "a smaller volume",
      { name: "tank/thick", type: "volume", volsize: "8M" },
      /volsize is 16M and declared 8M: .*cuts off.*zfs set volsize=8388608 tank\/thick/,
    ],
    ["a missing parent", { name: "tank/no/where" }, /its parent tank\/no does not exist: declare it too/],
    ["a child of a volume", { name: "tank/vol/x" }, /its parent tank\/vol is a volume/],
    [
      "encryption of what is not encrypted",
      { ...media, encryption: { secret: "k" } },
      /it is not encrypted, and that is settled when a dataset is made/,
    ],
    [
      "another cipher",
      { name: "tank/secret", encryption: { secret: "k", algorithm: "aes-128-ccm" } },
      /encryption is aes-256-gcm and declared aes-128-ccm/,
      undefined,
      "probe-opens",
    ],
    [
      "a locked dataset that the secret does not open",
      { name: "tank/secret", encryption: { secret: "k" } },
      /its key is not loaded, and the secret k does not open it/,
      undefined,
      "probe-another",
    ],
    [
      "encryption that is no longer declared",
      { name: "tank/secret" },
      /encryption is no longer declared, and cannot be taken off/,
      { name: "tank/secret", encryption: { secret: "k" } },
    ],
    [
      "to mount what nobody declares the key of",
      { name: "tank/secret/child" },
      /it cannot be mounted: the key of tank\/secret is not loaded\. Declare `encryption` for tank\/secret/,
    ],
  ];
  for (const [title, spec, refusal, was, probe] of refused)
    it(`refuses ${title}`, () => {
      assert.match(plan(spec, was, probe).refusals.join("\n"), refusal);
    });

  it("remembers a consent without a command", () => {
    const live = look(media);
    const made = dataset.plan(live, DatasetSpec.parse({ ...media, allowDestroy: true }), known, facts);
    assert.deepEqual([made.changes, made.commands], [[{ prop: "allowDestroy", from: false, to: true }], []]);
  });
  it("refuses a property that the host's ZFS does not know", () => {
    const older = { ...facts, version: "2.1.11-1", known: facts.known.filter((name) => name !== "direct") };
    const { refusals } = plan(set({ direct: "always" }), undefined, undefined, older);
    assert.deepEqual(refusals, ["OpenZFS 2.1.11-1, which the host has, does not know direct: declare it no more"]);
  });
  it("refuses at preview already what is settled at birth", () => {
    const was = DatasetSpec.parse(set({ casesensitivity: "mixed" }));
    const want = DatasetSpec.parse(set({ casesensitivity: "insensitive" }));
    assert.match(dataset.plan(was, want, known).refusals.join(), /settled when a dataset is made/);
  });
  it("sends the key on standard input only", () => {
    const spec = { name: "tank/new", encryption: { secret: "k", pbkdf2iters: 100000 } };
    const made = plan(spec, undefined, "probe-missing");
    assert.deepEqual(commands(made), [
      "3 vacant tank/new /tank/new 12 keyed zfs create -o encryption=aes-256-gcm -o keyformat=passphrase " +
        "-o keylocation=prompt -o pbkdf2iters=100000 tank/new",
    ]);
    assert.ok(!JSON.stringify(made).includes("value of"));
    const stdin = made.commands[0]?.stdin;
    assert.equal(typeof stdin === "object" && "reveal" in stdin ? stdin.reveal() : stdin, "value of k");
  });
  it("rotates a key in place", () => {
    const open = new Map([
      ...(facts.datasets.get("tank/secret") ?? []),
      ["keystatus", { value: "available", source: "-" }],
    ] as const);
    const on = { ...facts, datasets: new Map([...facts.datasets, ["tank/secret", open] as const]) };
    const made = plan(
      { name: "tank/secret", properties: { canmount: "off" }, encryption: { secret: "k" } },
      undefined,
      "probe-another",
      on,
    );
    assert.deepEqual(props(made), ["properties.canmount", "encryption.key"]);
    assert.deepEqual(commands(made), [
      "4 zfs set canmount=off tank/secret 8 keyed zfs change-key -o keyformat=passphrase -o keylocation=prompt tank/secret",
    ]);
  });
  it("loads a key and mounts", () => {
    const made = plan({ name: "tank/secret", encryption: { secret: "k" } }, undefined, "probe-opens");
    assert.deepEqual(props(made), ["encryption.keystatus"]);
    assert.deepEqual(commands(made), [
      "3 vacant tank/secret /tank/secret 6 keyed zfs load-key -L prompt tank/secret 2 mounted tank/secret",
    ]);
  });
});

describe("the end of a dataset", () => {
  const destroy = (spec: Spec) => {
    const live = look(spec);
    assert.ok(live !== undefined);
    return dataset.destroy(live, known, facts);
  };
  it("is never recursive, and looks for data itself", () => {
    assert.deepEqual(commands(destroy({ name: "tank/media" })), ["zfs-destroy tank/media if-empty"]);
    assert.deepEqual(commands(destroy({ name: "tank/media", allowDestroy: true })), [
      "zfs-destroy tank/media with-data",
    ]);
  });
  it("spares a volume that may hold data", () => {
    const volume = { name: "tank/vol", type: "volume", volsize: "10.1M" };
    assert.deepEqual(destroy(volume).refusals, []);
    const written = new Map([
      ...(facts.datasets.get("tank/vol") ?? []),
      ["logicalreferenced", { value: "29696", source: "-" }],
    ] as const);
    const on = { ...facts, datasets: new Map([["tank/vol", written] as const]) };
    const live = look(volume);
    assert.ok(live !== undefined);
    assert.match(dataset.destroy(live, known, on).refusals.join(), /the volume was written to.*allowDestroy: true/);
    assert.deepEqual(dataset.destroy({ ...live, allowDestroy: true }, known, on).refusals, []);
  });
});

describe("the drift cases of pools and datasets", () => {
  /** Settled at birth: nobody changes them by hand. ZFS cannot lower `version`, so that it cannot drift either. */
  const settled = Object.keys(nativeProperties).filter((name) => nativeProperties[name]?.createOnly === true);
  const movable = (type: "filesystem" | "volume") =>
    Object.keys(nativeProperties).filter(
      (name) => nativeProperties[name]?.on.includes(type) === true && !settled.includes(name) && name !== "version",
    );
  const cases = (all: object) => Object.keys(all).filter((name) => !/[:@]/.test(name));

  it("cover every property of file systems", () => {
    assert.deepEqual(cases({ ...drift.filesystem, ...drift.mounting }).toSorted(), movable("filesystem").toSorted());
  });
  it("cover every property of volumes", () => {
    assert.deepEqual(cases(drift.volume).toSorted(), movable("volume").toSorted());
  });
  it("cover every property of root file systems and of pools", () => {
    const root = movable("filesystem").filter((name) => name !== "zoned");
    assert.deepEqual(cases(poolDrift.rootProperties).toSorted(), root.toSorted());
    // bootfs names a dataset of the pool, which is there only later: no round of the laws has one.
    const all = Object.keys(poolProperties).filter((name) => name !== "bootfs");
    assert.deepEqual(cases(poolDrift.properties).toSorted(), all.toSorted());
  });
  it("cover quotas of users, groups and projects, and a property of one's own", () => {
    const kindsOf = Object.keys(drift.quotas).map((name) => name.replace(/@.*/, ""));
    assert.deepEqual(kindsOf.toSorted(), [
      "groupobjquota",
      "groupquota",
      "projectobjquota",
      "projectquota",
      "userobjquota",
      "userquota",
    ]);
    for (const table of [drift.filesystem, drift.volume, poolDrift.properties]) assert.ok("org.example:note" in table);
  });
  it("cover every member of the spec that can change on the host", () => {
    const told = new Set(drift.suite.cases.flatMap(({ prop, differs }) => differs ?? [prop]));
    for (const prop of ["name", "volsize", "owner", "group", "mode", "mounted"]) assert.ok(told.has(prop), prop);
    for (const key of ["key", "keyformat", "keylocation", "keystatus", "pbkdf2iters"])
      assert.ok(told.has(`encryption.${key}`), key);
    const ofPools = new Set(poolDrift.suite.cases.flatMap(({ prop, differs }) => differs ?? [prop]));
    for (const prop of ["vdevs", "special", "dedup", "log", "cache", "spare"]) assert.ok(ofPools.has(prop), prop);
  });
});

it("a secret that is not in the configuration keeps a dataset from being looked at in vain", () => {
  const none: Context<DatasetState> = {
    secret: () => {
      throw new UserError("not configured");
    },
  };
  assert.equal(dataset.probe?.(DatasetSpec.parse({ name: "tank/a", encryption: { secret: "k" } }), none), undefined);
});
