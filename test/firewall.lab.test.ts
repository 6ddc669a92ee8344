import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ruleset, RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { providerOf } from "../providers/runtime/provider.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { OUTSIDE } from "./support/outside.ts";

const kind = erase(ruleset);
const us = { type: "in", action: "ACCEPT", macro: "SSH", source: "10.0.2.0/24", comment: "us" };

describe("a firewall on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("firewall");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
  const declare = (spec: object) => RulesetSpec.parse(spec);
  const apply = async (spec: object) => converge(kind, session(), declare(spec));
  const table = async () => host().sh("nft -s list table inet phoenix || true");
  const differences = async (spec: object) => {
    const seen = await look(kind, session(), declare(spec));
    return kind.plan(seen.live, declare(spec), seen.context).changes.map(({ prop }) => prop);
  };

  /** What becomes of a connection from outside: `open`, `refused`, or `silence`. */
  async function probe(address: string, port: number): Promise<string> {
    const code = await host().sh(
      `said=$(ip netns exec outside timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${String(port)}' 2>&1) && echo open || ` +
        `case $said in *refused*) echo refused ;; *) echo silence ;; esac`,
    );
    return code.trim();
  }
  const probes = async (ports: readonly number[]) =>
    Promise.all(["192.0.2.1", "fd00:99::1"].flatMap((address) => ports.map(async (port) => probe(address, port))));

  /** Waits until the host has taken a change back; mocha's time limit is the limit. */
  async function untilBack(): Promise<void> {
    await host().sh("until [ ! -e /run/phoenix-firewall/old ]; do sleep 0.2; done");
  }

  const probed = {
    rules: [
      us,
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 22, source: "192.0.2.0/24" },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 22, source: "fd00:99::/64" },
      { type: "in", action: "REJECT", proto: "tcp", dport: 111 },
    ],
  };

  it("lets through what it accepts, by both families, and nothing else", async () => {
    await host().sh(OUTSIDE);
    assert.deepEqual(await probes([22, 111, 2049]), Array(6).fill("open"));
    await apply(probed);
    assert.deepEqual(await probes([22, 111, 2049]), ["open", "refused", "silence", "open", "refused", "silence"]);
  });

  it("keeps connections that are established, whatever the new rules say", async () => {
    // It has said nothing yet; what it says after the change must be heard, and answered.
    await host().sh(
      "systemd-run --quiet --unit=talk ip netns exec outside bash -c 'exec 3<>/dev/tcp/fd00:99::1/22; " +
        'read -r hello <&3; touch /run/talking; until [ -e /run/changed ]; do sleep 0.2; done; printf "SSH-2.0-x\\r\\n" >&3; ' +
        "head -c 4 <&3 >/run/answer'; until [ -e /run/talking ]; do sleep 0.2; done",
    );
    await apply({ rules: [us] });
    assert.equal(await probe("fd00:99::1", 22), "silence");
    await host().sh("touch /run/changed; while systemctl is-active --quiet talk; do sleep 0.2; done");
    assert.equal((await host().sh("wc -c </run/answer")).trim(), "4");
  });

  it("is refused when it would lock us out, before anything is changed", async () => {
    host().changes();
    const rules = [{ type: "in", action: "DROP", proto: "tcp", dport: "1:1023", comment: "no services" }, us];
    await assert.rejects(
      apply({ rules }),
      /lock this stack out.*from 10\.0\.2\.2 .*rules\[0\] \(no services\) is DROP/,
    );
    assert.deepEqual(host().changes(), []);
  });

  it("is refused by a preview already, of a new one and of a change", async () => {
    const provider = providerOf(kind, session);
    await provider.configure({ config: { get: () => undefined } });
    const [fine, closed] = [declare({ rules: [us] }), declare({ rules: [{ ...us, source: "10.0.3.0/24" }] })];
    const locked = /lock this stack out.*from 10\.0\.2\.2 to 10\.0\.2\.15 port 22 on eth0, and no rule accepts it/;
    const { failures } = await provider.check({}, closed);
    assert.match(failures.map(({ reason }) => reason).join(), locked);
    assert.deepEqual((await provider.check({}, fine)).failures, []);
    assert.deepEqual((await provider.check(fine, closed)).failures, []);
    await assert.rejects(provider.diff("firewall", fine, closed), locked);
    assert.deepEqual(await provider.diff("firewall", closed, closed), { changes: false });
  });

  it("is taken back when no new connection comes through", async () => {
    const before = await table();
    // Our own rules say that we may come in, and still nobody can.
    await host().sh(
      "nft add table inet foreign; nft 'add chain inet foreign in { type filter hook input priority -5; }'",
    );
    await host().sh(
      "nft add rule inet foreign in iifname eth0 tcp dport 22 tcp flags syn / syn,ack reject with tcp reset",
    );
    const failure = apply({ rules: [us, { type: "in", action: "ACCEPT", macro: "HTTP" }] });
    await assert.rejects(failure, /a new connection did not confirm the change: [^]*The change was taken back/);
    assert.equal(await table(), before);
    await host().sh("nft delete table inet foreign");
    assert.deepEqual(await differences({ rules: [us] }), []);
  });

  it("is taken back by the host itself when the client is killed before it can confirm", async () => {
    const before = await table();
    const spec = { rules: [us, { type: "in", action: "ACCEPT", macro: "HTTP" }], rollback: 30 };
    const program = fileURLToPath(new URL("support/cut-short.ts", import.meta.url));
    const { signal, stderr } = spawnSync(process.execPath, [program, host().lab.sshConfig, JSON.stringify(spec)]);
    assert.equal(signal, "SIGKILL", String(stderr));
    assert.match(await table(), /tcp dport 80 accept/);
    assert.ok((await differences(spec)).includes("pending"));
    await untilBack();
    assert.equal(await table(), before);
    assert.deepEqual(await differences({ rules: [us] }), []);
  });

  it("is taken back by the host itself without systemd-run, too", async () => {
    const before = await table();
    await host().sh("mv /usr/bin/systemd-run /usr/bin/systemd-gone");
    const spec = declare({ rules: [us, { type: "in", action: "ACCEPT", macro: "HTTP" }], rollback: 30 });
    const { facts, live, context } = await look(kind, session(), spec);
    for (const command of kind.plan(live, spec, context, facts).commands)
      assert.equal((await host().change(command)).code, 0);
    await host().sh("mv /usr/bin/systemd-gone /usr/bin/systemd-run");
    assert.match(await table(), /tcp dport 80 accept/);
    await untilBack();
    assert.equal(await table(), before);
  });

  it("comes back when others load nftables anew", async () => {
    // It flushes all tables when it starts. That it does so later than ours is drift, and healed.
    await host().sh("systemctl start nftables");
    assert.deepEqual(await differences({ rules: [us] }), ["table"]);
    await apply({ rules: [us] });
    for (const verb of ["reload", "restart"]) {
      await host().sh(
        `systemctl ${verb} nftables; while systemctl list-jobs | grep -q phoenix-firewall; do sleep 0.2; done`,
      );
      assert.deepEqual(await differences({ rules: [us] }), [], verb);
    }
    await host().sh("systemctl stop nftables");
  });

  it("is there after a power cut", async () => {
    await apply({ rules: [us] });
    await host().powerCut();
    assert.deepEqual(await differences({ rules: [us] }), []);
    assert.match(await table(), /policy drop/);
  });

  it("is switched off and on again with its rules in place", async () => {
    await apply({ enable: false, rules: [us] });
    assert.match(await table(), /flags dormant/);
    await end(kind, session(), declare({}));
    assert.equal(
      await host().sh("nft list tables; ls /etc/nftables.d; ls /etc/systemd/system | grep phoenix || true"),
      "",
    );
  });
});
