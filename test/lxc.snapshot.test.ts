import assert from "node:assert/strict";
import { snapshot, SnapshotSpec } from "../providers/kinds/lxc/snapshot.ts";
import { printSection, parseConf } from "../providers/kinds/lxc/pve.conf.ts";
import { captured } from "./support/captured.ts";
import { captures } from "./support/captures.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const raw = (name: string) => captures("lxc.pct").find((one) => one.name === `${name}.txt`)?.stdout ?? "";
const lines = (id: number, text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `/etc/pve/lxc/${String(id)}.conf:${line}\n`)
    .join("");

/** What the query prints on Proxmox VE, of a container's file as it was captured there. */
const seenOnPve = (files: string, origins = "", begun = "") =>
  snapshot.parse({
    code: 0,
    stdout: `== pve\nmounted\n== begun\n${begun}== files\n${files}== storage\nzfspool: tank\n\tpool tank\n\tcontent rootdir,images\n\n== origins\n${origins}`,
    stderr: "",
  });
const declared = (more: object = {}) => SnapshotSpec.parse({ vmid: 102, snapname: "s1", ...more });
const two = lines(102, raw("161-raw-102-two-snapshots"));

describe("snapshots of containers of Proxmox VE", () => {
  it("are read from the container's file", () => {
    const [holder] = [...seenOnPve(two, "tank/copy\ttank/subvol-102-disk-0@s1\ntank/x\t-\n").containers.values()];
    assert.deepEqual(holder, {
      snapshots: new Map([
        ["s1", { snaptime: 1_795_449_891, description: "first snap\nsecond: line", clones: ["tank/copy"] }],
        ["s2", { snaptime: 1_795_449_897, clones: [] }],
      ]),
      impossible: [],
    });
  });

  it("are adopted as they are", () => {
    const facts = seenOnPve(two);
    const want = declared({ content: "v1" });
    const live = snapshot.view(facts, want, context());
    assert.deepEqual(live, want);
    assert.deepEqual(snapshot.plan(live, want, context(), facts), { changes: [], refusals: [], commands: [] });
    const outputs = ["102@s1", "102@s9"].map((id) => snapshot.outputs?.(facts, id));
    assert.deepEqual(outputs, [{ snaptime: 1_795_449_891 }, {}]);
  });

  it("keep their content in the description", () => {
    const want = declared({ description: "a\nb", content: "v1" });
    const taken = snapshot.plan(undefined, { ...want, snapname: "s3" }, context(), seenOnPve(two));
    assert.deepEqual(labels(taken), ["watched snapshot 102 s3 --description 'a b phoenix-hypervisor: content = v1'"]);
    const section = { ...parseConf([]).current, name: "s1", description: "a\nb\nphoenix-hypervisor: content = v1" };
    const facts = seenOnPve(lines(102, printSection(section).join("\n")));
    assert.deepEqual(snapshot.view(facts, want, context()), want);
    const told = snapshot.plan(snapshot.view(facts, want, context()), { ...want, description: "ü" }, context(), facts);
    assert.deepEqual(labels(told), ["notes 102 s1 '#%C3%BC' '#phoenix-hypervisor%3A content = v1'"]);
  });

  it("are taken anew for other content, with consent only", () => {
    const section = { ...parseConf([]).current, name: "s1", description: "phoenix-hypervisor: content = v1" };
    const facts = seenOnPve(lines(102, printSection(section).join("\n")));
    const was = declared({ content: "v1" });
    const plan = (more: object) => {
      const want = declared({ content: "v2", ...more });
      return snapshot.plan(snapshot.view(facts, want, context({ was })), want, context({ was }), facts);
    };
    assert.match(plan({}).refusals.join(), /^other content is another snapshot.*declare allowReplace: true/);
    const [command] = labels(plan({ allowReplace: true }));
    assert.equal(
      command,
      "watched delsnapshot 102 s1 && watched snapshot 102 s1 --description 'phoenix-hypervisor: content = v2'",
    );
    // One that was adopted holds what was declared first.
    const bare = seenOnPve(two);
    const want = declared({ content: "v2", allowReplace: true });
    const live = snapshot.view(bare, want, context({ was }));
    assert.deepEqual(props(snapshot.plan(live, want, context({ was }))), ["content"]);
  });

  const impossible: readonly (readonly [title: string, file: string, refusal: RegExp])[] = [
    ["a template", raw("199-raw-110-template"), /it is a template, which never changes/],
    ["a container with bind mounts", raw("190-raw-102-bind-snapshot"), /it has bind mounts \(\/srv\/share\)/],
    [
      "one that is being backed up",
      `lock: backup\n${raw("199-raw-110-template").replace("template: 1\n", "")}`,
      /it is locked \(backup\)/,
    ],
  ];
  for (const [title, file, refusal] of impossible)
    it(`are not taken of ${title}`, () => {
      const facts = seenOnPve(lines(102, file));
      assert.match(snapshot.plan(undefined, declared(), context(), facts).refusals.join(), refusal);
    });

  it("are refused where there is nothing to take them of, and one that is half done", () => {
    const none = snapshot.plan(undefined, declared(), context(), seenOnPve(""));
    assert.deepEqual(none.refusals, ["the host has no container 102 to take it of"]);
    const facts = seenOnPve(lines(102, "memory: 1\n\n[s1]\nsnapstate: delete"));
    const live = snapshot.view(facts, declared(), context());
    assert.match(
      snapshot.plan(live, declared(), context(), facts).refusals.join(),
      /half done \(delete\), and not by us/,
    );
    assert.match(snapshot.destroy(live ?? declared(), context(), facts).refusals.join(), /half done.*allowDestroy/s);
  });

  /** The file, what we had begun, and what the snapshot then is. */
  const cutOff: readonly (readonly [title: string, file: string, begun: string, snapstate: string | undefined])[] = [
    ["taking it", "lock: snapshot\n\n[s1]\nsnapstate: prepare", "102@s1 snapshot\n", "prepare"],
    ["deleting it", "lock: snapshot-delete\n\n[s1]\nsnapstate: delete", "102@s1 delsnapshot\n", "delete"],
    ["beginning to delete it", "lock: snapshot-delete\n\n[s1]\nmemory: 1", "102@s1 delsnapshot\n", "delete"],
    [
      "nothing",
      "lock: snapshot-delete\n\n[s1]\nmemory: 1\n\n[s2]\nsnapstate: delete",
      "102@s1 delsnapshot\n",
      undefined,
    ],
    ["taking it before", "lock: snapshot-delete\n\n[s1]\nmemory: 1", "102@s1 snapshot\n", undefined],
  ];
  for (const [title, file, begun, snapstate] of cutOff)
    it(`are ended where a run of ours was cut off at ${title}, and taken anew by one command`, () => {
      const facts = seenOnPve(lines(102, file), "", begun);
      const want = declared({ content: "v2", description: "x", allowDestroy: true });
      const live = snapshot.view(facts, want, context());
      assert.deepEqual(
        [live?.snapstate, live?.begun],
        snapstate === undefined ? [undefined, undefined] : [snapstate, true],
      );
      if (live === undefined || snapstate === undefined) return;
      const plan = snapshot.plan(live, want, context(), facts);
      assert.deepEqual([props(plan), plan.refusals], [["snapstate"], []]);
      assert.match(labels(plan).join(), /^watched snapshot 102 s1 --description [^&]*$/);
      const ended = snapshot.destroy(live, context(), facts);
      assert.deepEqual([labels(ended), ended.refusals], [["watched delsnapshot 102 s1"], []]);
    });

  it("may not have a name that Proxmox VE has for itself", () => {
    const current = declared({ snapname: "current" });
    const unfit = (["proxmox", "debian"] as const).map((platform) => snapshot.unfit?.(current, platform));
    assert.deepEqual(unfit, [["snapname: Proxmox VE keeps `current` for itself"], []]);
  });
});

