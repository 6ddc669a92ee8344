import assert from "node:assert/strict";
import { entriesOf, replaced, valueOf, valuesOf } from "../providers/kinds/lxc/debian.conf.ts";
import { asIs, networkFile } from "../providers/kinds/lxc/debian.guest.ts";
import { hookEntries, hookOf } from "../providers/kinds/lxc/debian.hooks.ts";
import { debian } from "../providers/kinds/lxc/debian.ts";
import { mounted } from "../providers/kinds/lxc/debian.mounts.ts";
import { limits } from "../providers/kinds/lxc/debian.parse.ts";
import { container, ContainerSpec } from "../providers/kinds/lxc/container.ts";
import type { State } from "../providers/kinds/lxc/container.state.ts";
import { captured } from "./support/captured.ts";
import { context } from "./support/kind.ts";

describe("LXC's configuration", () => {
  const text = [
    "# by hand",
    "lxc.include = /usr/share/lxc/config/common.conf",
    'lxc.uts.name="a name"',
    "  lxc.cgroup2.memory.max\t=  512M  ",
    "lxc.mount.entry = /a a none bind 0 0",
    "lxc.mount.entry =",
    "lxc.mount.entry = /b b none bind 0 0",
    "#phoenix-hypervisor: tags = a;b",
    "#lxc.uts.name = commented",
    "",
  ].join("\n");
  const entries = entriesOf(text);

  it("is read as LXC reads it", () => {
    assert.equal(valueOf(entries, "lxc.uts.name"), "a name");
    assert.equal(valueOf(entries, "lxc.cgroup2.memory.max"), "512M");
    assert.deepEqual(valuesOf(entries, "lxc.mount.entry"), ["/b b none bind 0 0"]);
    assert.equal(valueOf(entries, "#tags"), "a;b");
    assert.equal(valueOf(entries, "lxc.nosuch"), undefined);
  });

  it("keeps every line that does not change, and its place", () => {
    const is = (key: string) => (entry: { key: string }) => entry.key === key;
    assert.equal(replaced(text, is("lxc.nosuch"), []), text);
    assert.equal(replaced(text, is("lxc.uts.name"), [{ key: "lxc.uts.name", value: "a name" }]), text);
    assert.equal(
      replaced(text, is("lxc.uts.name"), [{ key: "lxc.uts.name", value: "b" }]),
      text.replace('lxc.uts.name="a name"', "lxc.uts.name = b"),
    );
    assert.equal(replaced(text, is("#tags"), []), text.replace("#phoenix-hypervisor: tags = a;b\n", ""));
    assert.equal(replaced("", is("x"), [{ key: "#tags", value: "a" }]), "#phoenix-hypervisor: tags = a\n");
    assert.equal(replaced("a = 1", is("x"), [{ key: "x", value: "2" }]), "a = 1\nx = 2\n");
  });

  const entriesOfMounts: readonly (readonly [string, unknown])[] = [
    ["/srv/a data none bind,create=dir 0 0", { is: "mount", path: "/data", mount: { source: "/srv/a" } }],
    [
      "/srv/a data none bind,create=dir,ro,idmap=container 0 0",
      { is: "mount", path: "/data", mount: { source: "/srv/a", ro: true, idmap: "container" } },
    ],
    [
      "/srv/a /root/fs/data/ none rw,rbind,ro,noatime 0 0",
      { is: "mount", path: "/data", mount: { source: "/srv/a", ro: true, mountoptions: ["noatime"] } },
    ],
    ["/dev/fuse dev/fuse none bind,create=file,optional 0 0", { is: "fuse" }],
    ["/dev/dri dev/dri none bind,optional,create=dir", { is: "device", path: "/dev/dri", source: "/dev/dri" }],
    ["/etc/hosts etc/hosts none bind,create=file", undefined],
    ["tmpfs srv tmpfs optional,create=dir 0 0", undefined],
    ["/dev/sda1 data ext4 defaults 0 0", undefined],
  ];
  for (const [line, expected] of entriesOfMounts)
    it(`knows what ${line} mounts`, () => {
      assert.deepEqual(mounted(line, "/root/fs"), expected);
    });
});

