import assert from "node:assert/strict";
import { parse as parseModules } from "../providers/kinds/system/module.facts.ts";
import { kernelModule, KernelModuleSpec } from "../providers/kinds/system/module.ts";
import { parse, pathOf } from "../providers/kinds/system/sysctl.facts.ts";
import { sysctl, SysctlSpec } from "../providers/kinds/system/sysctl.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const facts = parse(captured("system.sysctl/some"));
const modules = parseModules(captured("system.kernelmodule/some"));

describe("a kernel parameter", () => {
  it("has one path, however it is written", () => {
    for (const [name, path] of [
      ["vm.swappiness", "vm/swappiness"],
      ["net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"],
      ["net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"],
    ] as const)
      assert.equal(pathOf(name), path);
  });
  it("is one by each of its names", () => {
    for (const key of ["net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"])
      assert.equal(sysctl.id(SysctlSpec.parse({ key, value: 1 })), "net.ipv4.conf.eth0/1.forwarding");
  });
  it("is told with its value and all who set it", () => {
    assert.equal(facts.now.get("net/ipv4/tcp_rmem"), "4096\t131072\t6291456");
    assert.deepEqual(
      facts.setters.filter(({ name }) => name === "vm/swappiness").map(({ file, value }) => `${file} ${value}`),
      ["/etc/sysctl.d/50-foreign.conf 30", "/etc/sysctl.d/zz-phoenix-vm-swappiness.conf 10"],
    );
    assert.equal(facts.before.get("/etc/sysctl.d/zz-phoenix-vm-swappiness.conf"), "60");
  });
  const cases: [string, SysctlSpec, string[], string[]][] = [
    ["is as declared", { key: "vm.swappiness", value: 10 }, [], []],
    [
      "differs now and at boot",
      { key: "vm.swappiness", value: 11 },
      ["value.now", "value.boot"],
      ["sysctl-set vm/swappiness 11", "write-file /etc/sysctl.d/zz-phoenix-vm-swappiness.conf"],
    ],
    [
      "is as declared now, and not at boot",
      { key: "net.ipv4.tcp_rmem", value: "4096 131072 6291456" },
      ["key"],
      ["write-file /etc/sysctl.d/zz-phoenix-net-ipv4-tcp_rmem.conf"],
    ],
    [
      "is set for boot by somebody else already",
      { key: "net.ipv4.conf.all.rp_filter", value: 2 },
      ["value.now"],
      ["sysctl-set net/ipv4/conf/all/rp_filter 2"],
    ],
  ];
  for (const [title, want, changes, commands] of cases)
    it(title, () => {
      const plan = sysctl.plan(sysctl.view(facts, want, context()), want, context(), facts);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
    });
  it("is refused when the kernel has no such", () => {
    const want = { key: "no.such", value: 1 };
    assert.match(
      sysctl.plan(undefined, want, context(), facts).refusals.join(),
      /the kernel has no parameter no\.such/,
    );
  });
  it("is refused when a later file overrules it", () => {
    const want = { key: "vm.dirty_ratio", value: 8 };
    assert.match(sysctl.plan(undefined, want, context(), facts).refusals.join(), /zzz\.conf sets vm\.dirty_ratio too/);
  });
  it("goes back to what others set, or to what it was", () => {
    const end = sysctl.destroy({ key: "vm.swappiness", value: 10 }, context(), facts);
    assert.deepEqual(labels(end), [
      "sysctl-set vm/swappiness 30",
      "remove-file /etc/sysctl.d/zz-phoenix-vm-swappiness.conf",
    ]);
    const alone = { ...facts, setters: facts.setters.filter(({ file }) => !file.includes("foreign")) };
    assert.equal(
      labels(sysctl.destroy({ key: "vm.swappiness", value: 10 }, context(), alone))[0],
      "sysctl-set vm/swappiness 60",
    );
  });
  for (const key of ["swappiness", "-w", "vm..x", "vm.../x", "vm/../x", "a b.c", "vm.x;y", ""])
    it(`has no name like ${JSON.stringify(key)}`, () => {
      assert.match(complaints(SysctlSpec, { key, value: 1 }).join(), /^key: must be/);
    });
  for (const value of ["", " ", "a\nb", true])
    it(`has no value like ${JSON.stringify(value)}`, () => {
      assert.match(complaints(SysctlSpec, { key: "vm.x", value }).join(), /^value: must be/);
    });
});

describe("a kernel module", () => {
  it("is told with its options and where it is loaded", () => {
    assert.equal(modules.known.get("ext4"), "builtin");
    assert.deepEqual([...modules.loaded], ["zfs"]);
    assert.deepEqual(modules.options.get("dummy"), { numdummies: "2" });
    assert.ok(modules.blacklisted.has("dummy") && modules.atBoot.has("bonding"));
  });
  const cases: [string, KernelModuleSpec, string[], string[]][] = [
    ["is as declared", { name: "zfs", loaded: true }, [], []],
    ["is blacklisted with options as declared", { name: "dummy", blacklist: true, options: { numdummies: 2 } }, [], []],
    ["is loaded now", { name: "bonding", loaded: true }, ["loaded.now"], ["load-module bonding"]],
    [
      "lost an option",
      { name: "dummy", blacklist: true, options: { numdummies: 3 } },
      ["options.numdummies"],
      ["write-file /etc/modprobe.d/zz-phoenix-dummy.conf"],
    ],
    [
      "is no longer blacklisted",
      { name: "dummy", blacklist: false },
      ["blacklist"],
      ["remove-file /etc/modprobe.d/zz-phoenix-dummy.conf"],
    ],
    [
      "is not loaded any more",
      { name: "bonding", loaded: false },
      ["loaded.boot"],
      ["remove-file /etc/modules-load.d/phoenix-bonding.conf"],
    ],
  ];
  for (const [title, want, changes, commands] of cases)
    it(title, () => {
      const plan = kernelModule.plan(kernelModule.view(modules, want, context()), want, context(), modules);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
    });
  it("is one by each of its names", () => {
    for (const name of ["vfio-pci", "vfio_pci"])
      assert.equal(kernelModule.id(KernelModuleSpec.parse({ name, loaded: true })), "vfio_pci");
  });
  it("is refused when there is none, or when it is built in", () => {
    const refusals = (want: KernelModuleSpec) => kernelModule.plan(undefined, want, context(), modules).refusals.join();
    assert.match(refusals({ name: "no-such", loaded: true }), /no module no-such/);
    assert.match(refusals({ name: "ext4", loaded: false }), /built into the kernel/);
  });
  it("leaves what others declared", () => {
    assert.match(kernelModule.destroy({ name: "zfs", loaded: true }, context(), modules).says ?? "", /stays/);
  });
  const bad: [object, RegExp][] = [
    [{ name: "-r", loaded: true }, /^name: must be/],
    [{ name: "a b", loaded: true }, /^name: must be/],
    [{ name: "x".repeat(255), loaded: true }, /^name: must be/],
    [{ name: "a" }, /say at least one/],
    [{ name: "a", loaded: true, blacklist: true }, /^loaded: excludes blacklist/],
    [{ name: "a", options: { "b c": 1 } }, /module option's name/],
    [{ name: "a", options: { b: "1\ninstall a /bin/sh" } }, /must have no blanks/],
  ];
  for (const [declared, message] of bad)
    it(`is not declared by ${JSON.stringify(declared).slice(0, 60)}`, () => {
      assert.match(complaints(KernelModuleSpec, declared).join("\n"), message);
    });
});
