import assert from "node:assert/strict";
import { script, withTimeLimit } from "../providers/host/command.ts";
import { writeFile } from "../providers/host/file.ts";
import { captured as printed } from "./support/captured.ts";
import { captures, RUN } from "./support/captures.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";

/** Without what differs from host to host: sizes, and the order of lists that are written in no certain one. */
function comparable(text: string): string {
  return text
    .replace(/^((?:local|tank) .* active) .*$/gm, "$1 SIZES")
    .replace(/^(\tcontent )(.*)$/gm, (_, key: string, list: string) => key + list.split(",").toSorted().join(","))
    .replace(/: (no such pool|dataset does not exist)$/gm, ": not there")
    .trimEnd();
}

/** What was there when the commands were captured. */
const SEED = `
zpool_patiently create tank /dev/disk/by-id/virtio-disk1
printf 'dir: local\\n\\tpath /var/lib/vz\\n\\tcontent iso,images,snippets,vztmpl,backup,rootdir\\n\\tprune-backups keep-all=1\\n\\n' >/etc/pve/storage.cfg
printf 'user:root@pam:1:0::::::\\n\\n\\npool:labpool:p:101:tank:\\n\\n\\n' >/etc/pve/user.cfg
`;

describe("on the lab host, the stand-ins for Proxmox VE", function () {
  this.timeout(600_000);
  const host = useLab("proxmox-stand-in");
  before(async () => {
    await host().sh(becomePve);
    await host().sh(SEED);
  });

  for (const tool of ["pvesm", "pveum"])
    it(`answer as the real ${tool} does`, async () => {
      const all = captures(`proxmox.${tool}`);
      const commands = all.map(({ command }) => command);
      const { stdout } = await host().change(withTimeLimit(script("captured", RUN, commands), 500));
      const answers = stdout
        .split("== ")
        .slice(1)
        .map((answer) => answer.split("\n"));
      assert.equal(answers.length, all.length);
      all.forEach(({ name, command, ...captured }, i) => {
        const [code = "", out = "", err = ""] = answers[i] ?? [];
        const text = (base64: string) => comparable(Buffer.from(base64, "base64").toString("utf8"));
        assert.deepEqual(
          { failed: code !== "0", stdout: text(out), stderr: text(err) },
          { failed: captured.failed, stdout: comparable(captured.stdout), stderr: comparable(captured.stderr) },
          `${name}: ${command}`,
        );
      });
    });

  it("keep /etc/pve as pmxcfs does", async () => {
    const path = "/etc/pve/firewall/cluster.fw";
    const put = async (group: string, mode: string) =>
      (await host().change(writeFile(path, "[OPTIONS]\n\nenable: 0\n", { mode, group }))).code;
    assert.notEqual(await put("root", "640"), 0);
    assert.notEqual(await put("www-data", "644"), 0);
    assert.equal(await put("www-data", "640"), 0);
    assert.equal(
      await host().sh(`stat -c %a:%U:%G ${path}; cat ${path}`),
      "640:root:www-data\n[OPTIONS]\n\nenable: 0\n",
    );
    await host().sh("cd /etc/pve; ! ln -s a b; ! head -c 1048577 /dev/zero >big; mv big moved; rm moved");
  });

  it("tell what is wrong in firewall files and pass it over", async () => {
    const rules = [
      "[OPTIONS]",
      "enable: 1",
      "policy_in: NOWHERE",
      "[IPSET management]",
      "10.0.0.0/24",
      "10.0.0.256",
      "[RULES]",
      "IN ACCEPT -p tcp -dport 22",
      "IN ACCEPT -dport 22",
      "IN SSH(ACCEPT) -source +nosuch",
      "IN NoSuch(ACCEPT)",
      "IN ACCEPT -p tcp -dport 70000 # a comment",
      "|OUT DROP -source 10.0.0.1 -dest fe80::1",
      "IN ACCEPT --dport 22",
      "GROUP web -i vmbr0",
    ].join("\n");
    await host().change(writeFile("/etc/pve/firewall/cluster.fw", `${rules}\n`, { mode: "640", group: "www-data" }));
    const { code, stdout, stderr } = await host().read(script("compile", "pve-firewall compile"));
    assert.equal(code, 0);
    const at = "/etc/pve/firewall/cluster.fw (line";
    assert.deepEqual(stderr.trimEnd().split("\n"), [
      `${at} 3): can't parse option 'policy_in: NOWHERE'`,
      `${at} 6) - errors in ipset 'management': 10.0.0.256`,
      "  cidr: value does not look like a valid IP address or CIDR network",
      `${at} 9) - errors in rule parameters: IN ACCEPT -dport 22`,
      "  proto: missing property - 'dport' requires this property",
      `${at} 10) - errors in rule parameters: IN SSH(ACCEPT) -source +nosuch`,
      "  source: no such ipset 'nosuch'",
      `${at} 11) - errors in rule parameters: IN NoSuch(ACCEPT)`,
      "  macro: unknown macro 'NoSuch'",
      `${at} 12) - errors in rule parameters: IN ACCEPT -p tcp -dport 70000 # a comment`,
      "  dport: invalid port '70000'",
      `${at} 13) - errors in rule parameters: |OUT DROP -source 10.0.0.1 -dest fe80::1`,
      "  source: detected mixed ipv4/ipv6 addresses in rule",
      `${at} 14): unable to parse rule parameters: --dport 22`,
    ]);
    assert.match(
      stdout,
      /create PVEFW-HOST-IN\n\t-A PVEFW-HOST-IN -p tcp --dport 22 -j RETURN\n\t-A PVEFW-HOST-IN -j PVEFW-Drop/,
    );
    assert.match(stdout, /detected changes\n$/);
    assert.equal(await host().sh("pve-firewall status"), "Status: enabled/stopped\n");
  });

  it("compile the rules of a container as they were captured", async () => {
    await host().sh(
      "d=/etc/pve/nodes/$(uname -n)/lxc; mkdir -p $d; " +
        "printf 'net0: name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:FB:90:84,type=veth\\nnet1: name=eth1,bridge=vmbr0\\n' >$d/101.conf; " +
        "printf '[OPTIONS]\\n\\nenable: 1\\n' >/etc/pve/firewall/cluster.fw; " +
        "printf '[OPTIONS]\\n\\nenable: 1\\n\\n[RULES]\\n\\nIN ACCEPT -p tcp -dport 80 -log nolog\\n|IN ACCEPT -p udp -dport 53\\n' >/etc/pve/firewall/101.fw",
    );
    const said = await host().sh("pve-firewall compile");
    const ours = /^create veth[^]*?\n\n/m.exec(said)?.[0].trimEnd() ?? "";
    const real = printed("firewall.guest/compile").stdout.trimEnd();
    assert.equal(ours, real.replace(/^(create \S+) .*$/gm, "$1"));
    await host().sh("rm /etc/pve/firewall/101.fw");
  });
});
