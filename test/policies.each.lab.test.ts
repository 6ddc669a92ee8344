import assert from "node:assert/strict";
import { policies } from "../policies/all.ts";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";

/** As users run it: with the preview, which the policies judge. */
const JUDGED = ["--skip-preview=false", "--policy-pack", "policies/pack"];

const mirror = { vdevs: [{ type: "mirror", disks: ["/dev/disk/by-id/virtio-disk1", "/dev/disk/by-id/virtio-disk2"] }] };
const stripe = { vdevs: [{ type: "stripe", disks: ["/dev/disk/by-id/virtio-disk3"] }] };
const media = (spec: object) => ({ storage: { pools: { tank: mirror }, datasets: { "tank/media": spec } } });
const container = (spec: object) => ({ containers: { "101": { hostname: "web", ...spec } } });
const port = (ip: string, gw: string) => ({ interfaces: { eth0: { bridge: "vmbr0", ip, gw } } });
const firewall = (spec: object) => ({
  network: { firewall: { rules: [{ type: "in", action: "ACCEPT", macro: "SSH", source: "10.0.2.2" }], ...spec } },
});
const share = (parameters: object) => ({
  sharing: { samba: { shares: { media: { path: "/tank/media", parameters } } } },
});
const RAM = { "memory-fits": { ram: "8G" } };

/** For each policy a stack that breaks it, and no other one. */
const BROKEN: Readonly<Record<string, object>> = {
  "data-protected": { ...media({}), protect: "false" },
  "pool-redundancy": { storage: { pools: { fast: stripe }, datasets: { "fast/media": {} } } },
  "storage-fits": {
    ...media({ properties: { quota: "2T" } }),
    policies: { "storage-fits": { pools: { tank: "1T" } } },
  },
  "firewall-closed": firewall({ policy_in: "ACCEPT" }),
  "firewall-management": { policies: { "firewall-management": { from: ["10.0.0.5"] } } },
  "nfs-root-squash": { sharing: { exports: { "/srv": { clients: { "10.0.0.0/24": ["rw", "no_root_squash"] } } } } },
  "samba-guest-write": share({ "guest ok": true, "read only": false }),
  "ownership-consistent": {
    ...media({ owner: "alice", mode: "0755" }),
    ...share({ "read only": false, "force user": "bob" }),
  },
  "container-privileged": container({ unprivileged: false }),
  "container-confined": container({ apparmorProfile: "unconfined" }),
  "container-device": container({ devices: { "/dev/sda": {} } }),
  "container-nesting": container({ features: { nesting: true } }),
  "guest-unique": { containers: { "101": { hostname: "web" }, "102": { hostname: "web" } } },
  "guest-network": container(port("10.0.0.5/24", "10.0.1.1")),
  "boot-order": { containers: { "101": {}, "102": { onboot: true, after: [101] } }, policies: RAM },
  "memory-fits": { ...container({ onboot: true, memory: 16_384 }), policies: RAM },
  "driver-coherent": container({ devices: { "gpu:0": {} } }),
  "no-plaintext-secret": { system: { files: { "/etc/app.conf": { content: "password = hunter22\n" } } } },
};

describe("each policy, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("policies-each");
  let project: Project;

  before(async () => {
    project = await makeProject();
  });
  after(() => {
    project.remove();
  });
  const configure = (stack: object) => {
    project.configure({ ...firewall({}), connection: { host: "lab", sshConfig: host().lab.sshConfig }, ...stack });
  };

  it("has a stack here", () => {
    assert.deepEqual(
      Object.keys(BROKEN),
      policies.map(({ name }) => name),
    );
  });
  for (const [name, stack] of Object.entries(BROKEN))
    it(`${name} stops a stack that breaks it before anything is changed`, async () => {
      configure(stack);
      const run = await project.run("up", ...JUDGED);
      assert.notEqual(run.code, 0);
      const told = [...run.output.matchAll(/^ +- \[(\w+)\] +(\S+) /gm)].map(([, ...words]) => words.join(" "));
      assert.deepEqual([...new Set(told)], [`mandatory ${name}`], run.output);
      assert.ok(run.log.length > 0, "the host was looked at");
      assert.deepEqual(run.changes, []);
    });
  it("takes a stack that keeps all of them", async () => {
    configure({
      ...media({ properties: { quota: "100M" }, owner: "nobody", mode: "0755" }),
      sharing: {
        exports: { "/tank/media": { clients: { "10.0.0.0/24": ["ro"], "10.0.0.7": ["rw", "no_root_squash"] } } },
      },
      policies: { ...RAM, "storage-fits": { pools: { tank: "1T" } } },
    });
    const run = await project.must("up", ...JUDGED);
    assert.doesNotMatch(run.output, /\[(mandatory|advisory)\]/);
    assert.match(await host().sh("zfs list -H -o name; exportfs"), /tank\/media\n[^]*\/tank\/media/);
  });
});
