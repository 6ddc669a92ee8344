import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { policies } from "../policies/all.ts";
import { judge, type Violation } from "../policies/judge.ts";
import { HOLD_DATA } from "../policies/rules/data.ts";
import { PolicySettings } from "../policies/settings.ts";
import { kindOf, Stack, type Resource } from "../policies/stack.ts";
import { kinds } from "../providers/registry.ts";
import { configOf, load, register, textOf } from "./support/stack-files.ts";

type Config = Record<string, unknown>;

/** A stack that a policy takes, one that breaks it, and what is said of that. */
interface Case {
  readonly policy: string;
  readonly what: string;
  readonly passes: Config;
  readonly breaks: Config;
  readonly settings?: Config;
  readonly says: RegExp;
}

const disk = (name: string) => `/dev/disk/by-id/${name}`;
const stripe = { vdevs: [{ type: "stripe", disks: [disk("a")] }] };
const mirror = { vdevs: [{ type: "mirror", disks: [disk("a"), disk("b")] }] };
const firewall = (spec: object) => ({ network: { firewall: spec } });
const ssh = { type: "in", action: "ACCEPT", macro: "SSH" };
const exported = (clients: object) => ({ sharing: { exports: { "/tank/media": { clients } } } });
const share = (parameters: object, server = {}) => ({
  sharing: { samba: { server: { parameters: server }, shares: { media: { path: "/tank/media", parameters } } } },
});
const media = (spec: object) => ({ storage: { datasets: { "tank/media": spec } } });
const file = (content: string) => ({ system: { files: { "/etc/app.conf": { content } } } });
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz";

const guest = (vmid: number, spec: object = {}) => ({ vmid, ...spec });
const port = (spec: object) => ({ interfaces: { eth0: { bridge: "vmbr0", ...spec } } });
const guests = {
  storage: { datasets: { "tank/guests": { properties: { quota: "100G" } } } },
  proxmox: { storage: { guests: { type: "zfspool", pool: "tank/guests" } } },
};
const bind = (spec: object) => ({ mounts: { "/srv": { source: "/tank/media", ...spec } } });
const gpu = guest(101, { devices: { "gpu:0": null } });
const first = { onboot: true, startup: { order: 1 } };
const second = { onboot: true, startup: { order: 2 }, needs: [101] };