describe("lines that LXC runs when a container starts", () => {
  const [rate, down] = hookEntries("veth101i0", { bridge: "b", rate: 0.75, link_down: true });
  it("are read as they are written, and so are those with another text", () => {
    assert.deepEqual(rate && hookOf(rate), { veth: "veth101i0", member: "rate", value: "0.75" });
    assert.deepEqual(down && hookOf(down), { veth: "veth101i0", member: "link_down", value: "1" });
    assert.deepEqual(hookEntries("veth101i0", { bridge: "b", link_down: false }), []);
    assert.ok(rate);
    assert.equal(hookOf({ ...rate, value: "sh -c 'of another version' veth1 rate 3" })?.value, "3");
  });
  const others: readonly (readonly [string, string])[] = [
    ["lxc.hook.start-host", "/root/hook veth101i0 rate 3"],
    ["lxc.hook.start-host", "sh -c 'it is' veth101i0 mine 3"],
    ["lxc.hook.pre-start", "sh -c 'x' veth101i0 rate 3"],
  ];
  for (const [key, value] of others)
    it(`are not ${key} = ${value}`, () => {
      assert.equal(hookOf({ key, value }), undefined);
    });

  it("are compared with what tc tells", () => {
    const lines = [
      "qdisc noqueue 0: dev vmbr0 root refcnt 2 ",
      "qdisc fq_codel 0: dev eth0 root refcnt 2 limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64 ",
      "qdisc tbf 8001: dev veth1i0 root refcnt 3 rate 20Mibit burst 1Mb lat 50ms ",
      "qdisc ingress ffff: dev veth1i0 parent ffff:fff1 ---------------- ",
      "qdisc tbf 8002: dev veth2i0 root refcnt 3 rate 800Kibit burst 1Mb lat 50ms ",
      "total acts 2",
      "\taction order 0:  police 0x50000005 rate 20Mibit burst 1Mb mtu 64Kb action drop overhead 0b ",
      "\tref 1 bind 1 ",
      "\taction order 1:  police 0x1 rate 10Mibit burst 1Mb mtu 2Kb action reclassify overhead 0b ",
    ];
    const links = [
      { ifname: "veth1i0", ifindex: 5 },
      { ifname: "veth2i0", ifindex: 1 },
    ];
    assert.deepEqual(
      [...limits(lines, links)],
      [
        ["veth1i0", { to: 2.5, from: 2.5 }],
        ["veth2i0", { to: 800 / 8 / 1024 }],
      ],
    );
  });
});

describe("the system in a container asks for addresses", () => {
  const eth0 = { bridge: "b", ip: "dhcp", ip6: "fd00::5/64", gw6: "fd00::1" };
  const file = ["[Match]", "Name=eth0", "[Network]", "DHCP=ipv4", "Address=fd00::5/64", "Gateway=fd00::1"];
  it("by a file of networkd, which has the fixed addresses too", () => {
    assert.equal(networkFile("eth0", eth0), `${file.join("\n")}\n`);
    assert.equal(networkFile("eth0", { ...eth0, ip: "10.0.0.2/24" }), "");
    assert.equal(networkFile("eth0", { ip6: "auto" }), "", "the kernel sees to that");
    const both = networkFile("eth0", { ip: "dhcp", ip6: "dhcp" });
    assert.match(both, /^DHCP=yes\nIPv6AcceptRA=yes\n\[DHCPv6\]\nWithoutRA=solicit$/m);
  });
  const guest = (tools: readonly string[], files: Readonly<Record<string, readonly string[]>>) => ({
    tools: new Set(tools),
    files: new Map(Object.entries(files)),
  });
  const manual = { ...eth0, ip: "manual" };
  const path = "etc/systemd/network/05-phoenix-eth0.network";
  const stanzas = ["auto lo", "iface lo inet loopback", "auto eth0", "iface eth0 inet dhcp"];
  const cases: readonly (readonly [string, ReturnType<typeof guest> | undefined, string, typeof eth0])[] = [
    ["of a system that is not known", guest(["ifup"], {}), "unmanaged", eth0],
    ["of one that has nothing known for it", guest([], {}), "debian", eth0],
    ["nobody could look into", undefined, "debian", eth0],
    ["by networkd", guest(["networkd"], { [path]: file }), "debian", eth0],
    ["by networkd, whose file is gone", guest(["networkd"], {}), "debian", manual],
    ["by networkd, another way", guest(["networkd"], { [path]: [...file.slice(0, 3), "DHCP=no"] }), "debian", manual],
    ["by ifupdown", guest(["ifup", "networkd"], { "etc/network/interfaces": stanzas }), "debian", eth0],
    [
      "by ifupdown, which does not",
      guest(["ifup"], { "etc/network/interfaces": stanzas.slice(0, 3) }),
      "alpine",
      manual,
    ],
  ];
  for (const [name, is, ostype, expected] of cases)
    it(name, () => {
      assert.deepEqual(asIs("eth0", eth0, is, ostype), { ...expected });
    });
});

