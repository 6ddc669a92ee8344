import assert from "node:assert/strict";
import type { z } from "zod";
import type { Plan } from "../providers/kind.ts";
import { container, ContainerSpec } from "../providers/kinds/lxc/container.ts";
import type { Facts } from "../providers/kinds/lxc/container.facts.ts";
import type { Dataset, DebianFacts, Running } from "../providers/kinds/lxc/debian.facts.ts";
import { context } from "./support/kind.ts";

type Declared = z.input<typeof ContainerSpec>;

const dataset = (name: string, more: Partial<Dataset> = {}): [string, Dataset] => [
  name,
  { name, mountpoint: `/${name}`, refquota: 0n, origin: undefined, madeFor: undefined, ...more },
];

const TEXT = [
  "lxc.include = /usr/share/lxc/config/common.conf",
  "lxc.idmap = u 0 100000 65536",
  "lxc.idmap = g 0 100000 65536",
  "lxc.rootfs.path = dir:/tank/guests/subvol-101-disk-0",
  "# a note of somebody",
  "lxc.uts.name = web",
  "lxc.cgroup2.memory.max = 536870912",
  "lxc.apparmor.profile = generated",
  "lxc.net.0.type = veth",
  "lxc.net.0.link = vmbr0",
  "lxc.net.0.script.up = /root/up",
  "lxc.net.0.hwaddr = BC:24:11:00:00:01",
  "lxc.mount.entry = /srv/foreign other none rbind 0 0",
  "lxc.prlimit.nofile = 99",
  "",
].join("\n");

const runs: Running = {
  cgroup: new Map(),
  hostname: "web",
  links: [],
  routes: [],
  started: undefined,
  mounted: undefined,
};

function facts(more: Partial<DebianFacts> = {}): Facts {
  return {
    on: {
      is: "debian",
      machine: "0123",
      cpus: [0, 1, 2, 3],
      autostart: true,
      configs: new Map([["101", TEXT]]),
      datasets: new Map([
        dataset("tank/guests"),
        dataset("tank/guests/subvol-101-disk-0", { refquota: 1n << 30n }),
        dataset("tank/guests/subvol-101-disk-1"),
      ]),
      running: new Map(),
      inside: new Map(),
      guests: new Map(),
      nodes: new Map(),
      links: [],
      vlans: new Map(),
      limits: new Map(),
      snapshots: new Map(),
      ranges: { u: [{ from: 100_000, size: 65_536 }], g: [{ from: 100_000, size: 65_536 }] },
      ...more,
    },
    gpus: [],
    starting: new Set(),
    made: new Map(),
    directories: new Map(),
  };
}

/** The plan as it is applied. */
function plan(declared: Declared, is: Facts = facts(), was?: Declared): Plan {
  const want = ContainerSpec.parse(declared);
  const with_ = context(was === undefined ? {} : { was: ContainerSpec.parse(was) });
  return container.plan(container.view(is, want, with_), want, with_, is);
}

/** The steps of its one command, each as its words; lengths and digests left out. */
function steps({ commands }: Plan): string[] {
  const [command, ...more] = commands;
  assert.deepEqual(more, []);
  const [, , , , ...words] = command?.argv ?? [];
  const all: string[] = [];
  for (let at = 0; at < words.length;) {
    const count = Number(words[at]);
    all.push(
      words
        .slice(at + 1, at + 1 + count)
        .join(" ")
        .replace(/ \d+ [0-9a-f]{64}$/, " TEXT"),
    );
    at += 1 + count;
  }
  return all;
}

/** The lines that the configuration gets and loses. */
function edited({ commands }: Plan): string[] {
  const text = commands[0]?.stdin;
  assert.ok(typeof text === "string");
  const [before, after] = [TEXT.split("\n"), text.split("\n")];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `-${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+${line}`),
  ];
}