const CASES: readonly Case[] = [
  {
    policy: "data-protected",
    what: "a dataset that is not protected",
    passes: media({}),
    breaks: { ...media({}), protect: false },
    says: /^tank\/media: holds data and is not protected/,
  },
  {
    policy: "pool-redundancy",
    what: "a single disk with data for good",
    passes: { storage: { pools: { tank: mirror }, datasets: { "tank/media": null } } },
    breaks: {
      storage: { pools: { tank: stripe }, datasets: { "tank/media": null, "tank/x": { allowDestroy: true } } },
    },
    says: /^tank: vdevs without redundancy, and it holds tank\/media\n/,
  },
  {
    policy: "pool-redundancy",
    what: "a mirror with its metadata on a single disk",
    passes: { storage: { pools: { tank: { ...stripe, allowDestroy: true } } } },
    breaks: { storage: { pools: { tank: { ...mirror, special: [{ type: "stripe", disks: [disk("c")] }] } } } },
    says: /^tank: special without redundancy, and it holds whatever is in it\n/,
  },
  {
    policy: "storage-fits",
    what: "a quota that is more than the pool",
    settings: { pools: { tank: "1T" } },
    passes: media({ properties: { quota: "1T" } }),
    breaks: media({ properties: { quota: "1.5T" } }),
    says: /^tank\/media: quota 1536G is more than pool tank has, 1T\n/,
  },
  {
    policy: "storage-fits",
    what: "volumes and reservations that are more than the pool together",
    settings: { pools: { tank: "1T" } },
    passes: {
      storage: {
        datasets: {
          "tank/a": { type: "volume", volsize: "900G", sparse: true },
          "tank/b": { properties: { reservation: "900G" } },
        },
      },
    },
    breaks: {
      storage: {
        datasets: { "tank/a": { type: "volume", volsize: "900G" }, "tank/b": { properties: { reservation: "900G" } } },
      },
    },
    says: /^tank: reservations and volumes take 1800G, and it has 1T\n/,
  },
  {
    policy: "storage-fits",
    what: "a quota that is more than that above it",
    passes: {
      storage: { datasets: { "tank/a": { properties: { quota: "1T" } }, "tank/a/b": { properties: { quota: "1T" } } } },
    },
    breaks: {
      storage: {
        datasets: { "tank/a": { properties: { quota: "1T" } }, "tank/a/b": { properties: { refquota: "2T" } } },
      },
    },
    says: /^tank\/a\/b: refquota 2T is more than tank\/a may hold, 1T\n/,
  },
  {
    policy: "storage-fits",
    what: "a container larger than its pool",
    settings: { pools: { tank: "1T" } },
    passes: { lxc: [guest(101, { storage: "tank", size: "1T" }), guest(102, { storage: "elsewhere", size: "2T" })] },
    breaks: { lxc: [guest(101, { hostname: "web", storage: "tank/guests", size: "2T" })] },
    says: /^101: web has root of 2T, which is more than pool tank has, 1T\n/,
  },
  {
    policy: "storage-fits",
    what: "a container's volume that is larger than its storage may be",
    passes: {
      ...guests,
      lxc: [guest(101, { storage: "guests", size: "8G", mounts: { "/data": { storage: "guests", size: "90G" } } })],
    },
    breaks: {
      ...guests,
      lxc: [guest(100, { storage: "guests" }), guest(101, { clone: { from: 100 }, size: "101G" })],
    },
    says: /^101: it has root of 101G, which is more than tank\/guests has, 100G\n/,
  },
  {
    policy: "firewall-closed",
    what: "no firewall",
    passes: firewall({ rules: [ssh] }),
    breaks: {},
    says: /^firewall: none is declared\n/,
  },
  {
    policy: "firewall-closed",
    what: "a firewall that is off",
    passes: firewall({}),
    breaks: firewall({ enable: false }),
    says: /^firewall: it is switched off/,
  },
  {
    policy: "firewall-closed",
    what: "a firewall that lets in what nothing names",
    passes: firewall({ policy_in: "REJECT" }),
    settings: { policy_in: ["DROP", "REJECT"] },
    breaks: firewall({ policy_in: "ACCEPT" }),
    says: /^firewall: policy_in is ACCEPT\n/,
  },
  {
    policy: "firewall-closed",
    what: "a rule for everything",
    passes: firewall({ rules: [ssh, { type: "in", action: "ACCEPT", enable: false }] }),
    breaks: firewall({ rules: [ssh, { type: "in", action: "ACCEPT" }] }),
    says: /^firewall: rules\[1\] lets everything in\n/,
  },
  {
    policy: "firewall-closed",
    what: "a rule for everything among the node's own",
    passes: firewall({ rules: [ssh], host: { rules: [ssh] } }),
    breaks: firewall({ rules: [ssh], host: { rules: [{ type: "in", action: "ACCEPT" }] } }),
    says: /^firewall: host\.rules\[0\] lets everything in\n/,
  },
  {
    policy: "firewall-closed",
    what: "a node that is not filtered",
    passes: firewall({ rules: [ssh], host: { enable: true } }),
    breaks: firewall({ rules: [ssh], host: { enable: false } }),
    says: /^firewall: it is switched off for the host/,
  },
  {
    policy: "firewall-management",
    what: "a way in by the node's own rules only",
    passes: firewall({ host: { rules: [{ ...ssh, source: "10.7.0.0/24" }] } }),
    breaks: firewall({ host: { rules: [] } }),
    says: /^firewall: no rule lets anybody in to port 22\n/,
  },
  {
    policy: "firewall-management",
    what: "a firewall without a way in",
    passes: firewall({ aliases: { lan: "10.0.0.0/24" }, rules: [{ ...ssh, source: "lan" }] }),
    breaks: firewall({ rules: [{ type: "in", action: "ACCEPT", macro: "HTTPS" }] }),
    says: /^firewall: no rule lets anybody in to port 22\n/,
  },
  {
    policy: "firewall-management",
    what: "a way in for others only",
    settings: { from: ["10.0.0.5", "2001:db8::5"], port: 2222 },
    passes: firewall({ rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: 2222 }] }),
    breaks: firewall({ rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: 2222, source: "2001:db8::/64" }] }),
    says: /^firewall: 10\.0\.0\.5 is not let in to port 2222\n/,
  },
  {
    policy: "nfs-root-squash",
    what: "root of a network",
    passes: exported({
      "10.0.0.0/24": ["rw"],
      "10.0.0.7": ["rw", "no_root_squash"],
      "fd00::7/128": ["no_root_squash"],
    }),
    breaks: exported({ "10.0.0.0/255.255.255.0": ["rw", "no_root_squash"] }),
    says: /^\/tank\/media: no_root_squash for 10\.0\.0\.0\/255\.255\.255\.0, which is 256 addresses\n/,
  },
  {
    policy: "nfs-root-squash",
    what: "root of everybody whose name ends so",
    settings: { addresses: 8 },
    passes: exported({ "10.0.0.0/29": ["no_root_squash"], "backup.example": ["no_root_squash"] }),
    breaks: exported({ "*.example": ["no_root_squash"] }),
    says: /^\/tank\/media: no_root_squash for \*\.example, which is any number of machines\n/,
  },
  {
    policy: "samba-guest-write",
    what: "guests that may write, in whatever words",
    passes: share({ public: true }),
    breaks: share({ public: true, writable: "yes" }),
    says: /^media: guests may write/,
  },
  {
    policy: "samba-guest-write",
    what: "guests that may write by what [global] says",
    passes: share({ "read only": false, "guest ok": false }, { "guest ok": true }),
    breaks: share({ "read only": false }, { "guest ok": true }),
    says: /^media: guests may write/,
  },
  {
    policy: "ownership-consistent",
    what: "a share that writes as somebody who may not",
    passes: {
      ...media({ owner: "alice", mode: "0775", group: "crew" }),
      ...share({ "read only": false, "force user": "bob", "force group": "+crew" }),
    },
    breaks: { ...media({ owner: "alice", mode: "0755" }), ...share({ "read only": false, "force user": "bob" }) },
    says: /^media: it writes as bob \(force user\), and dataset tank\/media has owner alice, mode 0755\n/,
  },
  {
    policy: "ownership-consistent",
    what: "an export that writes as somebody who may not",
    passes: { ...media({ owner: 1000 }), ...exported({ "*": ["rw", "all_squash", "anonuid=1000"] }) },
    breaks: {
      ...media({ owner: 1000, group: 100 }),
      ...exported({ "*": ["rw", "all_squash", "anonuid=65534", "anongid=100"] }),
    },
    says: /^\/tank\/media: \* writes as number 65534 \(anonuid\), and dataset tank\/media has owner 1000, group 100\n/,
  },
  {
    policy: "ownership-consistent",
    what: "a directory with two owners",
    passes: {
      ...media({ owner: "alice" }),
      sharing: { samba: { shares: { media: { path: "/tank/media", owner: "alice" } } } },
    },
    breaks: {
      ...media({ owner: "alice" }),
      sharing: { samba: { shares: { media: { path: "/tank/media", owner: "bob" } } } },
    },
    says: /^media: owner bob, and dataset tank\/media says alice of the same directory\n/,
  },
  ...(
    [
      ["container-privileged", "root of the host", { unprivileged: true }, { unprivileged: false }, /is privileged/],
      [
        "container-confined",
        "no profile",
        { apparmorProfile: "mine" },
        { apparmorProfile: "unconfined" },
        /unconfined/,
      ],
      ["container-nesting", "nesting", { features: { keyctl: true } }, { features: { nesting: true } }, /nesting/],
      [
        "container-device",
        "a disk",
        { devices: { "gpu:0": null, "/dev/fuse": null } },
        { devices: { "/dev/sda": null } },
        /\/dev\/sda/,
      ],
      [
        "container-device",
        "a line about devices",
        { lxc: ["lxc.prlimit.nofile: 1024"] },
        { lxc: ["lxc.cgroup2.devices.allow = c 195:* rwm"] },
        /has lxc\.cgroup2\.devices\.allow: c 195:\* rwm/,
      ],
      [
        "guest-network",
        "a gateway elsewhere",
        port({ ip: "10.0.0.5/24", gw: "10.0.0.1" }),
        port({ ip: "10.0.0.5/24", gw: "10.0.1.1" }),
        /gateway 10\.0\.1\.1, which is no other/,
      ],
    ] as const
  ).map(([policy, what, good, bad, says]): Case => ({
    policy,
    what: `a container with ${what}`,
    passes: { lxc: [guest(101, good)] },
    breaks: { lxc: [guest(101, { hostname: "web", ...bad })] },
    says: new RegExp(`^101: web .*${says.source}`),
  })),
  ...(
    [
      ["host name", { hostname: "web" }, { hostname: "WEB" }],
      ["MAC address", port({ hwaddr: "BC:24:11:00:00:01" }), port({ hwaddr: "bc:24:11:00:00:01" })],
      ["address", port({ ip: "10.0.0.5/24" }), port({ ip: "10.0.0.5/24" })],
      ["address", port({ ip6: "fd00::5/64" }), port({ ip6: "fd00::5/64" })],
    ] as const
  ).map(([what, one, other]): Case => ({
    policy: "guest-unique",
    what: `two containers with one ${what}`,
    passes: { lxc: [guest(101, one), guest(102)] },
    breaks: { lxc: [guest(101, one), guest(102, other)] },
    says: new RegExp(`^102: \\S+ has the ${what} \\S+, and so has 101\\n`),
  })),
  {
    policy: "guest-unique",
    what: "two containers with one number",
    passes: { lxc: [guest(101), guest(102)] },
    breaks: { lxc: [guest(101), guest(101)] },
    says: /^101: it has the number 101, and so has 101\n/,
  },
  {
    policy: "guest-network",
    what: "a container in another network than the first one at the bridge",
    passes: { lxc: [guest(101, port({ ip: "10.0.0.5/24" })), guest(102, port({ ip: "10.1.0.5/24", tag: 20 }))] },
    breaks: { lxc: [guest(101, port({ ip: "10.0.0.5/24" })), guest(102, port({ ip: "10.1.0.5/24" }))] },
    says: /^102: it has 10\.1\.0\.5 in 10\.1\.0\.0\/24 at vmbr0, where 10\.0\.0\.0\/24 is\n/,
  },
  {
    policy: "guest-network",
    what: "a container that is not in what is said of the bridge",
    settings: { bridges: { vmbr0: ["10.0.0.0/24", "10.1.0.0/24"] } },
    passes: { lxc: [guest(101, port({ ip: "10.1.0.5/24" })), guest(102, port({ ip: "10.0.0.5/24" }))] },
    breaks: { lxc: [guest(101, port({ ip: "10.1.0.5/16" }))] },
    says: /^101: it has 10\.1\.0\.5 in 10\.1\.0\.0\/16 at vmbr0/,
  },
  {
    policy: "boot-order",
    what: "a container that needs one which does not start",
    passes: { lxc: [guest(101, first), guest(102, second)] },
    breaks: { lxc: [guest(101), guest(102, second)] },
    says: /^102: it starts with the host and needs 101, which does not\n/,
  },
  {
    policy: "boot-order",
    what: "a container that starts before the one it needs",
    passes: { lxc: [guest(101), guest(102, { ...second, clone: { from: 101 } })] },
    breaks: { lxc: [guest(101, { onboot: true, startup: { order: 2 }, hostname: "db" }), guest(102, second)] },
    says: /^102: it is no later in startup\.order than 101 \(db\), which it needs\n/,
  },
  {
    policy: "memory-fits",
    what: "more than there is",
    settings: { ram: "8G" },
    passes: {
      storage: { arc: { max: "2G" } },
      lxc: [guest(101, { onboot: true, memory: 4096 }), guest(102, { memory: 65536 })],
    },
    breaks: { storage: { arc: { max: "2G" } }, lxc: [guest(101, { onboot: true, memory: 4097 })] },
    says: /^memory: 8193M is more than the host has, 8G: 4097M for 1 containers, 2G for ZFS's cache, 2G in reserve\n/,
  },
  {
    policy: "memory-fits",
    what: "what nobody can tell",
    passes: { storage: { arc: { max: "2G" } } },
    breaks: { lxc: [guest(101, { onboot: true })] },
    says: /^memory: how much the host has is not said/,
  },
  {
    policy: "driver-coherent",
    what: "a GPU without a driver",
    passes: { lxc: [gpu], driver: { version: "550.163.01" } },
    breaks: { lxc: [gpu] },
    says: /^101: it is handed a GPU, and no driver of the host is declared\n/,
  },
  {
    policy: "driver-coherent",
    what: "a driver that changes by itself",
    passes: { lxc: [guest(101)], driver: {} },
    breaks: { lxc: [gpu], driver: {} },
    says: /^101: it is handed a GPU, and the host's driver has no version/,
  },
  {
    policy: "driver-coherent",
    what: "another version in the container",
    settings: { containers: { "101": "550.90.07" } },
    passes: { lxc: [gpu], driver: { version: "550.90.07" } },
    breaks: { lxc: [gpu], driver: { version: "550.163.01" } },
    says: /^101: it has the driver 550\.90\.07, and the host 550\.163\.01\n/,
  },
  {
    policy: "ownership-consistent",
    what: "a mount whose owner is another one for the host",
    passes: { ...media({ owner: 101000 }), lxc: [guest(101, bind({ uid: 1000 }))] },
    breaks: { ...media({ owner: 1000, mode: "0755" }), lxc: [guest(101, bind({ uid: 1000 }))] },
    says: /^101: it has \/tank\/media at \/srv with owner 101000 on the host, and dataset tank\/media says 1000\n/,
  },
  {
    policy: "ownership-consistent",
    what: "two containers that each want another owner of one directory",
    passes: { lxc: [guest(101, bind({ uid: 0 })), guest(102, bind({ uid: 0 }))] },
    breaks: { lxc: [guest(101, bind({ gid: 5 })), guest(102, { ...bind({ gid: 6 }) })] },
    says: /^102: it has \/tank\/media at \/srv with group 100006 on the host, and container 101 says 100005\n/,
  },
  {
    policy: "ownership-consistent",
    what: "a mount that the container cannot read",
    passes: {
      ...media({ owner: 1000, mode: "0700" }),
      lxc: [guest(101, { ...bind({}), idmap: [{ type: "u", container_id: 0, host_id: 1000, size: 10 }] })],
    },
    breaks: { ...media({ owner: 1000, mode: "0700" }), lxc: [guest(101, bind({}))] },
    says: /^101: it cannot read \/tank\/media at \/srv: dataset tank\/media has owner 1000, mode 0700, which is nobody in its id map\n/,
  },
  ...(
    [
      ["a private key", KEY, "# see the private key in /etc/ssl"],
      [
        "a password",
        "user = app\npassword = hunter22\n",
        "password = ${PASSWORD}\npassword_file = /run/secrets/app\npassword =\n",
      ],
      ["a password", '{"db_password": "hunter22"}', '{"db_password": "<from the vault>"}'],
      ["a token of Hugging Face", `HF_TOKEN=hf_${"a".repeat(34)}`, "HF_TOKEN_FILE=/run/hf_token"],
      ["a password in an address", "url: postgres://app:hunter22@db/app", "url: postgres://app@db/app"],
      ["the hash of a password", "root:$6$salt$abcdefghijkl:1::", "root:*:1::"],
    ] as const
  ).map(([what, bad, good]): Case => ({
    policy: "no-plaintext-secret",
    what: `${what} in a file`,
    passes: file(good),
    breaks: file(bad),
    says: new RegExp(`^/etc/app\\.conf: content holds ${what}\\n`),
  })),
];

