import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { container, ContainerSpec } from "../providers/kinds/lxc/container.ts";
import type { Facts } from "../providers/kinds/lxc/container.facts.ts";
import type { State } from "../providers/kinds/lxc/container.state.ts";
import { parseConf, printConf } from "../providers/kinds/lxc/pve.conf.ts";
import type { Plan } from "../providers/kind.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

type Declared = z.input<typeof ContainerSpec>;

/** Lines of a real file of a container. */
function fixture(name: string): string[] {
  const text = readFileSync(new URL(`fixtures/lxc.pct/${name}.txt`, import.meta.url), "utf8");
  return text
    .slice(text.indexOf("--- stdout\n") + 11, text.indexOf("--- stderr"))
    .trimEnd()
    .split("\n");
}

/** A real file of a container, as one look would show it. */
function look(
  files: Readonly<Record<number, string>>,
  running: readonly number[] = [],
  more = "",
  lines: string[] = [],
  has: (line: string) => boolean = () => true,
): Facts {
  const shown = Object.entries(files).flatMap(([id, name]) => {
    return [...fixture(name).filter(has), ...lines].map((line) => `/etc/pve/lxc/${id}.conf:${line}`);
  });
  const parts = [
    "== pve",
    "mounted",
    "== files",
    ...shown,
    "== running",
    ...running.map(String),
    "== links",
    "vmbr0",
    "lo",
  ];
  return container.parse({ code: 0, stdout: `${[...parts, more].join("\n")}\n`, stderr: "" });
}

const deb1 = look({ 101: "009-raw-101-after-create" });
const deb1Running = look({ 101: "009-raw-101-after-create" }, [101]);

/** The same as it is kept while it is made anew. */
const deb1Kept = [
  "== kept",
  ...printConf(parseConf(fixture("009-raw-101-after-create"))).map(
    (line) => `/var/lib/phoenix-hypervisor/lxc-kept/101:${line}`,
  ),
].join("\n");

/** All that the captured container has, declared. */
const whole = {
  vmid: 101,
  hostname: "deb1",
  storage: "tank",
  size: "1024M",
  memory: 256,
  swap: 0,
  cores: 1,
  unprivileged: true,
  features: { nesting: true, keyctl: false },
  interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.101/24", gw: "10.10.10.1" } },
  mounts: { "/data": { storage: "tank", size: "1G", backup: true }, "/mnt/share": { source: "/srv/share" } },
  tags: ["web", "Prod", "alpha"],
  description: "line one\nline two: ünï & 100%\n",
  onboot: true,
  protection: false,
  startup: { order: 2, up: 5, down: 30 },
  nameserver: ["10.10.10.1"],
  searchdomain: ["lab.test"],
} satisfies Declared;

/** The whole declaration without some members. */
const without = (...names: string[]): Declared => ({
  vmid: 101,
  ...Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name))),
});

function plan(declared: Declared, facts = deb1, was?: Declared): Plan {
  const want = ContainerSpec.parse(declared);
  const how = context<State>(was === undefined ? {} : { was: ContainerSpec.parse(was) });
  return container.plan(container.view(facts, want, how), want, how, facts);
}

