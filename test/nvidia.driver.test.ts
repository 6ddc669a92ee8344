import assert from "node:assert/strict";
import type { z } from "zod";
import { driver, DriverSpec } from "../providers/kinds/nvidia/driver.ts";
import type { Facts, Gpu } from "../providers/kinds/nvidia/facts.ts";
import { modprobeText, pinText, unitText } from "../providers/kinds/nvidia/files.ts";
import { MODPROBE_FILE, PIN_FILE, UNIT_FILE } from "../providers/kinds/nvidia/query.ts";
import { upgradeHeaders } from "../providers/kinds/nvidia/state.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

type Declared = Partial<z.input<typeof DriverSpec>>;

const SHA = "0".repeat(64);
const RELEASE = "6.12.1+deb13-amd64";
const spec = (more: Declared = {}) => DriverSpec.parse({ version: "550.163.01", ...more });
const runfile = { url: "https://host/NVIDIA.run", sha256: SHA };

const kernel = { release: RELEASE, headers: true, module: "550.163.01", byDkms: true } as const;
const gpu: Gpu = { address: "0000:01:00.0", device: "1eb8", driver: "nvidia" };

/** A host where all is as `want` takes it, but for `odd`. */
function host(odd: Partial<Facts> = {}, want = spec()): Facts {
  const files = new Map(
    [
      [PIN_FILE, pinText(want)],
      [MODPROBE_FILE, modprobeText(want)],
      [UNIT_FILE, unitText(want)],
    ].filter((one): one is [string, string] => one[1] !== undefined),
  );
  return {
    running: kernel,
    next: kernel,
    packages: new Map([
      ["nvidia-kernel-dkms", "550.163.01-2"],
      ["nvidia-smi", "550.163.01-2"],
      ["libnvidia-ml1", "550.163.01-2"],
      ["libcuda1", "550.163.01-2"],
      ["nvidia-modprobe", "570.133.07-1"],
      ["linux-image-amd64", "6.12.1-1"],
      ["linux-headers-amd64", "6.12.1-1"],
      ["dkms", "3.2.2-1"],
    ]),
    ours: new Set(["nvidia-kernel-dkms", "nvidia-smi", "libcuda1", "nvidia-modprobe", "smartmontools"]),
    runfile: undefined,
    moduleName: "nvidia-current",
    registered: ["550.163.01"],
    loaded: "550.163.01",
    nouveau: false,
    gpus: [gpu],
    nodes: new Set(["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"]),
    users: [],
    options: new Map(),
    blacklisted: new Set(["nouveau"]),
    files,
    stale: [],
    unit: { enabled: true, active: true },
    smi: [{ address: gpu.address, name: "Tesla T4", version: "550.163.01", persistence: true }],
    libraries: ["550.163.01"],
    containers: new Map(),
    secureBoot: false,
    ...odd,
  };
}

const bare: Partial<Facts> = {
  running: { ...kernel, module: undefined, byDkms: false },
  next: { ...kernel, module: undefined, byDkms: false },
  packages: new Map([["linux-image-amd64", "6.12.1-1"]]),
  ours: new Set(),
  moduleName: "nvidia",
  registered: [],
  loaded: undefined,
  gpus: [{ ...gpu, driver: "" }],
  nodes: new Set(),
  blacklisted: new Set(),
  files: new Map(),
  unit: { enabled: false, active: false },
  smi: undefined,
  libraries: [],
};

function look(facts: Facts, want: DriverSpec, was?: DriverSpec) {
  const live = driver.view(facts, want, context(was === undefined ? {} : { was }));
  return { live, plan: driver.plan(live, want, context(), facts), preview: driver.plan(live, want, context()) };
}

const outputs = (facts: Facts): Readonly<Record<string, unknown>> => driver.outputs?.(facts, "driver") ?? {};

/** What a refresh tells. */
const told = (facts: Facts) => driver.warnings?.(facts, "driver", spec()) ?? [];

/** Labels without what follows the first word, but for files. */
const short = (all: readonly string[]) => all.map((label) => (label.includes("-file ") ? label : label.split(" ")[0]));