const TODAY = "2026-11-25";
const named = (name: string) => policies.filter((policy) => policy.name === name);

/** `lxc`: containers, each with the numbers of those that it needs; `driver`: the host's, for GPUs. */
async function stackOf({ lxc = [], driver, ...config }: Config): Promise<Stack> {
  const made = await register(config);
  const declared = [...made].map(([urn, one]): Resource => ({ ...one, type: kindOf(one.type), urn }));
  const guests = (lxc as readonly Config[]).map(({ needs = [], ...props }): Resource => {
    const name = String(props["vmid"]);
    return { type: "lxc:Container", name, urn: name, props, needs: (needs as number[]).map(String), protect: true };
  });
  const own = { type: "nvidia:Driver", name: "driver", urn: "driver", needs: [], protect: false };
  const drivers = driver === undefined ? [] : [{ ...own, props: driver as Config }];
  return new Stack([...declared, ...guests, ...drivers]);
}

async function judged(name: string, config: Config, settings: unknown = {}): Promise<Violation[]> {
  const stack = await stackOf(config);
  return named(name).flatMap((policy) => judge(policy, stack, PolicySettings.parse({ [name]: settings }), TODAY));
}

describe("the policies", () => {
  for (const { policy, what, passes, breaks, settings, says } of CASES) {
    it(`${policy} stops ${what}`, async () => {
      const [violation, ...more] = await judged(policy, breaks, settings);
      assert.ok(violation !== undefined, "nothing was found");
      assert.match(violation.text, says);
      assert.equal(violation.level, "mandatory");
      assert.deepEqual(more, []);
    });
    it(`${policy} takes the opposite of ${what}`, async () => {
      assert.deepEqual(await judged(policy, passes, settings), []);
    });
  }

  it("have a case each", () => {
    const proven = new Set(CASES.map(({ policy }) => policy));
    assert.deepEqual(
      policies.map(({ name }) => name).filter((name) => !proven.has(name)),
      [],
    );
  });

  it("never show the secret", async () => {
    for (const { policy, breaks } of CASES.filter((one) => one.policy === "no-plaintext-secret"))
      for (const { text } of await judged(policy, breaks)) assert.doesNotMatch(text, /hunter22|b3BlbnNz|hf_a|abcdef/);
  });

  it("know what holds data", () => {
    const types = kinds.filter(({ holdsData }) => holdsData).map(({ type }) => type);
    assert.deepEqual(
      types.filter((type) => !HOLD_DATA.includes(type)),
      [],
    );
  });

  for (const path of [
    "Pulumi.dev.yaml",
    "Pulumi.staging.yaml",
    "Pulumi.prod.yaml",
    "examples/ai-server.yaml",
    "examples/proxmox.yaml",
  ])
    it(`take ${path}`, async () => {
      const { policies: own = {}, ...config } = configOf(path);
      const stack = await stackOf(config);
      const texts = policies.flatMap((policy) => judge(policy, stack, PolicySettings.parse(own), TODAY));
      assert.deepEqual(
        texts.map(({ text }) => text.split("\n")[0]),
        [],
      );
    });
});