describe("lxc:Container on Proxmox VE", () => {
  it("adopts one that was made by hand with nothing to do", () => {
    assert.deepEqual(plan(whole), { changes: [], refusals: [], commands: [] });
    assert.deepEqual(plan({ ...whole, running: true, memory: 256 }, deb1Running).changes, []);
  });

  const MAC = "hwaddr=BC:24:11:A6:DB:17";
  const cases: [what: string, change: Partial<Declared>, props: string[], command: string][] = [
    ["memory", { memory: 512 }, ["memory"], "pct_ set 101 --memory 512"],
    [
      "several at once",
      { memory: 512, cores: 2, onboot: false, tags: ["b", "A"], startup: { order: 3 } },
      ["memory", "cores", "tags", "onboot", "startup"],
      "pct_ set 101 --memory 512 --cores 2 --tags 'b;a' --onboot 0 --startup order=3",
    ],
    [
      "an address, with the MAC address that there is",
      { interfaces: { eth0: { bridge: "vmbr0", ip: "dhcp" } } },
      ["interfaces.eth0.ip"],
      `pct_ set 101 --net0 name=eth0,bridge=vmbr0,gw=10.10.10.1,${MAC},ip=dhcp,type=veth`,
    ],
    [
      "one more interface",
      { interfaces: { ...whole.interfaces, eth1: { bridge: "vmbr0", tag: 10, firewall: true } } },
      ["interfaces.eth1"],
      "pct_ set 101 --net1 name=eth1,bridge=vmbr0,tag=10,firewall=1",
    ],
    [
      "a feature, beside the others",
      { features: { nesting: true, keyctl: true, mount: ["nfs", "cifs"] } },
      ["features.keyctl", "features.mount"],
      "pct_ set 101 --features 'nesting=1,keyctl=1,mount=nfs;cifs'",
    ],
    [
      "a new volume",
      { mounts: { ...whole.mounts, "/more": { storage: "tank", size: "512M", ro: true } } },
      ["mounts./more"],
      "pct_ set 101 --mp2 tank:0.5,mp=/more,ro=1",
    ],
    [
      "a volume that grows, and the root",
      { size: "2G", mounts: { ...whole.mounts, "/data": { storage: "tank", size: "2304M", backup: true } } },
      ["size", "mounts./data.size"],
      "pct_ resize 101 rootfs 2G && pct_ resize 101 mp0 2304M",
    ],
    [
      "how the root is mounted",
      { rootfs: { acl: true, mountoptions: ["noatime", "nodev"], ro: false } },
      ["rootfs.acl", "rootfs.mountoptions"],
      "pct_ set 101 --rootfs 'tank:subvol-101-disk-0,size=1G,acl=1,mountoptions=noatime;nodev'",
    ],
    [
      "an option of a mount",
      { mounts: { ...whole.mounts, "/data": { storage: "tank", size: "1G", backup: false } } },
      ["mounts./data.backup"],
      "pct_ set 101 --mp0 tank:subvol-101-disk-1,mp=/data,backup=0,size=1G",
    ],
    [
      "another directory of the host",
      { mounts: { ...whole.mounts, "/mnt/share": { source: "/srv/other", ro: true } } },
      ["mounts./mnt/share.source", "mounts./mnt/share.ro"],
      "bind /srv/other '' '' '' 100000 100000 && pct_ set 101 --mp1 /srv/other,mp=/mnt/share,ro=1",
    ],
    [
      "lines of LXC, the id map and the profile",
      {
        lxc: ["lxc.prlimit.nofile = 1024"],
        apparmorProfile: "unconfined",
        idmap: [{ type: "u", container_id: 0, host_id: 200_000, size: 9 }],
      },
      ["idmap", "apparmorProfile", "lxc"],
      "lines 101 '+lxc.idmap: u 0 200000 9' '+lxc.apparmor.profile: unconfined' '+lxc.prlimit.nofile: 1024'",
    ],
    [
      "a device",
      { devices: { "/dev/fuse": { mode: "0666", gid: 44 } } },
      ["devices./dev/fuse"],
      "pct_ set 101 --dev0 /dev/fuse,gid=44,mode=0666",
    ],
    ["that it runs", { running: true }, ["running"], "start 101"],
  ];
  for (const [what, change, differs, command] of cases)
    it(`changes ${what}`, () => {
      const planned = plan({ ...whole, ...change });
      assert.deepEqual(planned.refusals, []);
      assert.deepEqual(props(planned).toSorted(), differs.toSorted());
      assert.deepEqual(labels(planned), [command]);
    });

  it("takes back what is declared no more, and keeps the data", () => {
    const rest = without("mounts", "tags", "startup", "searchdomain", "memory");
    const planned = plan(rest, deb1, whole);
    assert.deepEqual(labels(planned), ["pct_ set 101 --delete searchdomain,tags,startup,mp0,mp1"]);
    assert.deepEqual(plan(rest).changes, [], "what was never declared is left alone");
  });

  it("says what counts at once and what waits", () => {
    const want = ContainerSpec.parse({
      ...whole,
      running: true,
      memory: 512,
      nameserver: ["10.0.0.1"],
      mounts: { "/new": { source: "/srv" } },
    });
    const live = ContainerSpec.parse({ ...whole, running: true });
    const { changes } = container.plan(live, want, { ...context<State>(), platform: "proxmox" });
    assert.deepEqual(
      changes.map(({ prop, note }) => [prop, note]),
      [
        ["memory", "applied live"],
        ["nameserver", "waits for a restart"],
        ["mounts./data", "waits for a restart; the data is kept"],
        ["mounts./mnt/share", "waits for a restart; the data is kept"],
        ["mounts./new", "applied live"],
      ],
    );
  });

  it("restarts where that is allowed and needed, and not else", () => {
    const declared = { ...whole, running: true, nameserver: ["10.0.0.1"] };
    assert.deepEqual(labels(plan(declared, deb1Running)), ["pct_ set 101 --nameserver 10.0.0.1"]);
    assert.deepEqual(labels(plan({ ...declared, restart: "whenNeeded" }, deb1Running)), [
      "pct_ set 101 --nameserver 10.0.0.1 && stop 101 60 && start 101",
    ]);
    assert.deepEqual(
      labels(plan({ ...declared, nameserver: whole.nameserver, memory: 300, restart: "whenNeeded" }, deb1Running)),
      ["pct_ set 101 --memory 300"],
    );
    const waiting = look({ 101: "131-raw-101-before-reboot" }, [101]);
    assert.deepEqual(props(plan({ vmid: 101, restart: "whenNeeded" }, waiting)), ["restartPending"]);
    assert.deepEqual(plan({ vmid: 101 }, waiting).changes, []);
    assert.match(
      String(container.warnings?.(waiting, "101", ContainerSpec.parse({ vmid: 101 }))),
      /waits for a restart: mounts.\/data/,
    );
  });

  it("knows which lines of LXC a running container still has, or has not yet", () => {
    const waits = (more: string) => {
      const facts = look({ 101: "009-raw-101-after-create" }, [101], more, ["lxc.cap.drop: mknod"]);
      return container.outputs?.(facts, "101")["restartPending"];
    };
    const started = "== started\n101 lxc.arch = amd64\n101 lxc.prlimit.nofile = 1024";
    assert.deepEqual(waits(`${started}\n101 lxc.cap.drop = mknod`), []);
    assert.deepEqual(waits(started), ["lxc"]);
    const both = `${started}\n101 lxc.cap.drop = mknod\n== dropped\n101 `;
    assert.deepEqual(waits(`${both}lxc.prlimit.nofile: 1024`), ["lxc"]);
    assert.deepEqual(waits(`${both}lxc.idmap: u 0 1 2`), [], "what it was not started with");
    assert.deepEqual(waits(`${both}lxc.cap.drop: mknod`), [], "what came back");
  });

  it("is waited for after a start, and where an earlier run gave it up", () => {
    const ready = { port: 80, command: ["test", "-e", "/run/a b"] };
    const up = { ...whole, running: true, ready };
    const waiting = "ready 101 60 80 test -e '/run/a b'";
    assert.deepEqual(labels(plan(up)), [`starting 101 && start 101 && ${waiting}`]);
    assert.deepEqual(labels(plan({ ...up, restart: "whenNeeded", timezone: "host" }, deb1Running)), [
      `pct_ set 101 --timezone host && stop 101 60 && starting 101 && start 101 && ${waiting}`,
    ]);
    const given = look({ 101: "009-raw-101-after-create" }, [101], "== starting\n101");
    assert.deepEqual(props(plan(up, given)), ["unready"]);
    assert.deepEqual(labels(plan(up, given)), [waiting]);
    assert.deepEqual(plan({ ...whole, running: true }, given).changes, [], "nobody wants to know");
    assert.deepEqual(plan(up, deb1Running).changes, []);
    assert.deepEqual(plan(up, deb1Running, { ...up, ready: { port: 81 } }).commands, []);
  });

  it("is made anew on consent only, with its settings, its volumes and its MAC address", () => {
    const anew: Declared = {
      ...without("nameserver", "mounts", "startup", "description"),
      ...{ storage: "fast", ostemplate: "local:vztmpl/x", allowReplace: true },
      mounts: { "/data": { storage: "tank", size: "1G", backup: false } },
    };
    assert.match(plan({ ...anew, allowReplace: false }).refusals.join(), /declare allowReplace: true/);
    const planned = plan(anew, deb1Running);
    assert.deepEqual(planned.refusals, []);
    const made =
      "pct_ create 101 local:vztmpl/x --rootfs fast:1 --unprivileged 1 --hostname deb1 --memory 256 --swap 0 --cores 1 " +
      "--nameserver 10.10.10.1 --searchdomain lab.test --tags 'web;prod;alpha' " +
      "--description 'line one line two: ünï & 100%' --protection 0 --onboot 1 --startup order=2,up=5,down=30 " +
      "--features nesting=1,keyctl=0 --net0 name=eth0,bridge=vmbr0,gw=10.10.10.1,hwaddr=BC:24:11:A6:DB:17,ip=10.10.10.101/24 " +
      "--mp0 /srv/share,mp=/mnt/share && pct_ set 101 --mp1 tank:subvol-101-disk-1,mp=/data,backup=0";
    const [label = ""] = labels(planned);
    const sorted = (text: string) => text.split(" --").toSorted();
    assert.deepEqual(
      sorted(label.replace(/ && restored.*/, "")),
      sorted(`stop 101 60 && end 101 anew && bind /srv/share '' '' '' 100000 100000 && ${made}`),
    );
    assert.match(label, / && restored 101 && start 101$/);
    // Where it was cut off behind its end.
    const kept = look({}, [], deb1Kept);
    const [again = ""] = labels(plan(anew, kept));
    assert.ok(again.includes("--mp0 tank:subvol-101-disk-1,mp=/data,backup=0"), again);
    assert.match(again, / && restored 101$/);
    // Where it was cut off before its end, without its volumes, and behind its making: they come back, and no new ones.
    const bare = look({ 101: "009-raw-101-after-create" }, [], deb1Kept, [], (line) => !/^mp\d/.test(line));
    const volume = "tank:subvol-101-disk-1,mp=/data,backup=0";
    assert.ok((labels(plan(anew, bare))[0] ?? "").endsWith(` && pct_ set 101 --mp0 ${volume} && restored 101`));
    const stays = { ...anew, storage: "tank" };
    const resumed = plan(stays, bare);
    assert.ok(resumed.changes.some(({ prop }) => prop === "unfinished"));
    assert.deepEqual(labels(resumed), [
      "bind /srv/share '' '' '' 100000 100000 && " +
        `pct_ set 101 --mp0 ${volume} --mp1 /srv/share,mp=/mnt/share && restored 101`,
    ]);
    assert.deepEqual(labels(plan(stays, look({ 101: "009-raw-101-after-create" }, [], deb1Kept))), [
      `pct_ set 101 --mp0 ${volume},size=1G && restored 101`,
    ]);
    assert.match(
      plan({ ...anew, mounts: { "/data": { storage: "tank", size: "2G" } } }).refusals.join(),
      /mounts.\/data.size: it is not changed while the container is made anew/,
    );
  });

  it("stops before it changes, and starts after", () => {
    const planned = plan(
      { ...whole, running: false, memory: 300, shutdown: { timeout: 5, forceStop: true } },
      deb1Running,
    );
    assert.deepEqual(labels(planned), ["stop 101 5 force && pct_ set 101 --memory 300"]);
    assert.deepEqual(labels(plan({ ...whole, running: true, memory: 300 })), [
      "pct_ set 101 --memory 300 && start 101",
    ]);
  });

  const refused: [what: string, change: Partial<Declared>, reason: RegExp][] = [
    [
      "another storage",
      { storage: "other" },
      /storage is "tank", declared "other", and that cannot be changed: declare a container with another id/,
    ],
    ["a privileged one", { unprivileged: false }, /unprivileged is true, declared false/],
    ["another system", { ostype: "alpine" }, /ostype is "debian"/],
    ["a smaller root", { size: "512M" }, /never made smaller; declare at least 1G/],
    ["a smaller volume", { mounts: { "/data": { storage: "tank", size: "512M" } } }, /never made smaller/],
    ["a volume elsewhere", { mounts: { "/data": { storage: "fast", size: "1G" } } }, /pct move-volume 101/],
    ["a bridge that is not there", { interfaces: { eth1: { bridge: "vmbr9" } } }, /the host has no bridge vmbr9/],
    ["a GPU that is not there", { devices: { "gpu:1": {} } }, /devices.gpu:1: the host has no such GPU/],
    [
      "a number without one on the host",
      {
        mounts: { "/new": { source: "/srv", uid: 9 } },
        idmap: [{ type: "u", container_id: 0, host_id: 100_000, size: 5 }],
      },
      /mounts.\/new.uid: the container's 9 is no number on the host/,
    ],
  ];
  for (const [what, change, reason] of refused)
    it(`refuses ${what}`, () => {
      assert.match(plan({ ...whole, ...change }).refusals.join("; "), reason);
    });

  it("refuses to touch volumes of one that is protected", () => {
    const on = look({ 101: "009-raw-101-after-create" }, [], "", ["protection: 1"]);
    const rest = without("mounts");
    const reason = /it is protected, and so are its volumes: declare protection: false, and apply that first/;
    assert.match(plan({ ...rest, protection: true }, on, whole).refusals.join(), reason);
    assert.match(plan({ ...whole, protection: true, rootfs: { acl: true } }, on).refusals.join(), reason);
    assert.deepEqual(plan({ ...whole, protection: true, memory: 9999 }, on).refusals, []);
  });

  it("respects what a backup holds", () => {
    const locked = look({ 102: "146-raw-102-locked" });
    assert.match(
      plan({ vmid: 102, memory: 99 }, locked).refusals.join(),
      /it is locked \(backup\): wait until the backup is done/,
    );
    assert.deepEqual(plan({ vmid: 102, memory: 70 }, locked).refusals, []);
  });

  it("is made of an archive in one command", () => {
    const planned = plan({
      ...whole,
      vmid: 200,
      ostemplate: "local:vztmpl/debian.tar.zst",
      running: true,
      lxc: ["lxc.prlimit.nofile: 9"],
      sshKeys: ["ssh-ed25519 AAAA"],
    });
    assert.deepEqual(planned.refusals, []);
    assert.deepEqual(labels(planned), [
      "bind /srv/share '' '' '' 100000 100000 && begin 200 && pct_ create 200 local:vztmpl/debian.tar.zst --rootfs tank:1 --unprivileged 1 " +
        "--hostname deb1 --memory 256 --swap 0 --cores 1 --nameserver 10.10.10.1 --searchdomain lab.test " +
        "--tags 'web;prod;alpha' --description 'line one line two: ünï & 100%' --protection 0 --onboot 1 --startup order=2,up=5,down=30 " +
        "--features nesting=1,keyctl=0 --net0 name=eth0,bridge=vmbr0,ip=10.10.10.101/24,gw=10.10.10.1 " +
        "--mp0 tank:1,mp=/data,backup=1 --mp1 /srv/share,mp=/mnt/share && lines 200 '+lxc.prlimit.nofile: 9' && own 200 deb1 keys && start 200",
    ]);
    assert.match(plan({ vmid: 200 }).refusals.join(), /declare what of: ostemplate or clone/);
  });

  it("is made with volumes that are there already, whose sizes pct finds out", () => {
    const kept = { volume: "tank:subvol-9-disk-1" };
    const made: Declared = { vmid: 200, ostemplate: "local:vztmpl/x", storage: "tank", mounts: { "/old": kept } };
    assert.deepEqual(labels(plan(made)), [
      "pct_ create 200 local:vztmpl/x --storage tank && pct_ set 200 --mp0 tank:subvol-9-disk-1,mp=/old",
    ]);
  });

  it("is made as a copy, with what differs from the source", () => {
    const sources = look({ 110: "199-raw-110-template", 102: "190-raw-102-bind-snapshot" });
    const copy = {
      vmid: 113,
      clone: { from: 110 },
      hostname: "web",
      memory: 70,
      cores: 2,
      interfaces: { eth0: { bridge: "vmbr0", ip: "dhcp" } },
    };
    assert.deepEqual(labels(plan(copy, sources)), [
      "begin 113 && pct_ clone 110 113 --hostname web && pct_ set 113 --cores 2 --net0 name=eth0,bridge=vmbr0,ip=dhcp,type=veth && made 113 '{\"from\":110}' && own 113 web identity",
    ]);
    assert.match(
      plan({ vmid: 113, clone: { from: 102 } }, sources).refusals.join(),
      /container 102 has bind mounts \(\/srv\/share\)/,
    );
    assert.match(plan({ vmid: 113, clone: { from: 7777 } }, sources).refusals.join(), /container 7777, is not there/);
    const plain = look({ 102: "161-raw-102-two-snapshots" });
    const linkedTo = (full: boolean) => plan({ vmid: 113, clone: { from: 102, snapname: "s1", full } }, plain).refusals;
    assert.match(linkedTo(false).join(), /clone.full: container 102 is no template/);
    assert.deepEqual(linkedTo(true), []);
    const linked = look({ 113: "202-raw-113-linked" });
    assert.deepEqual(plan({ vmid: 113, clone: { from: 110 } }, linked).changes, []);
    assert.match(
      plan({ vmid: 113, clone: { from: 111 } }, linked).refusals.join(),
      /clone is \{"from":110\}, declared \{"from":111\}/,
    );
  });

  it("is given what is its own where that was cut off", () => {
    const cut = look({ 113: "202-raw-113-linked" }, [], "== unfinished\n113");
    const copy: Declared = { vmid: 113, clone: { from: 110 }, hostname: "linked113", password: "root", running: true };
    const planned = plan(copy, cut);
    assert.deepEqual(props(planned), ["running", "unfinished"]);
    assert.deepEqual(labels(planned), ["own 113 linked113 identity password && start 113"]);
    assert.equal(JSON.stringify(planned.commands[0]?.stdin), '"[secret]"');
  });

  it("is ended with consent only, and its volumes stay", () => {
    const end = (more: Declared, facts = deb1) => container.destroy(ContainerSpec.parse(more), context<State>(), facts);
    assert.match(end(whole).refusals.join(), /declare allowDestroy: true/);
    const planned = end({ ...whole, allowDestroy: true }, deb1Running);
    assert.deepEqual(planned.refusals, []);
    assert.deepEqual(labels(planned), ["stop 101 60 && end 101"]);
    assert.equal(planned.says, "these volumes are kept: tank:subvol-101-disk-1");
    const family = look({ 110: "199-raw-110-template", 113: "202-raw-113-linked" });
    assert.match(
      end({ vmid: 110, allowDestroy: true }, family).refusals.join(),
      /linked clones are made of it \(113\)/,
    );
  });

  it("has GPUs by index and address, and gives up only what no other needs", () => {
    const gpus = [
      ...[
        "== gpus",
        "nvidia 0000:65:00.0 1",
        "nvidia 0000:17:00.0 0",
        "shared /dev/nvidiactl",
        "shared /dev/nvidia-uvm",
      ],
      ...["dri 0000:00:02.0 /dev/dri/card0", "dri 0000:00:02.0 /dev/dri/renderD128"],
    ].join("\n");
    const facts = look({ 101: "009-raw-101-after-create" }, [], gpus);
    const both = { vmid: 101, devices: { "gpu:0": {}, "gpu:65:00.0": { gid: 44 } } };
    assert.deepEqual(labels(plan(both, facts)), [
      "pct_ set 101 --dev0 /dev/nvidia0 --dev1 /dev/nvidiactl --dev2 /dev/nvidia-uvm --dev3 /dev/nvidia1,gid=44",
    ]);
    assert.deepEqual(labels(plan({ vmid: 101, devices: { "gpu:2": {} } }, facts)), [
      "pct_ set 101 --dev0 /dev/dri/card0 --dev1 /dev/dri/renderD128",
    ]);
  });

  it("is refused where it cannot be", () => {
    assert.match(
      String(container.unfit?.(ContainerSpec.parse({ vmid: 101, storage: "tank/guests" }), "proxmox")),
      /storage: tank\/guests is a dataset/,
    );
    const mapped = ContainerSpec.parse({ vmid: 101, mounts: { "/a": { source: "/a", idmap: "container" } } });
    assert.match(String(container.unfit?.(mapped, "proxmox")), /mounts\.\/a\.idmap: it is for plain Debian/);
    assert.deepEqual(container.unfit?.(mapped, "debian"), []);
    assert.throws(() => container.parse({ code: 0, stdout: "== pve\n", stderr: "" }), /\/etc\/pve is not mounted/);
  });
});

