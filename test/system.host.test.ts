import assert from "node:assert/strict";
import { hostname, HostnameSpec } from "../providers/kinds/system/hostname.ts";
import { parse } from "../providers/kinds/system/service.facts.ts";
import { service, ServiceSpec } from "../providers/kinds/system/service.ts";
import { timeZone, TimeZoneSpec } from "../providers/kinds/system/timezone.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const units = parse(captured("system.service/some"));
const names = hostname.parse(captured("system.hostname/some"));

describe("a unit of systemd", () => {
  it("is told with its state, and why it failed", () => {
    assert.deepEqual(units.get("ssh.service"), {
      active: "active",
      file: "enabled",
      result: "success",
      needsReload: false,
      journal: [],
    });
    assert.match(
      service
        .warnings?.(units, "lab-bad.service", service.spec.parse({ name: "lab-bad.service", enabled: true }))
        .join() ?? "",
      /failed \(exit-code\); its last words:[^]*no config found/,
    );
    assert.equal(units.get("lab-masked.service")?.file, "masked");
    assert.equal(units.get("no-such.service"), undefined);
  });
  const cases: [string, object, string[], string[]][] = [
    ["is as declared", { name: "ssh", enabled: true, running: true, masked: false }, [], []],
    [
      "is stopped and disabled",
      { name: "lab-good", enabled: false, running: false },
      ["enabled", "running"],
      ["unit lab-good.service daemon-reload disable stop"],
    ],
    [
      "is enabled and started",
      { name: "nfs-blkmap", enabled: true, running: true },
      ["enabled", "running"],
      ["unit nfs-blkmap.service enable start"],
    ],
    ["is masked", { name: "nfs-blkmap", masked: true }, ["masked"], ["unit nfs-blkmap.service mask"]],
    ["is unmasked", { name: "lab-masked", masked: false }, ["masked"], ["unit lab-masked.service unmask"]],
    [
      "is started again after it failed",
      { name: "lab-bad", running: true },
      ["running"],
      ["unit lab-bad.service start"],
    ],
  ];
  for (const [title, declared, changes, commands] of cases)
    it(title, () => {
      const want = ServiceSpec.parse(declared);
      const plan = service.plan(service.view(units, want, context()), want, context(), units);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
    });
  const other = (file: string, active = "inactive") =>
    new Map([["a.service", { active, file, result: "success", needsReload: false, journal: [] }]]);
  const fileStates: [string, object, string][] = [
    ["enabled-runtime", { enabled: true }, "unit a.service enable"],
    ["enabled-runtime", { enabled: false }, ""],
    ["linked", { enabled: false }, ""],
    ["static", { running: true }, "unit a.service start"],
    ["static", { masked: true }, "unit a.service mask"],
    ["masked-runtime", { masked: true }, "unit a.service mask"],
    ["masked-runtime", { masked: false, enabled: true }, "unit a.service unmask enable"],
    ["masked", { masked: false, enabled: false }, "unit a.service unmask disable"],
  ];
  for (const [file, declared, command] of fileStates)
    it(`is ${file} and declared ${JSON.stringify(declared)}`, () => {
      const want = ServiceSpec.parse({ name: "a", ...declared });
      const plan = service.plan(service.view(other(file), want, context()), want, context(), other(file));
      assert.deepEqual([labels(plan).join(), plan.refusals], [command, []]);
    });
  for (const file of ["static", "generated", "indirect", "alias", "transient", "bad", ""])
    for (const enabled of [true, false])
      it(`is ${file || "without a file"}, and refused to be declared ${enabled ? "enabled" : "disabled"}`, () => {
        const want = ServiceSpec.parse({ name: "a", enabled });
        const live = service.view(other(file), want, context());
        assert.deepEqual(service.plan(live, want, context()).changes, [{ prop: "enabled", from: file, to: enabled }]);
        const { refusals } = service.plan(live, want, context(), other(file));
        assert.match(refusals.join(), new RegExp(`can be neither enabled nor disabled: it is ${file || "without a"}`));
      });
  const refused: [object, RegExp][] = [
    [{ name: "ssh", running: false }, /ssh\.service is what lets us in/],
    [{ name: "ssh", masked: true }, /ssh\.service is what lets us in/],
    [{ name: "no-such", running: true }, /the host has no unit no-such\.service/],
    [{ name: "lab-masked", running: true }, /lab-masked\.service is masked/],
    [{ name: "lab-masked", enabled: true }, /lab-masked\.service is masked/],
  ];
  for (const [declared, message] of refused)
    it(`is refused: ${JSON.stringify(declared)}`, () => {
      const want = ServiceSpec.parse(declared);
      assert.match(service.plan(service.view(units, want, context()), want, context(), units).refusals.join(), message);
    });
  it("is left as it is at the end", () => {
    assert.deepEqual(labels(service.destroy({ name: "lab-good.service", running: true }, context(), units)), []);
  });
  const bad: [object, RegExp][] = [
    ...["-x", "a b", "a;b", "../a", "a/b", "", "x".repeat(300)].map((name): [object, RegExp] => [
      { name, running: true },
      /^name: must/,
    ]),
    [{ name: "a" }, /say at least one of enabled, running and masked/],
    [{ name: "a", masked: true, running: true }, /^running: excludes masked/],
  ];
  for (const [declared, message] of bad)
    it(`is not declared by ${JSON.stringify(declared).slice(0, 60)}`, () => {
      assert.match(complaints(ServiceSpec, declared).join("\n"), message);
    });
});