describe("the pack", () => {
  interface Package {
    readonly main: string;
    readonly dependencies: Readonly<Record<string, string>>;
  }
  const packageOf = (...path: string[]) => JSON.parse(textOf(...path, "package.json")) as Package;

  it("is a folder as Pulumi takes one, with this project's own versions of what it needs", () => {
    assert.partialDeepStrictEqual(load(textOf("policies", "PulumiPolicy.yaml")), { runtime: "nodejs" });
    const { main, dependencies } = packageOf("policies");
    assert.match(textOf("policies", main), /^void import\("\.\/index\.ts"\)/m);
    const ours = packageOf().dependencies;
    for (const [name, version] of Object.entries(dependencies)) assert.equal(version, ours[name], name);
  });

  const runner = "../node_modules/@pulumi/pulumi/cmd/run-policy-pack";
  for (const [form, argv] of [
    ["its folder", [process.execPath, runner, "127.0.0.1:1", "."]],
    ["the executable", ["./pack", "127.0.0.1:1"]],
  ] as const)
    it(`serves the engine, as ${form}`, async () => {
      const [program, ...args] = argv;
      const child = spawn(program, args, { cwd: "policies", stdio: ["ignore", "pipe", "inherit"] });
      try {
        // The port that it listens at.
        const [said] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [unknown];
        assert.match(String(said), /^\d{4,5}\n$/);
      } finally {
        child.kill("SIGKILL");
      }
    });
});

