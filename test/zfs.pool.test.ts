import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, Plan } from "../providers/kind.ts";
import { pool, PoolSpec } from "../providers/kinds/zfs/pool.ts";
import type { PoolFacts } from "../providers/kinds/zfs/pool.facts.ts";
import { growth, inWords } from "../providers/kinds/zfs/pool.topology.ts";
import { explain } from "../providers/runtime/explain.ts";
import { captured } from "./support/captured.ts";

type Spec = Parameters<typeof PoolSpec.parse>[0];

const disk = (n: number | string) => `/dev/disk/by-id/virtio-disk${String(n)}`;
const mirror = (...disks: (number | string)[]) => ({ type: "mirror", disks: disks.map(disk) });
const stripe = (...disks: (number | string)[]) => ({ type: "stripe", disks: disks.map(disk) });

const healthy = pool.parse(captured("zfs.pool/healthy"));
const degraded = pool.parse(captured("zfs.pool/degraded"));

/** As the captured host has it. */
const tank = {
  name: "tank",
  vdevs: [mirror(1, 2)],
  special: [mirror("6-part1", "7-part1")],
  log: [stripe(3)],
  cache: [disk(4)],
  spare: [disk(5)],
};

const context = (was?: Spec): Context<PoolSpec> => ({
  ...(was === undefined ? {} : { was: PoolSpec.parse(was) }),
  secret: () => {
    throw new Error("no secrets here");
  },
});

/** From what the captured host has. */
function plan(spec: Spec, was?: Spec, facts: PoolFacts = healthy): Plan {
  const [want, how] = [PoolSpec.parse(spec), context(was)];
  return pool.plan(pool.view(facts, want, how), want, how, facts);
}

const commands = ({ commands: all }: Plan) => all.map(({ label }) => label.replaceAll("/dev/disk/by-id/virtio-", ""));
const props = ({ changes }: Plan) => changes.map(({ prop }) => prop);

describe("a look at the pools of a host", () => {
  it("tells the vdevs of a pool, whatever they are for", () => {
    const { classes, state, errors } = healthy.pools.get("tank")?.status ?? assert.fail();
    assert.deepEqual([state, errors], ["ONLINE", "No known data errors"]);
    const names = Object.entries(classes).map(([name, nodes]) => [name, nodes.map((node) => node.name.slice(-14))]);
    assert.deepEqual(Object.fromEntries(names), {
      data: ["mirror-0"],
      special: ["mirror-1"],
      dedup: [],
      log: ["io-disk3-part1"],
      cache: ["io-disk4-part1"],
      spare: ["io-disk5-part1"],
    });
  });
  it("tells what is on disks that are in no use", () => {
    const { signatures, labels, importable, children } = healthy.deep ?? assert.fail();
    assert.deepEqual(Object.fromEntries(signatures), { vdg2: ["zfs_member"], vdh2: ["ext4"] });
    assert.deepEqual(
      [...labels].map(([name, label]) => [name, label.pool, label.state]),
      [["vdg2", "gone", "1"]],
    );
    assert.deepEqual(
      importable.map((one) => one.pool),
      ["gone"],
    );
    assert.deepEqual(children.get("tank"), ["tank/a"]);
  });
  it("leaves out a pool that ends while it is looked at, and fails where one cannot be read", () => {
    const look = (stillListed: boolean) => {
      const folder = mkdtempSync(join(tmpdir(), "tools-"));
      const tool = (name: string, text: string) => {
        writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      };
      const failing = "echo \"cannot open 'fast': no such pool\" >&2; exit 1";
      tool(
        "zpool",
        `case "$*" in *name) printf 'tank\\nfast\\n' ;; "list fast") ${stillListed ? "" : failing} ;; get*fast) ${failing} ;; get*) printf 'tank\\tguid\\t7\\t-\\n' ;; esac`,
      );
      tool("zfs", "");
      tool("lsblk", "echo '{}'");
      const [program = "", ...args] = pool.query(undefined).argv;
      const PATH = `${folder}:${process.env["PATH"] ?? ""}`;
      const { status, stdout } = spawnSync(program, args, { encoding: "utf8", env: { ...process.env, PATH } });
      rmSync(folder, { recursive: true });
      return { status, told: stdout.includes("tank\tguid\t7") };
    };
    assert.deepEqual(look(false), { status: 0, told: true });
    assert.equal(look(true).status, 1);
  });
  it("opens no disk where all pools are asked for", () => {
    assert.equal(pool.parse(captured("zfs.pool/all")).deep, undefined);
  });
  it("tells health, size and trouble as outputs", () => {
    assert.deepEqual(pool.outputs?.(healthy, "tank"), {
      health: "ONLINE",
      size: "2.34G",
      allocated: "0",
      errors: "none",
      guid: "14025480365628997246",
    });
    const { errors } = pool.outputs(degraded, "tank");
    assert.match(String(errors), /virtio-disk2-part1 is OFFLINE/);
    assert.match(
      String(pool.warnings?.(degraded, "tank", PoolSpec.parse(tank))),
      /^is DEGRADED: .*virtio-disk2-part1 is OFFLINE/,
    );
    assert.deepEqual(pool.warnings?.(healthy, "tank", PoolSpec.parse(tank)), []);
  });
  for (const [section, message] of [
    ["no-zfs", /there is no ZFS on the host/],
    ["no-module", /module is not loaded: modprobe zfs/],
  ] as const)
    it(`explains ${section}`, () => {
      assert.throws(() => pool.parse({ code: 0, stdout: `\0${section}\n`, stderr: "" }), message);
    });
});