describe("snapshots of containers of plain Debian", () => {
  const facts = snapshot.parse(captured("lxc.snapshot/debian"));

  it("are read from the datasets of the roots", () => {
    assert.deepEqual([...facts.containers.keys()], [201, 202, 203]);
    assert.deepEqual(facts.containers.get(201), {
      ...{ dataset: "tank/guests/subvol-201-disk-0", path: "/tank/guests/subvol-201-disk-0", impossible: [] },
      snapshots: new Map([
        ["golden", { snaptime: 1_795_643_947, content: "v1", description: "a\nb: \tü", clones: ["tank/copy"] }],
        ["byhand", { snaptime: 1_795_643_947, description: "as it is", clones: [] }],
      ]),
    });
    assert.deepEqual(facts.containers.get(202)?.impossible, [
      "it is a template, which never changes: clone it as it is",
    ]);
    assert.match(
      facts.containers.get(203)?.impossible.join() ?? "",
      /its root file system, \/srv\/x, is no mounted dataset/,
    );
  });

  const golden = SnapshotSpec.parse({
    vmid: 201,
    snapname: "golden",
    content: "v1",
    allowReplace: true,
    allowDestroy: true,
  });
  const live = snapshot.view(facts, golden, context()) ?? golden;

  it("that clones depend on are neither deleted nor taken anew, already in a preview", () => {
    const inUse = "clones depend on it: tank/copy; end these first";
    assert.deepEqual(snapshot.destroy(live, context(), facts).refusals, [inUse]);
    assert.deepEqual(snapshot.plan(live, { ...golden, content: "v2" }, context()).refusals, [inUse]);
    assert.deepEqual(snapshot.plan(live, golden, context()).refusals, []);
  });

  it("are taken, told of and deleted by one command each", () => {
    const want = { ...golden, snapname: "new", description: "a\nb" };
    const name = "tank/guests/subvol-201-disk-0@new";
    assert.deepEqual(labels(snapshot.plan(undefined, want, context(), facts)), [
      `zfs-snapshot /tank/guests/subvol-201-disk-0 -o 'phoenix-hypervisor:description="a\\nb"' -o phoenix-hypervisor:content=v1 ${name}`,
    ]);
    const byhand = SnapshotSpec.parse({ vmid: 201, snapname: "byhand", description: "x" });
    const seen = snapshot.view(facts, byhand, context());
    assert.deepEqual(labels(snapshot.plan(seen, byhand, context(), facts)), [
      `zfs set 'phoenix-hypervisor:description="x"' tank/guests/subvol-201-disk-0@byhand`,
    ]);
    const silent = SnapshotSpec.parse({ vmid: 201, snapname: "byhand" });
    const before = snapshot.view(facts, silent, context({ was: byhand }));
    assert.deepEqual(labels(snapshot.plan(before, silent, context({ was: byhand }), facts)), [
      "zfs inherit phoenix-hypervisor:description tank/guests/subvol-201-disk-0@byhand",
    ]);
    assert.match(snapshot.destroy(byhand, context(), facts).refusals.join(), /declare allowDestroy: true and apply/);
    assert.deepEqual(labels(snapshot.destroy({ ...byhand, allowDestroy: true }, context(), facts)), [
      "zfs destroy tank/guests/subvol-201-disk-0@byhand",
    ]);
  });
});

describe("a declaration of a snapshot", () => {
  const wrong: readonly (readonly [declared: object, complaint: RegExp])[] = [
    [{ snapname: "1a" }, /^snapname: must be 2 to 40 letters/],
    [{ vmid: 5 }, /^vmid: must be at least 100/],
    [{ content: "a\nb" }, /^content: must be 1 to 200 characters/],
    [{ description: "\n" }, /^description: must say something/],
    [
      { description: "phoenix-hypervisor: content = v1" },
      /^description: must not hold `phoenix-hypervisor: content =`/,
    ],
  ];
  for (const [declares, complaint] of wrong)
    it(`is refused with ${JSON.stringify(declares)}`, () => {
      assert.match(complaints(SnapshotSpec, { vmid: 101, snapname: "s1", ...declares }).join(), complaint);
    });
});