describe("the spec of NVIDIA's driver", () => {
  const good: Declared[] = [
    {},
    { version: "390.157" },
    { packages: ["nvidia-tesla-535-kernel-dkms", "nvidia-tesla-535-smi"] },
    { runfile: { path: "/srv/NVIDIA.run", sha256: SHA, arguments: ["--no-opengl-files"] } },
    { options: { nvidia: { NVreg_UsePageAttributeTable: 1 }, "nvidia-drm": { modeset: 1 } } },
  ];
  for (const one of good)
    it(`takes ${JSON.stringify(one)}`, () => {
      assert.deepEqual(complaints(DriverSpec, { version: "550.163.01", ...one }), []);
    });

  const bad: [declared: object, complaint: string][] = [
    [{ version: "550" }, 'version: must be a driver\'s version, such as 550.163.01; found: "550"'],
    [{ version: 550.1 }, "version: must be a driver's version in quotes, such as 550.163.01; found: 550.1"],
    [{ runfile, version: undefined }, "version: must be declared with runfile"],
    [{ runfile, packages: ["nvidia-kernel-dkms"] }, 'packages: excludes runfile; found: ["nvidia-kernel-dkms"]'],
    [{ runfile: { sha256: SHA } }, `runfile: say either url or path; found: {"sha256":"${SHA}"}`],
    [
      { runfile: { ...runfile, url: "http://host/a.run" } },
      'runfile.url: must be an https address, such as https://host/NVIDIA.run; found: "http://host/a.run"',
    ],
    [
      { runfile: { ...runfile, sha256: "abc" } },
      'runfile.sha256: must be the 64 lower-case hex digits of its SHA-256; found: "abc"',
    ],
    [
      { runfile: { ...runfile, arguments: ["; reboot"] } },
      'runfile.arguments[0]: must be an option of the installer, such as --no-opengl-files; found: "; reboot"',
    ],
    [
      { packages: ["nvidia-smi"] },
      'packages: must name the package with the kernel modules (…-dkms); found: ["nvidia-smi"]',
    ],
    [{ packages: ["nvidia-kernel-dkms", "vim"] }, 'packages[1]: must be a package of NVIDIA\'s driver; found: "vim"'],
    [
      { options: { nvidia: { a: "1 2" } } },
      'options.nvidia.a: must have no blanks, quotes, backslashes or #; found: "1 2"',
    ],
    [{ reboot: "always" }, 'reboot: must be never or whenNeeded; found: "always"'],
    [{ whenInUse: true }, "whenInUse: must be refuse or upgrade; found: true"],
    [{ rebootTimeout: 5 }, "rebootTimeout: must be whole seconds, 60 to 7200; found: 5"],
  ];
  for (const [declared, complaint] of bad)
    it(`refuses: ${complaint}`, () => {
      assert.deepEqual(complaints(DriverSpec, { version: "550.163.01", ...declared }), [complaint]);
    });
});

