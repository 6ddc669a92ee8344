import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { UserError } from "../providers/host/host.ts";
import { parse } from "../providers/kinds/proxmox/storage.facts.ts";
import { canonical, read, type OptionName } from "../providers/kinds/proxmox/storage.options.ts";
import { storage, StorageSpec } from "../providers/kinds/proxmox/storage.ts";
import type { Platform } from "../providers/kind.ts";
import { explain } from "../providers/runtime/explain.ts";

type Spec = z.input<typeof StorageSpec>;

/** /etc/pve/storage.cfg as captured on Proxmox VE. */
function captured(name: string): string {
  const text = readFileSync(new URL(`fixtures/proxmox.pvesm/${name}.txt`, import.meta.url), "utf8");
  return /--- stdout\n([^]*)--- stderr/.exec(text)?.[1] ?? "";
}

function facts(config: string, guests = "") {
  return parse({ code: 0, stdout: `== pve\nmounted\n== storage\n${config}\n== guests\n${guests}`, stderr: "" });
}

const context = (was?: Spec) => ({
  ...(was === undefined ? {} : { was: StorageSpec.parse(was) }),
  secret: () => assert.fail("no secret is needed"),
});

function planned(config: string, spec: Spec, was?: Spec) {
  const want = StorageSpec.parse(spec);
  const seen = facts(config);
  const live = storage.view(seen, want, context(was));
  const { changes, refusals, commands } = storage.plan(live, want, context(was), seen);
  return {
    live,
    changes: changes.map(({ prop, from, to }) => [prop, from, to]),
    refusals,
    commands: commands.map(({ label }) => label),
  };
}

const tank: Spec = { storage: "tank", type: "zfspool", pool: "tank" };
const data: Spec = { storage: "data", type: "dir", path: "/srv/data" };

