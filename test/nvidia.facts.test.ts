import assert from "node:assert/strict";
import { parse, smi } from "../providers/kinds/nvidia/facts.ts";
import { MODPROBE_FILE, PIN_FILE } from "../providers/kinds/nvidia/query.ts";
import { captured } from "./support/captured.ts";

describe("a look at NVIDIA's driver", () => {
  it("reads Debian's packages", () => {
    const facts = parse(captured("nvidia-debian"));
    const built = { release: "6.12.118+deb13-cloud-amd64", headers: true, module: "550.163.01", byDkms: true };
    assert.partialDeepStrictEqual(facts, {
      running: built,
      next: built,
      runfile: undefined,
      moduleName: "nvidia-current",
      registered: ["550.163.01"],
      loaded: undefined,
      nouveau: false,
      gpus: [],
      users: [],
      unit: { enabled: false, active: false },
      smi: undefined,
      libraries: ["550.163.01"],
      secureBoot: false,
    });
    assert.equal(facts.packages.get("nvidia-kernel-dkms"), "550.163.01-2");
    assert.equal(facts.packages.get("nvidia-modprobe"), "570.133.07-1");
    assert.ok(facts.blacklisted.has("nouveau"));
    assert.match(facts.files.get(PIN_FILE) ?? "", /^Pin-Priority: 1001$/m);
  });

  it("reads a host with GPUs, a run file, another kernel next, and users", () => {
    const facts = parse({ code: 0, stdout: HOST, stderr: "" });
    assert.partialDeepStrictEqual(facts, {
      running: { release: "6.14.8-2-pve", headers: true, module: "535.183.01", byDkms: false },
      next: {
        release: "6.14.11-1-pve",
        headers: { package: "proxmox-headers-6.14.11-1-pve" },
        module: undefined,
        byDkms: false,
      },
      runfile: { version: "535.183.01", ours: true },
      loaded: "535.183.01",
      gpus: [
        { address: "0000:01:00.0", device: "1eb8", driver: "nvidia" },
        { address: "0000:02:00.0", device: "2204", driver: "vfio-pci" },
        { address: "0000:03:00.0", device: "2204", driver: "" },
      ],
      users: ["1234 (python3)"],
      unit: { enabled: true, active: true },
      libraries: ["535.183.01"],
      secureBoot: true,
    });
    assert.deepEqual(
      [...facts.containers],
      [
        ["ai", { version: "550.163.01", running: false }],
        ["101", { version: "535.183.01", running: true }],
      ],
    );
    assert.equal(facts.files.get(MODPROBE_FILE), "# one\nblacklist nouveau\n");
  });

  it("fails with what the host says", () => {
    assert.throws(
      () => parse({ code: 1, stdout: "", stderr: "no modprobe\n" }),
      /look at NVIDIA's driver: no modprobe/,
    );
  });
});

/** Made by hand, in the form of the query. */
const HOST = `== kernels
6.14.8-2-pve yes 535.183.01 -
6.14.11-1-pve proxmox-headers-6.14.11-1-pve - -
== runfile
1.0-53518301 (535.183.01)
ours
== name
nvidia
== loaded
535.183.01
== gpus
0000:01:00.0 0x1eb8 nvidia
0000:02:00.0 0x2204 vfio-pci
0000:03:00.0 0x2204 
== users
1234 (python3)
== files
/etc/modprobe.d/zz-phoenix-nvidia.conf:# one
/etc/modprobe.d/zz-phoenix-nvidia.conf:blacklist nouveau
== unit
enabled
active
== libraries
535.183.01
535.183.01
== containers
ai 550.163.01
101 535.183.01 4321
== secureboot
1
`;

describe("nvidia-smi", () => {
  // In the form that NVIDIA documents for --query-gpu=… --format=csv,noheader; not captured.
  const rows: [title: string, lines: string[], says: ReturnType<typeof smi>][] = [
    ["was not asked", [], undefined],
    [
      "tells of each GPU",
      [
        "0",
        "00000000:41:00.0, NVIDIA H100 PCIe, 550.163.01, Enabled",
        "00010000:01:00.0, Tesla T4, 550.163.01, Disabled",
      ],
      [
        { address: "0000:41:00.0", name: "NVIDIA H100 PCIe", version: "550.163.01", persistence: true },
        { address: "0000:01:00.0", name: "Tesla T4", version: "550.163.01", persistence: false },
      ],
    ],
    [
      "fails with its last line",
      ["18", "Failed to initialize NVML: Driver/library version mismatch", "NVML library version: 550.163", ""],
      "NVML library version: 550.163",
    ],
    ["fails without a word", ["124", ""], "exit code 124"],
  ];
  for (const [title, lines, says] of rows)
    it(title, () => {
      assert.deepEqual(smi(lines), says);
    });
});
