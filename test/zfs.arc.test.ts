import assert from "node:assert/strict";
import type { Context, Plan } from "../providers/kind.ts";
import { arc, ArcSpec } from "../providers/kinds/zfs/arc.ts";
import { parse, type Facts } from "../providers/kinds/zfs/arc.facts.ts";
import { explain } from "../providers/runtime/explain.ts";
import { captured } from "./support/captured.ts";
import { stdinText } from "./support/kind.ts";

type State = NonNullable<ReturnType<typeof arc.view>>;

const FILE = "/etc/modprobe.d/zz-phoenix-arc.conf";
/** A host with 600M in our drop-in and live, and other limits in /etc/modprobe.d/zfs.conf. */
const converged = facts("foreign-line");
/** A host where a later file and the kernel command line set other limits, and the initramfs is old. */
const overruled = facts("overruled");
/** A host that was never touched. */
const bare: Facts = {
  ...converged,
  now: { max: 0n, min: 0n },
  inForce: { max: 962826240n, min: 48141312n },
  boot: { max: 0n, min: 0n },
  setters: [],
  dropIn: undefined,
};
const context = (was?: State): Context<State> => ({
  ...(was === undefined ? {} : { was }),
  secret: () => {
    throw new Error("no secrets here");
  },
});

describe("a look at the ARC", () => {
  it("tells the limits now, in force, and at boot", () => {
    assert.deepEqual(converged.now, { max: 629145600n, min: 99999999n });
    assert.deepEqual(converged.inForce, { max: 629145600n, min: 48141312n });
    assert.deepEqual(converged.boot, { max: 629145600n, min: 99999999n });
    assert.equal(converged.memory, 1540521984n);
  });
  it("tells who sets the limits at boot", () => {
    assert.deepEqual(
      overruled.setters.map(({ where, limit, value }) => `${where}: ${limit}=${String(value)}`),
      [
        `${FILE} line 1: max=5`,
        `${FILE} line 1: min=6`,
        "/etc/modprobe.d/zzz.conf line 1: max=1234",
        "the kernel command line: max=77",
      ],
    );
  });
  it("tells the last one's values for the boot", () => {
    assert.deepEqual(overruled.boot, { max: 77n, min: 6n });
  });
  it("tells an initramfs that is older than the limits", () => {
    assert.deepEqual(overruled.images, [{ path: "/boot/initrd.img-6.12.117+deb13-cloud-amd64", stale: true }]);
  });
  it("refuses a host without ZFS, naming the packages", () => {
    assert.throws(() => parse({ code: 0, stdout: "", stderr: "" }), /modprobe zfs.*zfs-dkms, zfsutils-linux/);
  });
});

describe("the ARC, as it is there,", () => {
  const min: State = { max: "600M", min: "64M" };
  const cases: [string, Facts, State, State | undefined, unknown][] = [
    ["is not limited by us on an untouched host", bare, { max: "600M" }, undefined, undefined],
    [
      "is not limited by us where others do",
      { ...bare, ...foreign(), now: { max: 700000000n, min: 99999999n } },
      { max: "600M" },
      undefined,
      undefined,
    ],
    ["is as declared", converged, { max: "600M" }, undefined, { max: "600M" }],
    ["is as declared in any notation", converged, { max: 629145600 }, undefined, { max: 629145600 }],
    [
      "tells a parameter that was changed",
      { ...converged, now: { max: 0n, min: 0n } },
      { max: "600M" },
      undefined,
      { max: "600M", now: { max: "0" } },
    ],
    [
      "tells a parameter that ZFS ignored",
      { ...converged, inForce: { max: 1n << 30n, min: 0n } },
      { max: "600M" },
      undefined,
      { max: "600M", now: { max: "1G" } },
    ],
    [
      "tells a boot that will be different",
      { ...converged, boot: bare.boot },
      { max: "600M" },
      undefined,
      { max: "600M", boot: { max: "0" } },
    ],
    [
      "tells an old initramfs",
      { ...converged, images: overruled.images },
      { max: "600M" },
      undefined,
      { max: "600M", initramfs: overruled.images[0]?.path },
    ],
    [
      "tells the lower limit where it is declared",
      { ...converged, now: { max: 629145600n, min: 0n } },
      min,
      undefined,
      { ...min, now: { min: "0" }, boot: { min: "99999999" } },
    ],
    [
      "tells the lower limit where it was declared",
      { ...converged, inForce: { max: 629145600n, min: 1n << 26n }, now: { max: 629145600n, min: 1n << 26n } },
      { max: "600M" },
      min,
      { ...min, boot: { min: "99999999" } },
    ],
  ];
  for (const [title, from, spec, was, state] of cases)
    it(title, () => {
      assert.deepEqual(arc.view(from, spec, context(was)), state);
    });
});