describe("proxmox:Storage", () => {
  describe("the spec", () => {
    const bad: [string, object, string, RegExp][] = [
      ["an ID that pvesm refuses", { ...data, storage: "1bad" }, "storage", /start with a letter; found: "1bad"/],
      ["a type that is none", { ...data, type: "lvm" }, "type", /must be dir, nfs, zfspool; found: "lvm"/],
      ["a pool that is missing", { storage: "tank", type: "zfspool" }, "pool", /is needed where the type is zfspool/],
      ["an export that is missing", { storage: "n1", type: "nfs", server: "a" }, "export", /is needed/],
      ["another type's option", { ...tank, shared: true }, "shared", /no option of type zfspool, only of dir/],
      ["another type's pool", { ...data, pool: "tank" }, "pool", /no option of type dir, only of zfspool/],
      ["content that a pool cannot keep", { ...tank, content: ["iso"] }, "content", /zfspool cannot keep iso/],
      ["`none` beside others", { ...data, content: ["none", "iso"] }, "content", /`none` stands alone/],
      ["content that is none", { ...data, content: ["isos"] }, "content[0]", /must be images/],
      ["no content", { ...data, content: [] }, "content", /must name/],
      ["a path that pvesm refuses", { ...data, path: "/srv/dä" }, "path", /letters, digits/],
      ["a relative path", { ...data, path: "srv" }, "path", /absolute/],
      [
        "keep-all beside others",
        { ...data, "prune-backups": { "keep-all": 1, "keep-last": 1 } },
        "prune-backups",
        /alone/,
      ],
      ["an option that is misspelled", { ...data, contents: ["iso"] }, "", /no "contents".*content/],
      ["a node that is none", { ...data, nodes: ["a b"] }, "nodes[0]", /node's name/],
    ];
    for (const [title, spec, property, reason] of bad)
      it(`refuses ${title}`, () => {
        const parsed = StorageSpec.safeParse(spec);
        const [complaint] = parsed.success ? [] : explain(parsed.error, spec, StorageSpec);
        assert.equal(complaint?.property, property);
        assert.match(complaint.reason, reason);
      });
  });

  describe("compares as Proxmox VE does", () => {
    const cases: [OptionName, string, string, boolean][] = [
      ["content", "rootdir,images", "images;rootdir,images", true],
      ["content", "rootdir,images", "images", false],
      ["nodes", "a,b", "b a", true],
      ["disable", "", "1", true],
      ["sparse", "yes", "1", true],
      ["sparse", "off", "0", true],
      ["sparse", "1", "0", false],
      ["is_mountpoint", "no", "0", true],
      ["is_mountpoint", "/srv/", "/srv", true],
      ["path", "/srv/data/", "/srv/data", true],
      ["path", "/", "/", true],
      ["blocksize", "16K", "16k", true],
      ["server", "NAS.lan", "nas.lan", true],
      ["options", "vers=4.2,soft", "soft,vers=4.2", false],
      ["prune-backups", "keep-last=3,keep-daily=7", "keep-daily=7,keep-last=3", true],
      ["prune-backups", "keep-last=0", "keep-all=1", true],
      ["prune-backups", "keep-last=3,keep-daily=0", "keep-last=3", true],
      ["bwlimit", "clone=1,default=2", "default=2,clone=1", true],
    ];
    for (const [name, a, b, equal] of cases)
      it(`${name} ${a} ${equal ? "is" : "is not"} ${b}`, () => {
        assert.equal(canonical(name, a) === canonical(name, b), equal);
      });
    it("reads values in the words of the spec", () => {
      assert.deepEqual(read("prune-backups", "keep-last=3"), { "keep-last": 3 });
      assert.deepEqual(read("content", "rootdir,images"), ["images", "rootdir"]);
      assert.equal(read("disable", ""), true);
      assert.equal(read("max-protected-backups", "-1"), -1);
    });
  });

  describe("reads storage.cfg as captured", () => {
    const cases: [string, Spec, object][] = [
      ["003-raw-storage-cfg", tank, tank],
      ["003-raw-storage-cfg", { ...tank, content: ["images", "rootdir"], sparse: true, mountpoint: "/tank" }, {}],
      ["003-raw-storage-cfg", { ...tank, sparse: false }, { sparse: true }],
      ["310-raw-storage-cfg-disabled", { ...data, disable: false }, { disable: true }],
      ["310-raw-storage-cfg-disabled", { ...data, content: ["rootdir", "images"] }, {}],
      ["313-raw-storage-cfg-2", { ...data, nodes: [], disable: false }, { nodes: ["pve-lab"] }],
      ["313-raw-storage-cfg-2", { ...data, content: ["iso"] }, { content: ["images", "rootdir"] }],
      [
        "313-raw-storage-cfg-2",
        { storage: "local", type: "dir", path: "/var/lib/vz", "prune-backups": { "keep-all": 1 } },
        {},
      ],
    ];
    for (const [name, spec, differs] of cases)
      it(`${name}: ${JSON.stringify(spec)}`, () => {
        const want = StorageSpec.parse(spec);
        assert.deepEqual(storage.view(facts(captured(name)), want, context()), { ...want, ...differs });
      });
    it("knows `local` where the file does not say so", () => {
      const { live } = planned("", { storage: "local", type: "dir", path: "/var/lib/vz", content: ["iso"] });
      assert.deepEqual(live?.["content"], ["backup", "images", "iso", "rootdir", "snippets", "vztmpl"]);
    });
    it("takes an ID for itself, not for the start of another", () => {
      assert.equal(planned("dir: data-sync\n\tpath /x\n", data).live, undefined);
    });
    it("passes over comments and lines that Proxmox VE ignores", () => {
      const config = "# dir: data\n\ndir: data\n# here\n\tpath /srv/data\nzfspool: inside\n\n";
      assert.deepEqual(planned(config, data).changes, []);
      assert.equal(facts(config).storages.has("inside"), false);
    });
    for (const [title, answer, message] of [
      ["no Proxmox VE", "", /it is not Proxmox VE/],
      ["/etc/pve not mounted", "== pve\n== storage\n", /systemctl start pve-cluster/],
    ] as const)
      it(`refuses ${title}`, () => {
        assert.throws(
          () => parse({ code: 0, stdout: answer, stderr: "" }),
          (e) => e instanceof UserError && message.test(e.message),
        );
      });
  });

  describe("the plan", () => {
    const config = captured("313-raw-storage-cfg-2");
    const cases: [string, Spec, string[], Spec?][] = [
      [
        "adds what is missing",
        { storage: "n1", type: "nfs", server: "10.0.0.1", export: "/tank/x", content: ["iso", "backup"] },
        ["pvesm add nfs n1 --server 10.0.0.1 --export /tank/x --content iso,backup"],
      ],
      ["adopts what is there", { ...tank, content: ["images", "rootdir"] }, []],
      [
        "sets wrong content with one command",
        { ...data, content: ["iso", "backup"] },
        ["pvesm set data --content iso,backup"],
      ],
      [
        "sets all that differs with one command",
        { ...tank, sparse: false, nodes: ["a", "b"], disable: true },
        ["pvesm set tank --nodes a,b --disable 1 --sparse 0"],
      ],
      ["takes back what is no longer declared", tank, ["pvesm set tank --delete sparse"], { ...tank, sparse: true }],
      [
        "takes the nodes away",
        { ...data, nodes: [], content: ["iso"] },
        ["pvesm set data --content iso --delete nodes"],
      ],
      [
        "finds nothing to take back where Proxmox VE wrote its default",
        tank,
        [],
        { ...tank, content: ["images", "rootdir"] },
      ],
      ["leaves alone what was never declared", data, []],
    ];
    for (const [title, spec, commands, was] of cases)
      it(title, () => {
        const plan = planned(config, spec, was);
        assert.deepEqual({ commands: plan.commands, refusals: plan.refusals }, { commands, refusals: [] });
      });
    it("forgets a fixed option that is no longer declared, and leaves it", () => {
      const spec: Spec = { storage: "n1", type: "nfs", server: "10.0.0.1", export: "/x" };
      const { live, commands } = planned("nfs: n1\n\texport /x\n\tpath /mnt/pve/n1\n\tserver 10.0.0.1\n", spec, {
        ...spec,
        path: "/mnt/pve/n1",
      });
      assert.deepEqual({ live, commands }, { live: spec, commands: [] });
      const recorded = StorageSpec.parse({ ...spec, path: "/mnt/pve/n1" });
      assert.deepEqual(storage.plan(recorded, StorageSpec.parse(spec), context(recorded)).changes, []);
    });
    const fixed: [string, Spec, RegExp][] = [
      [
        "type",
        { storage: "tank", type: "dir", path: "/tank" },
        /its type is "zfspool", declared "dir".*pvesm remove tank/,
      ],
      ["pool", { ...tank, pool: "fast" }, /its pool is "tank", declared "fast"/],
      ["path", { ...data, path: "/srv/other" }, /its path is "\/srv\/data", declared "\/srv\/other"/],
    ];
    for (const [prop, spec, refusal] of fixed)
      it(`refuses another ${prop}, naming both, already in a preview`, () => {
        const { live, refusals, commands, changes } = planned(config, spec);
        assert.match(refusals.join(), refusal);
        assert.deepEqual(commands, []);
        assert.equal(changes[0]?.[0], prop);
        const preview = storage.plan(live, StorageSpec.parse(spec), context());
        assert.match(preview.refusals.join(), refusal);
      });
  });

  describe("the end", () => {
    const end = (spec: Spec, config: string, guests?: string) => {
      const { commands, refusals } = storage.destroy(StorageSpec.parse(spec), context(), facts(config, guests));
      return { commands: commands.map(({ label }) => label), refusals };
    };
    it("removes the entry only", () => {
      assert.deepEqual(end(tank, captured("003-raw-storage-cfg")).commands, ["pvesm remove tank"]);
    });
    it("unmounts what Proxmox VE leaves mounted", () => {
      const spec: Spec = { storage: "n6", type: "nfs", server: "fe80::1", export: "/x" };
      const { commands } = end(spec, "nfs: n6\n\texport /x\n\tpath /mnt/pve/n6\n\tserver fe80::1\n");
      assert.deepEqual(commands, ["pvesm remove n6", "unmount-storage /mnt/pve/n6 '[fe80::1]:/x'"]);
    });
    it("is refused while guests have volumes in it", () => {
      const lines = ["lxc/101.conf:rootfs: tank:", "lxc/101.conf:mp0: tank:", "qemu-server/7.conf:scsi0: tanker:"];
      const guests = lines.map((line) => `/etc/pve/nodes/a/${line}\n`).join("");
      assert.match(end(tank, captured("003-raw-storage-cfg"), guests).refusals.join(), /volumes in it \(101\)/);
    });
    it("leaves `local`, which Proxmox VE always has", () => {
      assert.deepEqual(end({ storage: "local", type: "dir", path: "/var/lib/vz" }, "").commands, []);
    });
  });

  it("is for Proxmox VE only", () => {
    const unfit = (platform: Platform) => storage.unfit?.(StorageSpec.parse(tank), platform).join();
    assert.equal(unfit("proxmox"), "");
    assert.match(unfit("debian") ?? "", /tank needs Proxmox VE/);
  });
});