describe("NVIDIA's driver", () => {
  const next = { ...kernel, release: "6.13.0-amd64" };
  const loads = ["nvidia-load"];
  /** What is odd, what a preview lists, and what is run. */
  const drifts: [odd: Partial<Facts>, props: string[], runs: string[], want?: DriverSpec][] = [
    [{}, [], []],
    [{ loaded: undefined }, ["loaded"], loads],
    [{ loaded: "535.1" }, ["loaded"], loads],
    [{ loaded: undefined, gpus: [] }, [], []],
    [{ loaded: undefined, gpus: [{ ...gpu, driver: "vfio-pci" }] }, [], []],
    [{ running: { ...kernel, module: undefined } }, ["dkms.running"], ["nvidia-build"]],
    [{ running: { ...kernel, byDkms: false } }, ["dkms.running"], ["nvidia-build"]],
    [{ next: { ...next, module: undefined } }, ["dkms.next"], ["nvidia-build"]],
    [{ next: { ...next, module: "535.1" } }, ["dkms.next"], ["nvidia-build"]],
    [
      { next: { ...next, headers: { package: "linux-headers-6.13.0-amd64" }, module: undefined } },
      ["headers.next", "dkms.next"],
      ["nvidia-packages"],
    ],
    // Nothing of ours can build it: that is told, and no drift.
    [{ next: { ...next, headers: { package: undefined }, module: undefined } }, [], []],
    [{ packages: without("linux-headers-amd64") }, ["headers.upgrades"], ["nvidia-packages"]],
    [{ packages: without("nvidia-smi") }, ["packages"], ["nvidia-packages"]],
    [{ libraries: ["535.1"] }, ["userSpace"], ["nvidia-packages"]],
    [{ files: withText(PIN_FILE, "") }, ["pin"], [`write-file ${PIN_FILE}`]],
    [
      { blacklisted: new Set(), files: withText(MODPROBE_FILE, "") },
      ["blacklistNouveau"],
      [`write-file ${MODPROBE_FILE}`, "refresh-initramfs"],
    ],
    [{ stale: ["/boot/initrd.img-1"] }, ["initramfs"], ["refresh-initramfs"]],
    [{ unit: { enabled: false, active: true } }, ["unit"], ["nvidia-unit"]],
    [{ unit: { enabled: true, active: false } }, ["unit"], ["nvidia-unit"]],
    [{ files: withText(UNIT_FILE, "other") }, ["unit"], [`write-file ${UNIT_FILE}`, "nvidia-unit"]],
    [{ nodes: new Set(["/dev/nvidiactl"]) }, ["deviceNodes"], ["nvidia-unit"]],
    [{ smi: [{ address: "", name: "", version: "", persistence: false }] }, ["persistence"], ["nvidia-unit"]],
    [
      {
        smi: [{ address: "", name: "", version: "", persistence: false }],
        files: host({}, spec({ persistence: false })).files,
      },
      [],
      [],
      spec({ persistence: false }),
    ],
    // Somebody else's file says it already.
    [{ options: options({ a: "1" }) }, [], [], spec({ options: { nvidia: { a: 1 } } })],
    [
      { options: options({ a: "2" }) },
      ["options.nvidia.a"],
      [`write-file ${MODPROBE_FILE}`, "refresh-initramfs"],
      spec({ options: { nvidia: { a: 1 } } }),
    ],
    [
      { packages: withVersion("nvidia-kernel-dkms", "555.42.02-1"), libraries: ["555.42.02"], loaded: "555.42.02" },
      ["version", "dkms.running"],
      ["nvidia-packages", "nvidia-load"],
    ],
    // Without a declared version an upgrade by apt is no drift.
    [
      {
        packages: withVersion("nvidia-kernel-dkms", "555.42.02-1"),
        libraries: ["555.42.02"],
        loaded: "555.42.02",
        running: { ...kernel, module: "555.42.02" },
        next: { ...kernel, module: "555.42.02" },
        files: host({}, spec({ version: undefined })).files,
      },
      [],
      [],
      spec({ version: undefined }),
    ],
  ];
  for (const [odd, differs, runs, want = spec()] of drifts)
    it(`with ${shown(odd)} is healed by ${runs.join(", ") || "nothing"}`, () => {
      const { plan, preview } = look(host(odd, spec()), want);
      assert.deepEqual(props(preview), differs);
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(short(labels(plan)), runs);
    });

  it("is installed whole on a fresh host, loaded last, with all that it takes for both kernels", () => {
    const { plan, preview } = look(
      host({ ...bare, next: { ...next, headers: { package: "linux-headers-6.13.0-amd64" }, module: undefined } }),
      spec(),
    );
    assert.deepEqual(
      preview.changes.map(({ prop, to }) => [prop, to]),
      [["version", "550.163.01"]],
    );
    assert.deepEqual(labels(plan), [
      `write-file ${PIN_FILE}`,
      `write-file ${MODPROBE_FILE}`,
      `write-file ${UNIT_FILE}`,
      "nvidia-packages nvidia-kernel-dkms=550.163.01-* nvidia-smi libcuda1 nvidia-modprobe " +
        "linux-headers-6.13.0-amd64 linux-headers-amd64",
      "refresh-initramfs",
      "nvidia-unit enable",
      "nvidia-load",
    ]);
  });

  it("is installed, and not loaded, on a host without a GPU, which is said", () => {
    const { plan } = look(host({ ...bare, gpus: [] }), spec());
    assert.ok(!labels(plan).includes("nvidia-load"));
    assert.match(plan.says ?? "", /no NVIDIA GPU: the driver is installed, and not loaded/);
    assert.match(told(host({ gpus: [] })).join(), /no NVIDIA GPU/);
  });

  it("says of GPUs that are handed to virtual machines that they are", () => {
    const facts = host({ gpus: [{ ...gpu, driver: "vfio-pci" }], loaded: undefined });
    assert.match(told(facts).join(), /handed to virtual machines/);
  });

  it("comes from a run file with DKMS, the kernel's modules as declared, and is not loaded where it cannot be", () => {
    const args = (odd: Partial<Facts>, more: Declared) => {
      const { plan } = look(host({ ...bare, ...odd }), spec(more));
      assert.equal(short(labels(plan))[2], "nvidia-packages", "DKMS and headers first");
      return labels(plan).find((label) => label.startsWith("nvidia-runfile"));
    };
    const rest = `--no-x-check --no-nouveau-check`;
    assert.equal(
      args({}, { runfile: { ...runfile, arguments: ["--no-drm"] } }),
      `nvidia-runfile https://host/NVIDIA.run ${SHA} 1 ${RELEASE} -m=kernel --dkms ${rest} --no-drm`,
    );
    assert.equal(
      args({ nouveau: true }, { runfile: { path: "/srv/a.run", sha256: SHA }, kernelModules: "open" }),
      `nvidia-runfile /srv/a.run ${SHA} 1 ${RELEASE} -m=kernel-open --dkms ${rest} --skip-module-load`,
    );
  });

  it("is adopted from a run file of the declared version without a command", () => {
    const want = spec({ runfile });
    const facts = host({ runfile: { version: "550.163.01", ours: false }, moduleName: "nvidia" }, want);
    const packages = new Map([...facts.packages].filter(([name]) => !/nvidia|cuda/.test(name)));
    assert.deepEqual(look({ ...facts, packages }, want).plan.changes, []);
  });

  describe("that somebody installed by hand", () => {
    const theirs = { files: new Map(), ours: new Set<string>(), unit: { enabled: false, active: false } };
    it("is adopted without a command, with whatever it is held and set up by", () => {
      const { live, plan } = look(host(theirs), spec());
      assert.deepEqual([plan.changes, plan.commands], [[], []]);
      assert.deepEqual(live?.along, { pin: "absent", unit: "absent" });
    });
    it("gets our pin and unit along with the first change, which a preview tells", () => {
      const { plan, preview } = look(host({ ...theirs, blacklisted: new Set() }), spec());
      assert.deepEqual(props(preview), ["blacklistNouveau", "pin", "unit"]);
      assert.deepEqual(labels(plan).slice(0, 3), [
        `write-file ${PIN_FILE}`,
        `write-file ${MODPROBE_FILE}`,
        `write-file ${UNIT_FILE}`,
      ]);
    });
    it("misses them once we have changed anything", () => {
      const files = new Map([...host().files].filter(([path]) => path === MODPROBE_FILE));
      assert.deepEqual(props(look(host({ ...theirs, files }), spec()).preview), ["pin", "unit"]);
    });
  });

  describe("in use", () => {
    const users = ["1234 (python3)"];
    const want = spec({ version: "555.42.02" });
    it("is not upgraded, unless told", () => {
      assert.deepEqual(look(host({ users }), want).plan.refusals, [
        "GPUs are in use by 1234 (python3): end these, or declare whenInUse: upgrade, which takes a reboot",
      ]);
      const allowed = look(host({ users }), { ...want, whenInUse: "upgrade" }).plan;
      assert.deepEqual(allowed.refusals, []);
      assert.ok(!labels(allowed).includes("nvidia-load"), "what is in use is not unloaded");
      assert.equal(allowed.reboot, undefined, "nor is the host rebooted");
    });
    it("is healed in all that needs no other version", () => {
      assert.deepEqual(look(host({ users, unit: { enabled: false, active: true } }), spec()).plan.refusals, []);
    });
    it("is upgraded with a reboot where that is declared", () => {
      const { plan } = look(host({ users }), {
        ...want,
        whenInUse: "upgrade",
        reboot: "whenNeeded",
        rebootTimeout: 77,
      });
      assert.equal(plan.reboot?.seconds, 77);
      assert.match(
        plan.reboot.why,
        /driver 550.163.01 is loaded, and in use by 1234 \(python3\); 555.42.02 is installed/,
      );
    });
    it("is upgraded without a reboot when nobody uses a GPU", () => {
      const { plan } = look(host(), { ...want, reboot: "whenNeeded" });
      assert.deepEqual(short(labels(plan)).slice(-2), ["nvidia-packages", "nvidia-load"]);
      assert.equal(plan.reboot, undefined);
    });
  });

  const waiting: [why: string, odd: Partial<Facts>][] = [
    ["driver 535.1 is loaded, and in use by 7 (x)", { loaded: "535.1", users: ["7 (x)"] }],
    ["the driver is not loaded, for nouveau is", { loaded: undefined, nouveau: true }],
    [
      `the driver is not loaded, and cannot be built for the running kernel ${RELEASE}`,
      { loaded: undefined, running: { ...kernel, headers: { package: undefined }, module: undefined }, next },
    ],
  ];
  for (const [why, odd] of waiting)
    it(`waits for a reboot: ${why}`, () => {
      const facts = host(odd);
      const { plan } = look(facts, spec());
      assert.deepEqual(plan.changes, [], "which is no drift as long as it may not be done");
      assert.equal(outputs(facts)["rebootRequired"], true);
      assert.ok(told(facts).includes(`${why}; 550.163.01 is installed: it takes effect with a reboot of the host`));
      const allowed = look(facts, spec({ reboot: "whenNeeded" }));
      assert.deepEqual(
        allowed.preview.changes.map(({ prop, from, note }) => [prop, from, note]),
        [["rebooted", why, "the host is rebooted"]],
      );
      assert.equal(allowed.plan.reboot?.seconds, 900);
      assert.deepEqual(allowed.plan.commands, []);
    });

  const refusals: [want: DriverSpec, odd: Partial<Facts>, refusal: RegExp][] = [
    [spec(), { runfile: { version: "535.1", ours: false } }, /^a run file has installed driver 535.1/],
    [spec({ runfile }), {}, /^the driver comes from nvidia-kernel-dkms here: remove that first/],
    [
      spec(),
      {
        ...bare,
        running: { ...kernel, headers: { package: undefined } },
        next: { ...kernel, headers: { package: undefined } },
      },
      /^kernel 6.12.1\+deb13-amd64 has no headers, and apt knows no package with them/,
    ],
  ];
  for (const [want, odd, refusal] of refusals)
    it(`is refused: ${refusal.source}`, () => {
      const { plan } = look(host(odd), { ...want, whenInUse: "upgrade", rebootTimeout: 100, version: "555.1" });
      assert.match(plan.refusals.join("; "), refusal);
    });

  it("takes another kind of kernel modules in the place of the one that is there", () => {
    const { plan, preview } = look(host(), spec({ kernelModules: "open" }));
    assert.ok(props(preview).includes("kernelModules"));
    assert.match(labels(plan).join(), /nvidia-open-kernel-dkms=550.163.01-\* .* nvidia-kernel-dkms-/);
  });

  it("gives running containers the user space of the host where it is to, also when the host gets another", () => {
    const match = (more: Declared = {}) => spec({ inContainers: "match", ...more });
    const containers = new Map([
      ["101", { version: "550.163.01", running: true }],
      ["102", { version: "535.1", running: true }],
      ["103", { version: "535.1", running: false }],
    ]);
    const { plan, preview } = look(host({ containers }), match());
    assert.deepEqual(preview.changes, [{ prop: "containers.102", from: "535.1", to: "as it takes" }]);
    assert.deepEqual(labels(plan), ["nvidia-containers"]);
    assert.deepEqual(look(host({ containers }), spec()).preview.changes, []);
    const same = new Map([["101", { version: "550.163.01", running: true }]]);
    assert.deepEqual(look(host({ containers: same }), match()).preview.changes, []);
    const newer = labels(look(host({ containers: same }), match({ version: "555.142.02" })).plan);
    assert.equal(newer.at(-1), "nvidia-containers");
    const none = labels(look(host(), match({ version: "555.142.02" })).plan);
    assert.ok(!none.includes("nvidia-containers"));
    const stopped = new Map([["103", { version: "535.1", running: false }]]);
    assert.deepEqual(look(host({ containers: stopped }), match()).preview.changes, []);
    assert.match(
      driver.warnings?.(host({ containers: stopped }), "driver", match()).join() ?? "",
      /it gets 550.163.01/,
    );
  });

  it("says what is wrong beside: containers, secure boot, nvidia-smi, a kernel without headers", () => {
    const said = (odd: Partial<Facts>) => told(host(odd)).join("; ");
    assert.equal(said({}), "");
    assert.match(
      said({
        containers: new Map([
          ["101", { version: "550.163.01", running: true }],
          ["ai", { version: "535.1", running: true }],
        ]),
      }),
      /^container ai has the user-space driver 535.1, the host 550.163.01: in it, GPUs do not work; install 550.163.01 in it/,
    );
    assert.match(said({ secureBoot: true, loaded: undefined, smi: undefined }), /mokutil --import/);
    assert.match(said({ smi: "No devices were found" }), /^nvidia-smi: No devices were found$/);
    assert.match(
      said({ next: { ...next, headers: { package: undefined }, module: undefined } }),
      /^kernel 6.13.0-amd64 has no headers/,
    );
  });

  it("has what users want to know for outputs", () => {
    assert.deepEqual(outputs(host({ containers: new Map([["101", { version: "535.1", running: false }]]) })), {
      installedVersion: "550.163.01",
      loadedVersion: "550.163.01",
      gpus: ["0000:01:00.0 Tesla T4"],
      containers: { 101: "535.1" },
      rebootRequired: false,
    });
    assert.deepEqual(outputs(host({ smi: undefined }))["gpus"], ["0000:01:00.0 10de:1eb8"]);
  });

  it("ends with what was installed by us, and is left where it was there before", () => {
    const end = (odd: Partial<Facts>) => {
      const facts = host(odd);
      const live = driver.view(facts, spec(), context({ was: spec() }));
      assert.ok(live);
      return driver.destroy(live, context({ was: spec() }), facts);
    };
    assert.deepEqual(labels(end({})), [
      "nvidia-unit-remove",
      "nvidia-unload",
      "apt nvidia-kernel-dkms- nvidia-smi- libcuda1- nvidia-modprobe-",
      `remove-file ${PIN_FILE}`,
      `remove-file ${MODPROBE_FILE}`,
      "refresh-initramfs",
    ]);
    assert.match(end({ users: ["7 (x)"] }).refusals.join(), /in use by 7 \(x\)/);
    const theirs = end({ ours: new Set(), files: new Map() });
    assert.deepEqual([theirs.changes, theirs.says], [[], "it was on the host before it was declared, so it stays"]);
  });

  it("holds apt to its version, and gives options by each of the names that the modules may have", () => {
    assert.match(
      pinText(spec()) ?? "",
      /^Package: \*nvidia\* \*cuda\* libnv\*\nPin: version 550.163.01-\*\nPin-Priority: 1001$/m,
    );
    assert.equal(pinText(spec({ version: undefined })), undefined);
    assert.equal(pinText(spec({ runfile })), undefined);
    const text = modprobeText(spec({ options: { "nvidia-drm": { modeset: 1 } } })) ?? "";
    assert.deepEqual(text.split("\n").slice(1, -1), [
      "blacklist nouveau",
      "options nvidia-drm modeset=1",
      "options nvidia-current-drm modeset=1",
      "options nvidia-current-open-drm modeset=1",
    ]);
    assert.equal(modprobeText(spec({ blacklistNouveau: false })), undefined);
    assert.match(unitText(spec({ persistence: false })), /^ExecStart=\/usr\/bin\/nvidia-smi -L$/m);
  });
});