describe("the plan for a pool", () => {
  const cases: readonly (readonly [title: string, spec: Spec, props: string[], commands: string[], was?: Spec])[] = [
    ["adopts what is there as declared", tank, [], []],
    [
      "adopts it in any order and by any name",
      { ...tank, vdevs: [{ type: "mirror", disks: [disk(2), "/dev/disk/by-id/virtio-disk1-part1"] }] },
      [],
      [],
    ],
    [
      "leaves alone log, cache and spares that are not declared",
      { name: "tank", vdevs: tank.vdevs, special: tank.special },
      [],
      [],
    ],
    ["attaches a leg", { ...tank, vdevs: [mirror(1, 2, 8)] }, ["vdevs"], ["zpool attach tank disk1-part1 disk8"]],
    [
      "adds a vdev like the others",
      { ...tank, vdevs: [mirror(1, 2), mirror(8, "7-part3")] },
      ["vdevs"],
      ["zpool add tank mirror disk8 disk7-part3"],
    ],
    ["replaces a disk", { ...tank, vdevs: [mirror(1, 8)] }, ["vdevs"], ["zpool replace tank disk2-part1 disk8"]],
    [
      "takes out cache, log and spare at once, and leaves their disks blank",
      { ...tank, log: [], cache: [], spare: [] },
      ["log", "cache", "spare"],
      ["zpool-remove-then-erase tank disk3-part1 disk4-part1 disk5-part1 -- /dev/vdd /dev/vde /dev/vdf"],
    ],
    [
      "adds a cache and a spare at once",
      { ...tank, cache: [disk(4), disk(8)], spare: [disk(5), disk("6-part3")] },
      ["cache", "spare"],
      ["zpool add tank cache disk8 spare disk6-part3"],
    ],
    [
      "erases what is given up",
      { ...tank, cache: [disk(4), disk("7-part2")], wipe: [disk("7-part2")] },
      ["cache"],
      ["erase-then-zpool disk7-part2 -- add tank cache disk7-part2"],
    ],
    [
      "sets pool properties with one command",
      { ...tank, properties: { autotrim: true, comment: "a b'; $(reboot)" } },
      ["properties.autotrim", "properties.comment"],
      ["zpool-set tank autotrim=on 'comment=a b'\\''; $(reboot)'"],
    ],
    [
      "sets root properties with one command",
      { ...tank, rootProperties: { compression: "lz4", quota: "1G" } },
      ["rootProperties.compression", "rootProperties.quota"],
      ["zfs set compression=lz4 quota=1G tank"],
    ],
    [
      "makes a pool",
      { name: "new", vdevs: [stripe(8)], properties: { ashift: 12 }, rootProperties: { atime: "off" } },
      ["name"],
      ["zpool create -o ashift=12 -O atime=off new disk8"],
    ],
    [
      "gives a new pool properties of one's own once it is there",
      { name: "new", vdevs: [stripe(8)], properties: { "m:x": "a b" } },
      ["name"],
      ["zpool create new disk8", "zpool set 'm:x=a b' new"],
    ],
    [
      "has a feature disabled already that this ZFS does not know",
      { ...tank, properties: { "feature@not_yet": "disabled" } },
      [],
      [],
    ],
    [
      "makes a pool without a feature that this ZFS does not know",
      {
        name: "new",
        vdevs: [stripe(8)],
        properties: { "feature@not_yet": "disabled", "feature@draid": "disabled", ashift: 12 },
      },
      ["name"],
      ["zpool create -o feature@draid=disabled -o ashift=12 new disk8"],
    ],
    [
      "imports a pool of that name and topology",
      { name: "gone", vdevs: [stripe("6-part2")] },
      ["name"],
      ["zpool import -d /dev/disk/by-id 14947365335294710770"],
    ],
  ];
  for (const [title, spec, changed, sent, was] of cases)
    it(title, () => {
      const made = plan(spec, was);
      assert.deepEqual(made.refusals, []);
      assert.deepEqual(props(made), changed);
      assert.deepEqual(commands(made), sent);
    });

  const refused: readonly (readonly [title: string, spec: Spec, refusal: RegExp, facts?: PoolFacts])[] = [
    [
      "a disk with a file system",
      { name: "new", vdevs: [stripe("7-part2")] },
      /disk7-part2 is not blank: it has ext4 on \/dev\/vdh2; to have that erased, name the disk in `wipe`/,
    ],
    [
      "a disk with another pool's label",
      { name: "new", vdevs: [stripe("6-part2")] },
      /disk6-part2 is not blank: it has the label of the pool gone of host phoenix-lab/,
    ],
    [
      "a disk that a pool uses",
      { name: "new", vdevs: [stripe(3)], wipe: [disk(3)] },
      /disk3 is in use: it is a member of the pool tank/,
    ],
    ["a disk with partitions", { name: "new", vdevs: [stripe(6)] }, /disk6 is in use: it is a member of the pool tank/],
    [
      "a disk that is not there",
      { name: "new", vdevs: [stripe(88)] },
      /there is no disk .*disk88 on the host; names most like it: .*virtio-disk8/,
    ],
    [
      "an exported pool of another topology",
      { name: "gone", vdevs: [mirror("6-part2", 8)] },
      /a pool gone that is not imported is on the host's disks, with another topology; to get what is declared: attaches .*disk8/,
    ],
    [
      "to take a leg away",
      { ...tank, vdevs: [stripe(1)] },
      /a mirror of .* is declared as the single disk .*: that takes redundancy away; if it is meant: zpool detach tank .*disk2/,
    ],
    [
      "to take a vdev's type away",
      { ...tank, vdevs: [{ type: "raidz1", disks: [disk(1), disk(2)] }] },
      /is declared as a raidz1 of .*: ZFS cannot change the type of a vdev/,
    ],
    [
      "to take out what holds data",
      { ...tank, special: [] },
      /the pool tank has a mirror of .* among its special vdevs, which is not declared: it holds data/,
    ],
    [
      "a vdev that is weaker than the others",
      { ...tank, vdevs: [mirror(1, 2), stripe(8)] },
      /the single disk .*disk8 does not go with a mirror of .*: a pool is as safe as its weakest vdev/,
    ],
    [
      "another pool's topology",
      { ...tank, vdevs: [mirror(8, "7-part3")] },
      /the pool does not have a mirror of .*disk8.*, but others that are not declared/,
    ],
    [
      "another sector size",
      { ...tank, properties: { ashift: 13 } },
      /ashift is declared as 13, and mirror-0 has 12.*: it is settled when a vdev is made/,
    ],
    [
      "a root property that is settled",
      { ...tank, rootProperties: { casesensitivity: "mixed" } },
      /casesensitivity of the root file system is sensitive and declared mixed: it is settled/,
    ],
    [
      "to disable a feature",
      { ...tank, properties: { "feature@lz4_compress": "disabled" } },
      /feature@lz4_compress is active and declared disabled: a feature can be left disabled at creation only/,
    ],
    [
      "a feature that this ZFS does not know",
      { ...tank, properties: { "feature@not_yet": "enabled" } },
      /the host's ZFS has no feature@not_yet/,
    ],
    [
      "to make a pool with a feature that this ZFS does not know",
      { name: "new", vdevs: [stripe(8)], properties: { "feature@not_yet": "enabled" } },
      /the host's ZFS has no feature@not_yet/,
    ],
  ];
  for (const [title, spec, refusal, facts] of refused)
    it(`refuses ${title}`, () => {
      assert.match(plan(spec, undefined, facts).refusals.join("\n"), refusal);
    });

  it("is quiet about a disk that is offline: health is told, not changed", () => {
    assert.deepEqual(plan(tank, undefined, degraded).changes, []);
  });
  it("takes back what is no longer declared", () => {
    const on = new Map(healthy.pools);
    const live = on.get("tank") ?? assert.fail();
    on.set("tank", {
      ...live,
      properties: new Map([...live.properties, ["autotrim", { value: "on", source: "local" }]]),
    });
    const made = plan(tank, { ...tank, properties: { autotrim: "on" } }, { ...healthy, pools: on });
    assert.deepEqual([props(made), commands(made)], [["properties.autotrim"], ["zpool set autotrim=off tank"]]);
  });
});

