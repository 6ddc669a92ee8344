import assert from "node:assert/strict";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project } from "./support/project.ts";
import { becomePve } from "./support/pve.ts";
import { configOf } from "./support/stack-files.ts";

const JUDGED = ["--policy-pack", "policies/pack"];

interface Container {
  readonly template?: boolean;
  readonly interfaces?: { readonly eth0: object };
  readonly devices?: object;
}
interface Prod {
  readonly storage: { readonly pools: Readonly<Record<string, { readonly vdevs: readonly { disks: string[] }[] }>> };
  readonly containers: Readonly<Record<string, Container>>;
  readonly network: { readonly firewall: object; readonly guests: object };
  readonly proxmox: object;
  readonly templates: object;
}
const prod = configOf("Pulumi.prod.yaml") as unknown as Prod;
const staging = configOf("Pulumi.staging.yaml") as unknown as Prod;

/** All of it that Proxmox VE alone has, as the stack for plain Debian has it. */
function onDebian(config: Prod): object {
  const own = Object.entries(config.containers).map(([vmid, { interfaces, ...one }]) => {
    const eth0 = interfaces === undefined ? {} : { interfaces: { eth0: { ...interfaces.eth0, firewall: false } } };
    return [vmid, one.template === true ? staging.containers[vmid] : { ...one, ...eth0 }];
  });
  return { ...config, proxmox: {}, templates: staging.templates, containers: Object.fromEntries(own) as object };
}

for (const form of ["plain Debian", "Proxmox VE, by its stand-ins"])
  describe(`prod, on the lab host as ${form}`, function () {
    this.timeout(600_000);
    const host = useLab(`prod-${form.slice(0, 5)}`);
    let project: Project;

    before(async () => {
      if (form !== "plain Debian") await host().sh(becomePve);
      project = await makeProject();
    });
    after(() => {
      project.remove();
    });
    const connection = () => ({ host: "lab", sshConfig: host().lab.sshConfig });

    it("is previewed without a complaint, and keeps every policy", async () => {
      const { network, ...rest } = prod;
      // Its rules would lock us out, who come from the machine that runs the lab.
      const firewall = { ...network.firewall, ipset: { trusted: ["desk", "10.0.2.2"] } };
      const config = { ...rest, network: { ...network, firewall } };
      project.configure({
        ...(form === "plain Debian" ? onDebian(config) : config),
        connection: connection(),
        secrets: { "samba-media": "none" },
      });
      const run = await project.must("preview", ...JUDGED);
      assert.match(run.tally.join(), /^\+ \d+ to create$/);
      assert.doesNotMatch(run.output, /\[(mandatory|advisory)\]/);
      for (const name of ["tank/persistent/postgres", "inference", "chat", "base"])
        assert.match(run.output, new RegExp(` : "${name}"\n`));
      assert.match(run.output, /version +: "550\.163\.01"/);
      for (const name of ["gpu:0", "gpu:1"]) assert.match(run.output, new RegExp(`${name} *:`));
      assert.deepEqual(run.changes, []);
    });

    it("is told by name what the lab host lacks of its hardware, before anything of it is made", async () => {
      await host().sh("zpool_patiently create lab /dev/disk/by-id/virtio-disk1");
      const { storage, containers } = prod;
      const disks = Object.values(storage.pools).flatMap(({ vdevs }) => vdevs.flatMap((vdev) => vdev.disks));
      const users = Object.entries(containers).filter(([, { devices }]) => devices !== undefined);
      const gpus = users.map(([vmid, { devices }]) => [vmid, { devices, ostemplate: "/none", storage: "lab" }]);
      assert.deepEqual([disks.length, gpus.length], [3, 2]);
      await project.forget();
      project.configure({
        connection: connection(),
        storage: { pools: storage.pools },
        containers: Object.fromEntries(gpus) as object,
      });
      const { code, output, changes } = await project.run("up", "--continue-on-error");
      assert.notEqual(code, 0);
      for (const disk of disks) assert.match(output, new RegExp(`there is no disk ${disk} on the host`));
      for (const gpu of ["gpu:0", "gpu:1"])
        assert.match(output, new RegExp(`devices\\.${gpu}: the host has no such GPU, or no driver for it`));
      assert.deepEqual(changes, ["write-file /var/lib/phoenix-hypervisor/stack"], "the claim, which comes first");
    });
  });