describe("the plan of the ARC", () => {
  const set = "arc-limits max 629145600";
  const images = [{ path: "/boot/initrd.img-1", stale: false }];
  const was: State = { max: "600M", min: "64M" };
  const limited: Facts = {
    ...converged,
    now: { max: 629145600n, min: 1n << 26n },
    boot: { max: 629145600n, min: 1n << 26n },
  };
  const cases: [string, Facts, State, State | undefined, string[], string[]][] = [
    ["is empty when all is as declared", converged, { max: "600M" }, undefined, [], []],
    ["sets both, the file first", bare, { max: "600M" }, undefined, ["max"], [`write-file ${FILE}`, set]],
    ["sets the parameter only", { ...converged, now: bare.now }, { max: "600M" }, undefined, ["max.now"], [set]],
    [
      "writes the file only",
      { ...converged, boot: bare.boot },
      { max: "600M" },
      undefined,
      ["max.boot"],
      [`write-file ${FILE}`],
    ],
    [
      "renews an old initramfs",
      { ...converged, images: overruled.images },
      { max: "600M" },
      undefined,
      ["initramfs"],
      ["refresh-initramfs"],
    ],
    [
      "renews the initramfs with the file",
      { ...bare, images },
      { max: "600M" },
      undefined,
      ["max"],
      [`write-file ${FILE}`, set, "refresh-initramfs"],
    ],
    [
      "sets the lower limit after the upper one",
      bare,
      was,
      undefined,
      ["max"],
      [`write-file ${FILE}`, `${set} min 67108864`],
    ],
    [
      "brings back the lower limit that was before when none is declared any more",
      limited,
      { max: "600M" },
      was,
      ["min.now", "min.boot"],
      [`write-file ${FILE}`, `${set} min 48141312 min 99999999`],
    ],
  ];
  for (const [title, from, want, before, changes, commands] of cases)
    it(title, () => {
      const plan = arc.plan(arc.view(from, want, context(before)), want, context(before), from);
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(
        plan.changes.map(({ prop }) => prop),
        changes,
      );
      assert.deepEqual(labels(plan), commands);
    });

  it("remembers in the file what was in force before", () => {
    const [write] = arc.plan(undefined, was, context(), bare).commands;
    assert.match(
      stdinText(write ?? {}),
      /^# Before: max=962826240 min=48141312\noptions zfs zfs_arc_max=629145600 zfs_arc_min=67108864\n$/m,
    );
  });
  it("does not take its own limits for what was before", () => {
    const [write] = arc.plan({ max: "600M" }, { max: "500M" }, context(), converged).commands;
    assert.match(stdinText(write ?? {}), /^# Before: max=700000000 min=48141312$/m);
  });
  it("knows what differs without a look at the host", () => {
    const { changes } = arc.plan({ max: "600M", boot: { max: "1G" } }, { max: "1024M" }, context());
    assert.deepEqual(changes, [{ prop: "max.now", from: "600M", to: "1024M" }]);
  });
  it("puts back what it did", () => {
    const { undo = [] } = arc.plan({ max: "600M" }, { max: "500M" }, context(), converged);
    assert.deepEqual(
      undo.map(({ label }) => label),
      [`write-file ${FILE}`, "arc-limits max 629145600 min 48141312 max 629145600 min 99999999"],
    );
    assert.equal(undo[0]?.stdin, converged.dropIn?.map((line) => `${line}\n`).join(""));
  });

  it("ends with what was before, and others' limits", () => {
    assert.deepEqual(labels(arc.destroy({ max: "600M" }, context(), converged)), [
      "arc-limits max 700000000 min 48141312",
      `remove-file ${FILE}`,
      "arc-limits max 700000000 min 99999999",
    ]);
  });
  it("ends with ZFS's defaults where nobody else sets limits", () => {
    const own = { ...converged, setters: converged.setters.filter(({ where }) => where.startsWith(FILE)) };
    assert.equal(labels(arc.destroy({ max: "600M" }, context(), own)).at(-1), "arc-limits max 0 min 0");
  });
  it("ends with an initramfs that knows nothing of it", () => {
    const commands = labels(arc.destroy({ max: "600M" }, context(), { ...converged, images }));
    assert.deepEqual(commands.slice(1, 3), [`remove-file ${FILE}`, "refresh-initramfs"]);
  });

  const refused: [string, Facts, State, RegExp][] = [
    ["more than the memory", bare, { max: "8G" }, /8589934592 bytes: the machine has 1540521984/],
    ["as much as the memory", bare, { max: 1540521984 }, /ZFS ignores a max that is not less/],
    [
      "less than the lower limit",
      { ...bare, inForce: { max: 0n, min: 1n << 30n } },
      { max: "1G" },
      /lower limit is 1073741824/,
    ],
    [
      "a limit that a later file overrules",
      { ...overruled, setters: overruled.setters.slice(0, 3) },
      { max: "600M" },
      /zzz\.conf line 1 sets zfs_arc_max too/,
    ],
    [
      "a limit that the kernel command line overrules",
      { ...overruled, setters: overruled.setters.slice(3) },
      { max: "600M" },
      /^the kernel command line sets/,
    ],
  ];
  for (const [what, from, want, why] of refused)
    it(`refuses ${what}`, () => {
      const { refusals } = arc.plan(undefined, want, context(), from);
      assert.equal(refusals.length, 1);
      assert.match(refusals[0] ?? "", why);
    });
  it("does not mind a later file that says the same", () => {
    const setters = [{ where: "/etc/modprobe.d/zzz.conf line 1", limit: "max" as const, value: 629145600n }];
    assert.deepEqual(arc.plan(undefined, { max: "600M" }, context(), { ...bare, setters }).refusals, []);
  });
});

describe("a declared ARC", () => {
  const rule = "max: must be a size such as 8G, at least 64M";
  const bad: [unknown, string][] = [
    [{ max: "8X" }, `${rule}; found: "8X"`],
    [{ max: "63M" }, `${rule}; found: "63M"`],
    [{ max: 1000 }, `${rule}; found: 1000`],
    [{ max: -1 }, `${rule}; found: -1`],
    [{ max: 1.5 }, `${rule}; found: 1.5`],
    [{ max: "0" }, `${rule}; found: "0"`],
    [{ max: "$(id)" }, `${rule}; found: "$(id)"`],
    [{}, rule],
    [{ max: "8G", min: "31M" }, 'min: must be a size such as 8G, at least 32M; found: "31M"'],
    [{ max: "8G", min: "8192M" }, 'min: must be less than max; found: "8192M"'],
    [{ max: "8G", mim: "1G" }, ': there is no "mim" (did you mean "min"?); known: max, min'],
  ];
  for (const [inputs, complaint] of bad)
    it(`is refused: ${complaint}`, () => {
      const { error } = ArcSpec.safeParse(inputs);
      assert.ok(error);
      assert.deepEqual(
        explain(error, inputs, ArcSpec).map(({ property, reason }) => `${property}: ${reason}`),
        [complaint],
      );
    });
  for (const spec of [{ max: "64M" }, { max: "8G", min: "1.5G" }, { max: 67108864, min: 33554432 }])
    it(`may be ${JSON.stringify(spec)}`, () => {
      assert.deepEqual(ArcSpec.parse(spec), spec);
    });
});

function foreign(): Pick<Facts, "setters"> {
  return { setters: converged.setters.filter(({ where }) => !where.startsWith(FILE)) };
}

function facts(name: string): Facts {
  return parse(captured(`zfs.arc/${name}`));
}

function labels({ commands }: Plan): string[] {
  return commands.map(({ label }) => label);
}