describe("the end of a pool", () => {
  const destroy = (allowDestroy: boolean, facts = healthy) => {
    const want = PoolSpec.parse({ ...tank, allowDestroy });
    return pool.destroy(pool.view(facts, want, context()) ?? assert.fail(), context(), facts);
  };
  it("takes a consent", () => {
    assert.match(destroy(false).refusals.join(), /destroyed only with consent: declare `allowDestroy: true`/);
  });
  it("is refused while anything is in it", () => {
    assert.match(destroy(true).refusals.join(), /it still holds what is not declared here.*: tank\/a/);
  });
  it("leaves blank disks", () => {
    assert.deepEqual(commands(destroy(true)), [
      "zpool-destroy-then-erase tank /dev/vdb /dev/vdc /dev/vdg1 /dev/vdh1 /dev/vdd /dev/vde /dev/vdf",
    ]);
  });
});

describe("the growth of a pool", () => {
  const of = (spec: Spec) => PoolSpec.parse({ name: "p", ...(spec as object) });
  const raidz = (...disks: number[]) => ({ type: "raidz1", disks: disks.map(disk) });
  const cases: readonly (readonly [title: string, live: Spec, want: Spec, steps: string | RegExp])[] = [
    ["no step where all is there", { vdevs: [raidz(1, 2, 3)] }, { vdevs: [raidz(3, 1, 2)] }, ""],
    [
      "a single disk becomes a mirror",
      { vdevs: [stripe(1)] },
      { vdevs: [mirror(1, 2)] },
      "attaches 2 to 1, which resilvers",
    ],
    [
      "a disk takes another's place",
      { vdevs: [stripe(1)] },
      { vdevs: [stripe(2)] },
      "puts 2 in place of 1, which resilvers",
    ],
    [
      "a disk of a raidz is replaced",
      { vdevs: [raidz(1, 2, 3)] },
      { vdevs: [raidz(1, 2, 4)] },
      "puts 4 in place of 3, which resilvers",
    ],
    ["a stripe grows", { vdevs: [stripe(1)] }, { vdevs: [stripe(1, 2)] }, "adds the single disk 2"],
    [
      "a raidz does not grow",
      { vdevs: [raidz(1, 2, 3)] },
      { vdevs: [raidz(1, 2, 3, 4)] },
      /expanding a raidz cannot be undone/,
    ],
    [
      "two at a time are not replaced",
      { vdevs: [raidz(1, 2, 3)] },
      { vdevs: [raidz(1, 4, 5)] },
      /replace one disk of a vdev at a time/,
    ],
    [
      "a vdev is not taken out",
      { vdevs: [mirror(1, 2), mirror(3, 4)] },
      { vdevs: [mirror(1, 2)] },
      /holds data and is never taken out by us/,
    ],
    [
      "a log is",
      { vdevs: [mirror(1, 2)], log: [mirror(3, 4)] },
      { vdevs: [mirror(1, 2)], log: [] },
      "takes out a mirror of 3, 4",
    ],
  ];
  for (const [title, live, want, expected] of cases)
    it(title, () => {
      const ways = growth(of(live), of(want));
      const told = ways.flatMap(({ steps, refusals }) => [...steps.map(inWords), ...refusals]);
      const words = told.join("; ").replaceAll("/dev/disk/by-id/virtio-disk", "");
      if (typeof expected === "string") assert.equal(words, expected);
      else assert.match(words, expected);
    });
});