describe("what a stack says about policies", () => {
  const breaks = { ...media({}), protect: false };
  const except = (more: object = {}) => ({
    exceptions: [{ for: "tank/media", reason: "a box for experiments", ...more }],
  });

  it("makes one advisory, or switches it off", async () => {
    const [told] = await judged("data-protected", breaks, { level: "advisory" });
    assert.equal(told?.level, "advisory");
    assert.deepEqual(await judged("data-protected", breaks, { level: "disabled" }), []);
  });
  it("excepts what it names, to the last day", async () => {
    assert.deepEqual(await judged("data-protected", breaks, except()), []);
    assert.deepEqual(await judged("data-protected", breaks, except({ until: TODAY })), []);
  });
  it("takes a day as Pulumi hands it over", async () => {
    assert.deepEqual(await judged("data-protected", breaks, except({ until: `${TODAY} 00:00:00 +0000 UTC` })), []);
  });
  it("no longer excepts it after that, and says so", async () => {
    const [told] = await judged("data-protected", breaks, except({ until: "2026-11-24" }));
    assert.match(told?.text ?? "", /not protected \(its exception ended with 2026-11-24: a box for experiments\)/);
    assert.equal(told?.level, "mandatory");
  });
  it("is told of an exception that nothing needs", async () => {
    const [told, ...more] = await judged("data-protected", media({}), except());
    assert.match(told?.text ?? "", /exceptions has one for "tank\/media", and nothing of that name breaks the policy/);
    assert.equal(told?.level, "advisory");
    assert.deepEqual(more, []);
  });
  for (const [what, settings, complaint] of [
    ["an exception without a reason", { exceptions: [{ for: "a", reason: "" }] }, /must be a reason/],
    ["a day that is none", except({ until: "soon" }), /must be a day such as/],
    ["a level that is none", { level: "severe" }, /must be mandatory, advisory or disabled/],
    ["a setting that it has not", { ram: "1G" }, /[Uu]nrecognized/],
  ] as const)
    it(`is refused with ${what}`, () => {
      assert.throws(() => PolicySettings.parse({ "data-protected": settings }), complaint);
    });
  it("stops where a declaration cannot be read", () => {
    const props = { path: "/tank/media", clients: 7 };
    const stack = new Stack([{ type: "nfs:Export", name: "x", urn: "urn", props, needs: [], protect: false }]);
    const [told] = named("nfs-root-squash").flatMap((policy) => judge(policy, stack, {}, TODAY));
    assert.match(told?.text ?? "", /^x: cannot be judged: /);
  });
});
