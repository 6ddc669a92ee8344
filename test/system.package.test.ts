import assert from "node:assert/strict";
import { parse, query, type Facts } from "../providers/kinds/system/package.facts.ts";
import { packageKind, PackageSpec } from "../providers/kinds/system/package.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const facts = parse(captured("system.package/some"));
const free: Facts = { ...facts, lockedBy: undefined };
const spec = (declared: object) => PackageSpec.parse(declared);

describe("a look at packages", () => {
  it("tells status, version and hold", () => {
    assert.deepEqual(facts.packages.get("tiny-a"), {
      status: "installed",
      version: "1.0",
      held: true,
      essential: false,
    });
    assert.equal(facts.packages.get("tiny-half")?.status, "unpacked");
    assert.equal(facts.packages.get("dpkg")?.essential, true);
  });
  it("knows one of the host's own architecture by both its names", () => {
    assert.equal(facts.packages.get("libc6:amd64"), facts.packages.get("libc6"));
    assert.equal(facts.candidates.get("libc6:amd64"), "2.41-12+deb13u5");
  });
  it("tells what apt would install", () => {
    assert.equal(facts.candidates.get("tiny-a"), "2.0");
    assert.equal(facts.candidates.get("no-such"), undefined);
  });
  it("tells ours, the reboot and who holds the lock", () => {
    assert.deepEqual([...facts.ours], ["tiny-b"]);
    assert.equal(facts.lockedBy, "1393 (python3)");
    assert.deepEqual(packageKind.warnings?.(facts, "tiny-b", packageKind.spec.parse({ name: "tiny-b" })), [
      "takes full effect after a reboot of the host",
    ]);
  });
  it("refuses a host without apt", () => {
    assert.throws(() => parse({ code: 0, stdout: "", stderr: "" }), /has no apt-get/);
  });
  it("gives names as arguments", () => {
    assert.deepEqual(query(["a", "b"]).argv.slice(-2), ["a", "b"]);
  });
});

describe("a package, as it is there,", () => {
  const cases: [string, object, object | undefined][] = [
    ["is gone when it is not installed", { name: "tiny-gone" }, undefined],
    ["is gone when nobody knows it", { name: "no-such" }, undefined],
    ["is absent as declared", { name: "tiny-gone", state: "absent" }, { name: "tiny-gone", state: "absent" }],
    ["is there and should not be", { name: "tiny-b", state: "absent" }, { name: "tiny-b", state: "present" }],
    ["is half there", { name: "tiny-half" }, { name: "tiny-half", state: "unpacked" }],
    [
      "has its version where one is declared",
      { name: "tiny-a", version: "2.0" },
      { name: "tiny-a", state: "present", version: "1.0" },
    ],
    [
      "tells the newer version that there is",
      { name: "tiny-a", state: "latest" },
      { name: "tiny-a", state: "latest", version: "1.0", upgradable: "2.0" },
    ],
    ["is the latest", { name: "tiny-b", state: "latest" }, { name: "tiny-b", state: "latest" }],
    [
      "tells the hold where it is declared",
      { name: "tiny-a", hold: false },
      { name: "tiny-a", state: "present", hold: true },
    ],
  ];
  for (const [title, declared, live] of cases)
    it(title, () => {
      assert.deepEqual(packageKind.view(facts, spec(declared), context()), live);
    });
});