describe("a pool's spec", () => {
  const vdevs = [stripe(1)];
  const broken: readonly (readonly [spec: object, complaint: RegExp])[] = [
    [{ vdevs }, /^name: .*expected string/],
    [{ name: "1tank", vdevs }, /^name: must begin with a letter/],
    [{ name: "mirror1", vdevs }, /^name: must not be log, nor begin with mirror/],
    [{ name: "log", vdevs }, /^name: must not be log/],
    [{ name: "tank; reboot", vdevs }, /^name: must begin with a letter and consist of/],
    [{ name: "tank", vdevs: [] }, /^vdevs: must have a vdev/],
    [
      { name: "tank", vdevs: [{ type: "stripe", disks: ["/dev/sda"] }] },
      /^vdevs\[0\]\.disks\[0\]: must be a \/dev\/disk\/by-id\/… path.*found: "\/dev\/sda"/,
    ],
    [{ name: "tank", vdevs: [{ type: "RAIDZ1", disks: [disk(1), disk(2)] }] }, /^vdevs\[0\]\.type: .*found: "RAIDZ1"/],
    [{ name: "tank", vdevs: [mirror(1)] }, /^vdevs\[0\]\.disks: must have at least 2 disks for a mirror/],
    [{ name: "tank", vdevs: [mirror(1, 2)], spare: [disk(2)] }, /^spare\[0\]: must not be named twice in a pool/],
    [{ name: "tank", vdevs, wipe: [disk(9)] }, /^wipe\[0\]: must be a disk of this pool/],
    [
      { name: "tank", vdevs, properties: { autotrimm: "on" } },
      /^properties\.autotrimm: a pool has no property autotrimm \(did you mean "autotrim"/,
    ],
    [
      { name: "tank", vdevs, properties: { ashift: 8 } },
      /^properties\.ashift: ashift must be one of|^properties\.ashift: ashift must be /,
    ],
    [{ name: "tank", vdevs, properties: { health: "ONLINE" } }, /^properties\.health: health is read-only/],
    [{ name: "tank", vdevs, rootProperties: { volsize: "1G" } }, /^rootProperties\.volsize: /],
    [{ name: "tank", vdevs, spares: [] }, /there is no "spares" \(did you mean "spare"\?\)/],
  ];
  for (const [spec, complaint] of broken)
    it(`is refused for ${JSON.stringify(spec)}`, () => {
      const parsed = PoolSpec.safeParse(spec);
      assert.ok(!parsed.success);
      const complaints = explain(parsed.error, spec, PoolSpec).map(({ property, reason }) => `${property}: ${reason}`);
      assert.match(complaints.join("\n"), complaint);
    });
});