describe("the host's name", () => {
  it("is as declared", () => {
    assert.deepEqual(hostname.view(names, { name: "phoenix-lab" }, context()), { name: "phoenix-lab" });
  });
  it("is changed now, at boot and in /etc/hosts", () => {
    const want = { name: "hv1.example.com" };
    const plan = hostname.plan(hostname.view(names, want, context()), want, context(), names);
    assert.deepEqual(labels(plan), [
      "write-file /etc/hosts",
      "write-file /etc/hostname",
      "hostname -- hv1.example.com",
    ]);
    assert.equal(
      plan.commands[0]?.stdin,
      "127.0.0.1 localhost\n127.0.1.1 hv1.example.com hv1\n::1 localhost ip6-localhost ip6-loopback\n",
    );
  });
  it("is not changed on Proxmox VE", () => {
    assert.match(hostname.unfit?.({ name: "a" }, "proxmox").join() ?? "", /not renamed from here/);
    assert.deepEqual(hostname.unfit?.({ name: "a" }, "debian"), []);
  });
  for (const name of ["-a", "a_b", "a b", "a..b", ".", "", "x".repeat(64) + ".y"])
    it(`cannot be ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.match(complaints(HostnameSpec, { name }).join(), /^name: must be a host name/);
    });
});

describe("the time zone", () => {
  it("is told by its name", () => {
    const there = timeZone.parse(captured("system.timezone/some"));
    assert.deepEqual(timeZone.view(there, { zone: "UTC" }, context()), { zone: "Etc/UTC" });
  });
  const zones: [string, string | undefined, string, string[], string[]][] = [
    ["Europe/Berlin", undefined, "Europe/Berlin", [], []],
    ["Etc/UTC", undefined, "Etc/UTC", ["set-timezone Europe/Berlin"], []],
    ["Europe/Berlin", "Europe/Berlin", "Europe/Berlin", [], []],
    [
      "Europe/Berlin",
      "Etc/UTC",
      "Europe/Berlin, and Etc/UTC in /etc/timezone",
      ["write-file /etc/timezone"],
      ["write-file /etc/timezone"],
    ],
    [
      "Etc/UTC",
      "Etc/UTC",
      "Etc/UTC",
      ["write-file /etc/timezone", "set-timezone Europe/Berlin"],
      ["write-file /etc/timezone"],
    ],
  ];
  for (const [link, text, told, commands, undo] of zones)
    it(`is set where /etc/localtime has ${link}, and /etc/timezone ${text ?? "is not there"}`, () => {
      const file = text === undefined ? "" : `1:${text}\n`;
      const stdout = `== localtime\n/usr/share/zoneinfo/${link}\n== timezone\n${file}`;
      const there = timeZone.parse({ code: 0, stdout, stderr: "" });
      const want = { zone: "Europe/Berlin" };
      const live = timeZone.view(there, want, context());
      const plan = timeZone.plan(live, want, context(), there);
      assert.deepEqual([live?.zone, labels(plan), plan.undo?.map(({ label }) => label) ?? []], [told, commands, undo]);
    });
  for (const zone of ["../etc/passwd", "-x", "Europe/Berlin\n", "", "a b"])
    it(`cannot be ${JSON.stringify(zone)}`, () => {
      assert.match(complaints(TimeZoneSpec, { zone }).join(), /^zone: must be a time zone/);
    });
});