describe("the declaration of a container", () => {
  const wrong: [declared: Declared, complaint: RegExp][] = [
    [{ vmid: 99 }, /vmid: must be at least 100/],
    [{ vmid: 101, memory: 8 }, /memory/],
    [{ vmid: 101, hostname: "bad_host!" }, /hostname: must be a DNS name/],
    [{ vmid: 101, clone: { from: 101 } }, /clone.from: must be another container/],
    [
      { vmid: 101, clone: { from: 102 }, ostemplate: "local:vztmpl/x" },
      /clone: must not be declared beside ostemplate/,
    ],
    [{ vmid: 101, interfaces: { eth0: { bridge: "vmbr0", gw: "10.0.0.1" } } }, /gw: must stand beside an address/],
    [{ vmid: 101, interfaces: { eth0: { bridge: "vmbr0", hwaddr: "01:00:00:00:00:00" } } }, /unicast/],
    [{ vmid: 101, mounts: { data: { source: "/x" } } }, /must be a path in the container/],
    [{ vmid: 101, mounts: { "/a/../b": { source: "/x" } } }, /must be a path in the container/],
    [{ vmid: 101, mounts: { "/data": {} } }, /must have `source`/],
    [{ vmid: 101, mounts: { "/data": { storage: "tank" } } }, /size: must be declared/],
    [{ vmid: 101, mounts: { "/data": { source: "/x", size: "1G" } } }, /size: must not be declared beside `source`/],
    [
      { vmid: 101, unprivileged: false, mounts: { "/a": { source: "/a", idmap: "container" } } },
      /idmap: must not be declared: a privileged/,
    ],
    [{ vmid: 101, mounts: { "/data": { storage: "tank", size: "1G", uid: 5 } } }, /uid: must stand beside `source`/],
    [{ vmid: 101, lxc: ["lxc.idmap: u 0 1 2"] }, /must be declared in `idmap`/],
    [{ vmid: 101, template: true, running: true }, /running: must not be true/],
    [{ vmid: 101, ready: {} }, /ready: must say when: port or command/],
    [
      { vmid: 101, idmap: [1, 2].map((host_id) => ({ type: "u" as const, container_id: 0, host_id, size: 1 })) },
      /in the container twice/,
    ],
    [{ vmid: 101, devices: { "/etc/x": {} } }, /must be a path below \/dev/],
  ];
  for (const [declared, complaint] of wrong)
    it(`is refused: ${JSON.stringify(declared)}`, () => {
      assert.match(complaints(ContainerSpec, declared).join("; "), complaint);
    });
});