describe("containers of plain Debian refuse at preview", () => {
  const cases: Readonly<Record<string, object>> = {
    ostemplate: { ostemplate: "local:vztmpl/debian.tar.zst" },
    timezone: { timezone: "host" },
    "rootfs.acl": { rootfs: { acl: true } },
    hookscript: { hookscript: "local:snippets/a.pl" },
    cmode: { cmode: "shell" },
    "startup.down": { startup: { down: 3 } },
    "features.keyctl": { features: { keyctl: false } },
    "features.mknod": { features: { mknod: true } },
    "interfaces.eth0.firewall": { interfaces: { eth0: { bridge: "b", firewall: true } } },
    "mounts./a.backup": { mounts: { "/a": { storage: "t/a", size: "1G", backup: true } } },
    "mounts./a.mountoptions": { mounts: { "/a": { storage: "t/a", size: "1G", mountoptions: ["discard"] } } },
    "mounts./c.mountoptions": { mounts: { "/c": { storage: "t/a", size: "1G", mountoptions: ["noexec"] } } },
    "mounts./b.mountoptions": { mounts: { "/b": { storage: "t/a", size: "1G", mountoptions: ["noatime"] } } },
    "devices./dev/fuse.deny-write": { devices: { "/dev/fuse": { "deny-write": true } } },
    devices: { unprivileged: false, devices: { "/dev/fuse": {} } },
  };
  for (const [name, declared] of Object.entries(cases))
    it(name, () => {
      const [first = "", ...more] = debian.unfit(ContainerSpec.parse({ vmid: 100, ...declared }));
      assert.equal(first.split(": ")[0], name);
      assert.deepEqual(more, []);
    });
  it("nothing else", () => {
    const fine = {
      ...{ vmid: 100, ostemplate: "/root/a.tar.zst", storage: "tank/a", features: { keyctl: true, nesting: true } },
      interfaces: { eth0: { bridge: "b", ip: "dhcp", tag: 3, firewall: false, rate: 2.5, link_down: true } },
    };
    assert.deepEqual(debian.unfit(ContainerSpec.parse(fine)), []);
  });
});

describe("what a plain Debian host tells of its containers", () => {
  const facts = container.parse(captured("lxc.container/debian"));
  const interfaces = {
    eth0: {
      ...{ bridge: "vmbr0", ip: "10.10.10.101/24", gw: "10.10.10.1", ip6: "fd00::101/64", hwaddr: "BC:24:11:00:01:01" },
      ...{ tag: 10, trunks: [20, 30], mtu: 1400 },
    },
    eth1: { bridge: "vmbr0", ip: "dhcp" },
  };
  const whole = {
    ...{ vmid: 101, hostname: "web", storage: "tank/guests", size: "256M", memory: 64, swap: 0, cores: 1 },
    ...{ cpulimit: 0.5, cpuunits: 200, tags: ["a", "b"], description: "one: 100 %\ntwo", startup: { order: 2, up: 5 } },
    ...{ nameserver: ["10.10.10.1"], searchdomain: ["a.test"], unprivileged: true, tty: 2, running: true },
    ...{ features: { nesting: true, fuse: true }, lxc: ["lxc.prlimit.nofile: 1024"], interfaces },
    mounts: {
      "/data": { storage: "tank/guests", size: "64M", ro: true, mountoptions: ["nosuid", "noexec"] },
      "/share": { source: "/srv/share", uid: 33 },
    },
    devices: { "/dev/null": { uid: 1, gid: 2, mode: "0666" } },
  };
  const changes = (declared: unknown) => {
    const want = ContainerSpec.parse(declared);
    const live = container.view(facts, want, context<State>());
    return container.plan(live, want, context<State>(), facts).changes.map(({ prop, from }) => [prop, from]);
  };

  it("is all of what is declared, and what waits for a restart", () => {
    assert.deepEqual(changes(whole), []);
    assert.deepEqual(changes({ ...whole, restart: "whenNeeded" }), [["restartPending", ["tty"]]]);
    assert.deepEqual(container.outputs?.(facts, "101"), {
      ...{ status: "running", restartPending: ["tty"] },
      macs: { eth0: "BC:24:11:00:01:01", eth1: "BC:24:11:00:01:02" },
    });
    assert.deepEqual(changes({ ...whole, ready: { port: 80 } }), [["unready", true]]);
  });

  it("shows each difference", () => {
    const other = {
      ...{ ...whole, memory: 65, cores: 2, searchdomain: ["b.test"], lxc: [] },
      interfaces: { ...interfaces, eth0: { ...interfaces.eth0, tag: 11, ip: "10.10.10.9/24" } },
      mounts: { ...whole.mounts, "/share": { source: "/srv/share", uid: 34 } },
      devices: { "/dev/null": { mode: "0600" } },
    };
    assert.deepEqual(changes(other), [
      ["memory", 64],
      ["cores", 1],
      ["searchdomain", ["a.test"]],
      ["interfaces.eth0.ip", "10.10.10.101/24"],
      ["interfaces.eth0.tag", 10],
      ["mounts./share.uid", 33],
      ["devices./dev/null.mode", "0666"],
    ]);
  });

  it("has templates, and snapshots, and nobody else", () => {
    assert.partialDeepStrictEqual(container.outputs?.(facts, "102"), { status: "template" });
    assert.deepEqual(changes({ vmid: 102, template: true, hostname: "CT102" }), []);
    assert.deepEqual(container.outputs?.(facts, "103"), {});
    const anew = ContainerSpec.parse({ ...whole, storage: "tank", ostemplate: "/a.tar", allowReplace: true });
    const live = container.view(facts, anew, context<State>());
    const { refusals } = container.plan(live, anew, context<State>(), facts);
    assert.match(refusals.join(), /it has snapshots \(first\)/);
  });
});
