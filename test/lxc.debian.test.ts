import assert from "node:assert/strict";
import { entriesOf, replaced, valueOf, valuesOf } from "../providers/kinds/lxc/debian.conf.ts";
import { debian } from "../providers/kinds/lxc/debian.ts";
import { mounted } from "../providers/kinds/lxc/debian.mounts.ts";
import { ContainerSpec } from "../providers/kinds/lxc/container.ts";

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

describe("containers of plain Debian refuse at preview", () => {
  const cases: Readonly<Record<string, object>> = {
    ostemplate: { ostemplate: "local:vztmpl/debian.tar.zst" },
    timezone: { timezone: "host" },
    hookscript: { hookscript: "local:snippets/a.pl" },
    cmode: { cmode: "shell" },
    "startup.down": { startup: { down: 3 } },
    "features.keyctl": { features: { keyctl: false } },
    "features.mknod": { features: { mknod: true } },
    "interfaces.eth0.rate": { interfaces: { eth0: { bridge: "b", rate: 1 } } },
    "interfaces.eth0.firewall": { interfaces: { eth0: { bridge: "b", firewall: true } } },
    "interfaces.eth0.link_down": { interfaces: { eth0: { bridge: "b", link_down: true } } },
    "mounts./a.backup": { mounts: { "/a": { storage: "t/a", size: "1G", backup: true } } },
    "mounts./a.mountoptions": { mounts: { "/a": { storage: "t/a", size: "1G", mountoptions: ["discard"] } } },
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
      interfaces: { eth0: { bridge: "b", ip: "dhcp", tag: 3, firewall: false } },
    };
    assert.deepEqual(debian.unfit(ContainerSpec.parse(fine)), []);
  });
});