describe("a container of plain Debian, planned", () => {
  const same: Declared = { vmid: 101, hostname: "web", memory: 512, size: "1G", storage: "tank/guests" };

  it("is left alone where it is as declared", () => {
    assert.deepEqual(plan(same).changes, []);
    assert.deepEqual(
      plan({ ...same, lxc: ["lxc.prlimit.nofile = 99"], mounts: { "/other": { source: "/srv/foreign" } } }).changes,
      [],
    );
  });

  it("is changed by one command, and only in the lines of what changes", () => {
    const all = plan({ ...same, memory: 256, tags: ["a"], cpulimit: 1.5, cores: 2, lxc: ["lxc.prlimit.nofile = 7"] });
    assert.deepEqual(steps(all), ["config 101 TEXT"]);
    assert.deepEqual(edited(all).toSorted(), [
      "+#phoenix-hypervisor: tags = a",
      "+lxc.cgroup2.cpu.max = 150000 100000",
      "+lxc.cgroup2.cpuset.cpus = 2,3",
      "+lxc.cgroup2.memory.max = 268435456",
      "+lxc.prlimit.nofile = 7",
      "-lxc.cgroup2.memory.max = 536870912",
      "-lxc.prlimit.nofile = 99",
    ]);
  });

  it("keeps what somebody added to an interface, and its MAC address", () => {
    const all = plan({ ...same, interfaces: { eth0: { bridge: "vmbr1", ip: "10.0.0.2/24", gw: "10.0.0.1" } } });
    const lines = edited(all);
    assert.ok(lines.includes("-lxc.net.0.link = vmbr0") && lines.includes("+lxc.net.0.link = vmbr1"), lines.join("\n"));
    assert.ok(!lines.some((line) => /script|hwaddr/.test(line)), lines.join("\n"));
  });

  it("gets new interfaces a number and a MAC address that stays the same", () => {
    const eth1: Declared = { ...same, interfaces: { eth1: { bridge: "vmbr0" } } };
    const mac = (one: Plan) => edited(one).find((line) => line.startsWith("+lxc.net.1.hwaddr"));
    assert.match(mac(plan(eth1)) ?? "", /= BC:24:11(:[0-9A-F]{2}){3}$/);
    assert.equal(mac(plan(eth1)), mac(plan(eth1)));
    assert.notEqual(mac(plan(eth1)), mac(plan(eth1, facts({ machine: "4567" }))));
  });

  it("is changed where it runs, too", () => {
    const is = facts({ running: new Map([["101", runs]]) });
    const all = plan(
      { ...same, memory: 256, hostname: "b", interfaces: { eth0: { bridge: "vmbr0", ip: "10.0.0.2/24" } } },
      is,
    );
    assert.deepEqual(steps(all), [
      "config 101 TEXT",
      "name /tank/guests/subvol-101-disk-0 b",
      "cgroup 101 memory.max 268435456",
      "hostname 101 b",
      "plug 101 veth101i0 eth0 vmbr0 BC:24:11:00:00:01    up 10.0.0.2/24   ",
    ]);
    assert.deepEqual(steps(plan({ ...same, running: false }, is)), ["stop 101 60 no"]);
    assert.deepEqual(steps(plan({ ...same, tty: 2, restart: "whenNeeded" }, is)), [
      "config 101 TEXT",
      "stop 101 60 no",
      "start 101",
    ]);
    assert.deepEqual(steps(plan({ ...same, tty: 2 }, is)), ["config 101 TEXT"]);
  });

  it("is limited and unplugged where it runs, and at each start", () => {
    const is = facts({ running: new Map([["101", runs]]) });
    const all = plan({ ...same, interfaces: { eth0: { bridge: "vmbr0", rate: 2.5, link_down: true } } }, is);
    assert.deepEqual(steps(all), [
      "config 101 TEXT",
      "plug 101 veth101i0 eth0 vmbr0 BC:24:11:00:00:01    down    ",
      "rate veth101i0 2.5",
    ]);
    const [rate = "", down, ...more] = edited(all).filter((line) => line.includes("hook"));
    assert.match(rate, /^\+lxc\.hook\.start-host = sh -c 'tc .*' veth101i0 rate 2\.5$/);
    assert.equal(down, `+lxc.hook.start-host = sh -c 'ip link set "$0" down' veth101i0 link_down 1`);
    assert.deepEqual(more, []);
    const text = TEXT + [rate, down].map((line) => `${line.slice(1)}\n`).join("");
    const copy = plan({ vmid: 102, clone: { from: 101 } }, facts({ configs: new Map([["101", text]]) }));
    assert.deepEqual(
      edited(copy).flatMap((line) => /hook.* (veth\S+ \w+ \S+)$/.exec(line)?.[1] ?? []),
      ["veth102i0 rate 2.5", "veth102i0 link_down 1"],
    );
  });

  it("loses mounts at once, and by a restart only what is in use", () => {
    const text = `${TEXT}lxc.mount.entry = /tank/guests/subvol-101-disk-1 data none bind,create=dir 0 0\n`;
    const configs = new Map([["101", text]]);
    const running = (more: Partial<Running> = {}) =>
      facts({ configs, running: new Map([["101", { ...runs, ...more }]]) });
    const was: Declared = { ...same, mounts: { "/data": { storage: "tank/guests", size: "1G" } } };
    const gone: Declared = { ...same, mounts: {} };
    assert.deepEqual(steps(plan(gone, running(), was)), ["config 101 TEXT", "out 101 /data"]);
    assert.deepEqual(steps(plan({ ...gone, restart: "whenNeeded" }, running(), was)), [
      ...["config 101 TEXT", "out 101 /data", "where_used stop 101 60 no", "where_used start 101"],
    ]);
    // It was put into the file by hand, and is not shown.
    assert.deepEqual(steps(plan(gone, running({ started: TEXT }), was)), ["config 101 TEXT"]);
    const since = (mounted: readonly string[]) =>
      facts({ running: new Map([["101", { ...runs, started: text, mounted: new Set(mounted) }]]) });
    const waits = (mounted: readonly string[]) => container.outputs?.(since(mounted), "101")["restartPending"];
    assert.deepEqual([waits(["/data"]), waits(["/"])], [["mounts./data"], []]);
    const again: Declared = { ...same, mounts: { "/data": { volume: "tank/guests/subvol-101-disk-1" } } };
    const back = (mounted: readonly string[]) =>
      steps(plan(again, since(mounted), gone)).map((one) => one.replace(/ .*/, ""));
    assert.deepEqual([back(["/data"]), back(["/"])], [["config"], ["config", "into"]]);
  });

  it("tells drift in the kernel where the file is as declared", () => {
    const cgroup = new Map([["memory.max", "1048576"]]);
    const all = plan(same, facts({ running: new Map([["101", { ...runs, cgroup, hostname: "x" }]]) }));
    assert.deepEqual(
      all.changes.map(({ prop, from, to }) => [prop, from, to]),
      [
        ["hostname", "x", "web"],
        ["memory", 1, 512],
      ],
    );
    assert.ok(!steps(all).some((step) => step.startsWith("config")), "the file is right");
  });

  it("tells a limit that the kernel does not know of", () => {
    const text = `${TEXT}lxc.cgroup2.cpuset.cpus = 2,3\nlxc.cgroup2.memory.swap.max = 1048576\n`;
    const cgroup = new Map(Object.entries({ "memory.max": "max", "memory.swap.max": "max", "cpuset.cpus": "" }));
    const is = facts({ configs: new Map([["101", text]]), running: new Map([["101", { ...runs, cgroup }]]) });
    const limited = plan({ ...same, swap: 1, cores: 2 }, is);
    assert.deepEqual(
      limited.changes.map(({ prop, from, to }) => [prop, from, to]),
      [
        ["memory", "max", 512],
        ["swap", "max", 1],
        ["cores", 4, 2],
      ],
    );
    const without = facts({ running: new Map([["101", { ...runs, cgroup: new Map([["cpuset.cpus", ""]]) }]]) });
    assert.deepEqual(plan(same, without).changes, []);
    // The kernel takes no empty list for what runs.
    assert.deepEqual(steps(plan({ ...same, swap: 1 }, is, { ...same, swap: 1, cores: 2 })), [
      "config 101 TEXT",
      "cgroup 101 memory.max 536870912 memory.swap.max 1048576 cpuset.cpus 0,1,2,3",
    ]);
  });

  it("waits for a restart with what it was started without", () => {
    const started = TEXT.replace("lxc.prlimit.nofile = 99\n", "").replace("= 536870912", "= 1");
    const is = facts({ running: new Map([["101", { ...runs, started }]]) });
    assert.deepEqual(container.outputs?.(is, "101")["restartPending"], ["lxc"]);
    assert.deepEqual(steps(plan({ ...same, restart: "whenNeeded" }, is)), ["stop 101 60 no", "start 101"]);
  });

  it("gets volumes of the next free name, and the one that an attempt made for it", () => {
    const data: Declared = { ...same, mounts: { "/data": { storage: "tank/guests", size: "1G" } } };
    assert.deepEqual(steps(plan(data)), [
      "volume tank/guests/subvol-101-disk-2 1073741824 100000 100000 101:/data",
      "config 101 TEXT",
      "in_use tank/guests/subvol-101-disk-2",
    ]);
    const begun = facts({
      datasets: new Map([
        dataset("tank/guests"),
        dataset("tank/guests/subvol-101-disk-0", { refquota: 1n << 30n }),
        dataset("tank/guests/subvol-101-disk-7", { madeFor: "101:/data" }),
      ]),
    });
    assert.match(steps(plan(data, begun))[0] ?? "", /^volume tank\/guests\/subvol-101-disk-7 /);
  });

  const made: Declared = {
    vmid: 102,
    ostemplate: "/root/a.tar.zst",
    storage: "tank/guests",
    size: "2G",
    running: true,
  };
  it("is made under a name that tells that it is not done, and started last", () => {
    const all = plan({ ...made, password: "root", sshKeys: ["a key"], nameserver: ["10.0.0.1"] });
    const [begin, unpack, identity, ...rest] = steps(all);
    assert.equal(begin, "root 102 tank/guests/subvol-102-disk-0 2147483648");
    assert.equal(unpack, "unpack /root/a.tar.zst 100000 100000 -m u:0:100000:65536 -m g:0:100000:65536");
    assert.equal(identity, "identity CT102");
    assert.deepEqual(
      rest.map((step) => step.split(" ")[0]),
      ["password", "keys", "resolv", "draft", "done", "commit", "start"],
    );
    const [command] = all.commands;
    assert.ok(!JSON.stringify(command).includes("the value of root"), "the password is nowhere to be seen");
  });

  it("is copied from another one with its own MAC address, without what is the other's alone", () => {
    const all = plan({ vmid: 102, clone: { from: 101 }, hostname: "copy" });
    assert.equal(steps(all)[0], "copy 102 tank/guests/subvol-102-disk-0 tank/guests/subvol-101-disk-0  1073741824");
    const lines = edited(all);
    assert.ok(lines.includes("-lxc.mount.entry = /srv/foreign other none rbind 0 0"), lines.join("\n"));
    assert.ok(
      lines.some((line) => /^\+lxc\.net\.0\.hwaddr = BC:24:11/.test(line)),
      lines.join("\n"),
    );
    assert.ok(lines.includes("+lxc.uts.name = copy"), lines.join("\n"));
  });

  const refused: readonly (readonly [Declared, RegExp, Partial<DebianFacts>?])[] = [
    [{ vmid: 102 }, /declare what of: ostemplate or clone/],
    [{ ...made, storage: "tank/nosuch" }, /there is no mounted dataset tank\/nosuch/],
    [{ ...made, cores: 8 }, /cores: the host has 4/],
    [{ ...made, onboot: true }, /lxc\.service is not enabled/, { autostart: false }],
    [made, /add the line root:100000:65536 to \/etc\/subuid/, { ranges: { u: [], g: undefined } }],
    [{ ...made, devices: { "gpu:0": {} } }, /devices\.gpu:0: the host has no such GPU/],
    [
      { ...made, mounts: { "/a": { storage: "x", size: "1G" } } },
      /mounts\.\/a\.storage: there is no mounted dataset x/,
    ],
    [{ vmid: 102, clone: { from: 999 } }, /there is no container 999/],
    [{ vmid: 102, clone: { from: 101, snapname: "nosuch" } }, /has no snapshot nosuch/],
    [{ vmid: 102, clone: { from: 101, full: false } }, /declare snapname/],
    [{ vmid: 102, clone: { from: 101 }, unprivileged: false }, /unprivileged: container 101 is otherwise/],
    [{ ...same, size: "512M" }, /never made smaller/],
    [{ ...same, storage: "tank/other" }, /storage is .* cannot be changed/],
    [{ ...same, unprivileged: false }, /unprivileged is true, declared false/],
    [{ ...same, idmap: [{ type: "u", container_id: 0, host_id: 200_000, size: 65_536 }] }, /idmap cannot be changed/],
  ];
  for (const [declared, reason, more] of refused)
    it(`refuses what is ${String(reason)}`, () => {
      const all = plan(declared, facts(more));
      assert.match(all.refusals.join("\n"), reason);
    });

  it("is made anew on consent only, with all that nobody declares, and its volumes", () => {
    const moved: Declared = {
      ...same,
      ...{ storage: "tank/other", ostemplate: "/root/a.tar.zst", hostname: "new", running: false },
      mounts: { "/data": { storage: "tank/guests", size: "1G" } },
    };
    const text = `${TEXT}lxc.mount.entry = /tank/guests/subvol-101-disk-1 data none bind,create=dir 0 0\n`;
    const { datasets } = facts().on as DebianFacts;
    const configs = new Map([["101", text]]);
    const is = facts({ configs, datasets: new Map([...datasets, dataset("tank/other")]) });
    assert.match(plan(moved, is).refusals.join(), /declare allowReplace: true/);
    const all = plan({ ...moved, allowReplace: true }, is);
    assert.deepEqual(all.refusals, []);
    assert.match(all.changes.find(({ prop }) => prop === "storage")?.note ?? "", /made anew: its root .* destroyed/);
    assert.deepEqual(steps(all), [
      "aside 101 tank/guests/subvol-101-disk-0 tank/other/subvol-101-disk-0 tank/guests/subvol-101-disk-0.phoenix-replaced",
      "root 101 tank/other/subvol-101-disk-0 1073741824",
      "unpack /root/a.tar.zst 100000 100000 -m u:0:100000:65536 -m g:0:100000:65536",
      "identity new",
      "bind /srv/foreign    100000 100000",
      "draft 101 TEXT",
      "done tank/other/subvol-101-disk-0",
      "grow tank/guests/subvol-101-disk-1 1073741824",
      "commit 101",
      "settled 101 tank/guests/subvol-101-disk-0.phoenix-replaced",
    ]);
    const written = all.commands[0]?.stdin;
    assert.ok(typeof written === "string");
    const after = written.split("\n");
    for (const line of [
      ...["lxc.net.0.hwaddr = BC:24:11:00:00:01", "lxc.prlimit.nofile = 99", "lxc.cgroup2.memory.max = 536870912"],
      "lxc.mount.entry = /tank/guests/subvol-101-disk-1 data none bind,create=dir 0 0",
    ])
      assert.ok(after.includes(line), `${line}\n\n${after.join("\n")}`);
    const back =
      "back 101 tank/guests/subvol-101-disk-0 tank/other/subvol-101-disk-0 tank/guests/subvol-101-disk-0.phoenix-replaced ";
    assert.deepEqual(steps({ ...all, commands: all.undo ?? [] }), [back]);
    const nothing = { ...same, storage: "tank/other", allowReplace: true };
    assert.match(plan(nothing, is).refusals.join(), /declare what of: ostemplate or clone/);
    const snapshots = new Map([["/tank/guests/subvol-101-disk-0", ["s1"]]]);
    const held = facts({ configs, snapshots, datasets: new Map([...datasets, dataset("tank/other")]) });
    assert.match(plan({ ...moved, allowReplace: true }, held).refusals.join(), /it has snapshots \(s1\)/);
  });

  it("knows what it was copied from where the host keeps that", () => {
    const copy: Declared = { vmid: 101, clone: { from: 900 } };
    const other: Declared = { vmid: 101, clone: { from: 901 } };
    const made_ = (from: number): Facts => ({ ...facts(), made: new Map([[101, { from }]]) });
    assert.deepEqual(plan(copy, made_(900), other).changes, []);
    assert.match(plan(copy, made_(901)).refusals.join(), /clone is \{"from":901\}, declared \{"from":900\}/);
  });

  it("is ended with its root only, and not while others are clones of it", () => {
    const end = (is: Facts, more: Partial<Declared> = {}) => {
      const live = container.view(is, ContainerSpec.parse({ ...same, allowDestroy: true, ...more }), context());
      assert.ok(live !== undefined);
      return container.destroy(live, context(), is);
    };
    assert.deepEqual(steps(end(facts())), ["destroy tank/guests/subvol-101-disk-0", "remove 101"]);
    assert.match(end(facts(), { allowDestroy: false }).refusals.join(), /allowDestroy/);
    const clone = dataset("tank/guests/subvol-102-disk-0", { origin: "tank/guests/subvol-101-disk-0@a" });
    const below = dataset("tank/guests/subvol-101-disk-0/x");
    const { datasets } = facts().on as DebianFacts;
    assert.match(
      end(facts({ datasets: new Map([...datasets, clone]) })).refusals.join(),
      /subvol-102-disk-0 are clones/,
    );
    assert.match(end(facts({ datasets: new Map([...datasets, below]) })).refusals.join(), /others below it/);
    const gone = facts({ datasets: new Map([dataset("tank/guests")]) });
    assert.deepEqual(steps(end(gone)), ["remove 101"]);
  });
});