describe("the plan of a package", () => {
  const cases: [string, object, string[], string[]][] = [
    ["is empty when it is there", { name: "tiny-b" }, [], []],
    ["is empty when it is absent as declared", { name: "tiny-gone", state: "absent" }, [], []],
    ["installs", { name: "tiny-new" }, ["name"], ["apt tiny-new"]],
    ["installs a version", { name: "tiny-new", version: "1.0" }, ["name"], ["apt tiny-new=1.0"]],
    ["installs and holds", { name: "tiny-new", hold: true }, ["name"], ["apt tiny-new hold:tiny-new"]],
    ["completes", { name: "tiny-half" }, ["state"], ["apt tiny-half"]],
    ["removes", { name: "tiny-b", state: "absent" }, ["state"], ["apt tiny-b-"]],
    ["holds", { name: "tiny-b", hold: true }, ["hold"], ["apt hold:tiny-b"]],
    ["lifts the hold", { name: "tiny-a", hold: false }, ["hold"], ["apt unhold:tiny-a"]],
    [
      "lifts the hold for a change",
      { name: "tiny-a", hold: true, version: "2.0" },
      ["version"],
      ["apt unhold:tiny-a tiny-a=2.0 hold:tiny-a"],
    ],
    ["upgrades", { name: "tiny-a", state: "latest", hold: false }, ["version", "hold"], ["apt unhold:tiny-a tiny-a"]],
  ];
  for (const [title, declared, changes, commands] of cases)
    it(title, () => {
      const want = spec(declared);
      const plan = packageKind.plan(packageKind.view(free, want, context()), want, context(), free);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
      assert.equal(plan.says, undefined);
    });

  it("says that it waits while another uses apt", () => {
    assert.match(
      packageKind.plan(undefined, spec({ name: "tiny-new" }), context(), facts).says ?? "",
      /1393 \(python3\)/,
    );
  });

  const refusals: [string, object, RegExp][] = [
    ["change what somebody else holds", { name: "tiny-a", version: "2.0" }, /tiny-a is on hold.*declare hold: true/],
    ["remove what is essential", { name: "dpkg", state: "absent" }, /dpkg is not removed: the system does not work/],
  ];
  for (const [title, declared, message] of refusals)
    it(`refuses to ${title}`, () => {
      const want = spec(declared);
      const plan = packageKind.plan(packageKind.view(free, want, context()), want, context(), free);
      assert.match(plan.refusals.join("\n"), message);
    });
  it("refuses to remove what lets us in", () => {
    const there: Facts = {
      ...free,
      packages: new Map(
        ["openssh-server", "sudo"].map((name) => [
          name,
          { status: "installed", version: "1", held: false, essential: false },
        ]),
      ),
    };
    const remove = (name: string, user: string) => {
      const want = spec({ name, state: "absent" });
      return packageKind.plan(packageKind.view(there, want, context()), want, context({ login: { user } }), there)
        .refusals;
    };
    assert.match(remove("openssh-server", "root").join(), /locked out/);
    assert.match(remove("sudo", "admin").join(), /logged in as admin/);
    assert.deepEqual(remove("sudo", "root"), []);
  });
});

describe("the end of a package", () => {
  it("removes what was installed by us", () => {
    const plan = packageKind.destroy({ name: "tiny-b", state: "present" }, context(), free);
    assert.deepEqual([props(plan), labels(plan)], [["name"], ["apt tiny-b-"]]);
  });
  it("leaves what was there before, and says so", () => {
    const plan = packageKind.destroy({ name: "tiny-a", state: "present" }, context(), free);
    assert.deepEqual([props(plan), labels(plan)], [[], []]);
    assert.match(plan.says ?? "", /stays/);
  });
  it("does not remove what was declared absent", () => {
    const was = { name: "tiny-b", state: "absent" };
    assert.deepEqual(labels(packageKind.destroy({ name: "tiny-b", state: "present" }, context({ was }), free)), []);
  });
});

describe("the declaration of a package", () => {
  const bad: [unknown, RegExp][] = [
    ...["-rf", "a b", "a;reboot", "$(id)", "A", "a-", "a*", "", "a/b", "é", "a".repeat(255)].map(
      (name): [unknown, RegExp] => [{ name }, /^name: must/],
    ),
    [{ name: "ab", state: "installed" }, /^state: must be present, latest or absent/],
    [{ name: "ab", version: "1.0-" }, /^version: must not end/],
    [{ name: "ab", version: "-o x" }, /^version: must be a whole version/],
    [{ name: "ab", version: "1.0", state: "latest" }, /^version: excludes state latest/],
    [{ name: "ab", hold: true, state: "absent" }, /^hold: excludes/],
    [{ name: "ab", verison: "1" }, /did you mean "version"/],
  ];
  for (const [declared, message] of bad)
    it(`refuses ${JSON.stringify(declared).slice(0, 60)}`, () => {
      assert.match(complaints(PackageSpec, declared).join("\n"), message);
    });
  it("takes the odd names that there are", () => {
    for (const name of ["g++", "libstdc++6:i386", "0ad", "linux-image-6.12.1+deb13-amd64"])
      assert.deepEqual(complaints(PackageSpec, { name }), []);
  });
});