describe("the headers of kernels to come", () => {
  const rows: [release: string, packages: string[], wanted: string[]][] = [
    [RELEASE, ["linux-image-amd64"], ["linux-headers-amd64"]],
    [RELEASE, ["linux-image-amd64", "linux-headers-amd64", `linux-image-${RELEASE}`], []],
    ["6.1.0-28-cloud-amd64", ["linux-image-cloud-amd64", "linux-image-amd64-dbg"], ["linux-headers-cloud-amd64"]],
    [
      "6.14.8-2-pve",
      ["proxmox-default-kernel", "proxmox-kernel-6.14"],
      ["proxmox-default-headers", "proxmox-headers-6.14"],
    ],
    // A stock kernel's headers would bring nothing to a host that boots Proxmox VE's.
    ["6.14.8-2-pve", ["linux-image-amd64", "proxmox-kernel-6.14", "proxmox-headers-6.14"], []],
    ["6.2.16-3-pve", ["pve-kernel-6.2"], ["pve-headers-6.2"]],
  ];
  for (const [release, names, wanted] of rows)
    it(`on ${release} with ${names.join(", ")} are ${wanted.join(", ") || "there"}`, () => {
      const packages = new Map(names.map((name) => [name, "1"]));
      assert.deepEqual(upgradeHeaders(host({ packages, running: { ...kernel, release } })), wanted);
    });
});

function without(name: string): Facts["packages"] {
  return new Map([...host().packages].filter(([one]) => one !== name));
}

function withVersion(name: string, version: string): Facts["packages"] {
  return new Map([...host().packages, [name, version]]);
}

function withText(path: string, text: string): Facts["files"] {
  return new Map([...host().files, [path, text]]);
}

function options(of: Record<string, string>): Facts["options"] {
  return new Map([["nvidia_current", of]]);
}

function shown(odd: Partial<Facts>): string {
  return (
    Object.entries(odd)
      .map(([key, value]) => `${key} ${text(value)}`)
      .join(", ") || "nothing odd"
  );
}

function text(value: unknown): string {
  if (value instanceof Set) return [...(value as Set<string>)].join(" ") || "none";
  if (value instanceof Map) return String(value.size);
  return value === undefined ? "none" : JSON.stringify(value);
}
