import assert from "node:assert/strict";
import { guest, GuestSpec } from "../providers/kinds/firewall/guest.ts";
import { ruleset, RulesetSpec } from "../providers/kinds/firewall/ruleset.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";

const kind = erase(ruleset);
const FILE = "/etc/pve/firewall/cluster.fw";
const us = { type: "in", action: "ACCEPT", macro: "SSH", source: "10.0.2.0/24", comment: "us" };
const FOREIGN =
  "[ALIASES]\n\nnas 10.0.0.9 # old\n\n[IPSET management]\n\n10.0.0.0/24\n\n[group web] # sites\n\nIN HTTP(ACCEPT)\n";

describe("a firewall of Proxmox VE", function () {
  this.timeout(600_000);
  const host = useLab("firewall-pve");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
  const apply = async (spec: object, was?: object) =>
    converge(kind, session(), RulesetSpec.parse(spec), was === undefined ? undefined : RulesetSpec.parse(was));
  const differences = async (spec: object) => {
    const want = RulesetSpec.parse(spec);
    const seen = await look(kind, session(), want, want);
    return kind.plan(seen.live, want, seen.context).changes.map(({ prop }) => prop);
  };
  const file = async () => host().sh(`cat ${FILE}`);
  const first = {
    aliases: { lan: "10.0.0.0/24" },
    ipset: { us: ["lan", "10.0.2.2"] },
    rules: [us, { ...us, macro: "NFS", source: "+us" }],
  };

  it("is written beside what others have in the file", async () => {
    await host().sh(becomePve);
    await host().sh(`mkdir -p /etc/pve/firewall; printf '${FOREIGN.replaceAll("\n", "\\n")}' >${FILE}`);
    await apply(first);
    assert.equal(
      await file(),
      FOREIGN.replace("# old\n", "# old\nlan 10.0.0.0/24\n")
        .replace("[ALIASES]", "[OPTIONS]\n\nenable: 1\n\n[ALIASES]")
        .replace(
          "[group",
          "[IPSET us]\n\nlan\n10.0.2.2\n\n[RULES]\n\nIN SSH(ACCEPT) -source 10.0.2.0/24 # us\nIN ACCEPT -source +us -p tcp -dport 2049 # us\n\n[group",
        ),
    );
    assert.match(await host().sh("pve-firewall status"), /enabled/);
    assert.deepEqual(await differences(first), []);
  });

  it("is left alone when it is as declared", async () => {
    host().changes();
    await apply(first, first);
    assert.deepEqual(host().changes(), []);
  });

  it("is healed where somebody edited it", async () => {
    const before = await file();
    await host().sh(
      `new=$(sed -e 's/2049/2050/' -e 's/enable: 1/enable: 0/' -e '/^10.0.2.2/d' ${FILE}); echo "$new" >${FILE}`,
    );
    assert.deepEqual((await differences(first)).toSorted(), ["enable", "ipset.us", "rules[1]"]);
    host().changes();
    await apply(first, first);
    // The change, and its confirmation over a new connection.
    assert.equal(host().changes().length, 2);
    assert.equal(await file(), before);
  });

  it("is restored when pve-firewall refuses it", async () => {
    const before = await file();
    const ports = Array.from({ length: 16 }, (_, i) => i + 1).join();
    const rules = [us, { type: "in", action: "ACCEPT", proto: "tcp", dport: ports }];
    await assert.rejects(
      apply({ ...first, rules }, first),
      /too many entries in port list[^]*pve-firewall refuses the rules/,
    );
    assert.equal(await file(), before);
    assert.deepEqual(await differences(first), []);
  });

  it("is not locked out, and is taken back by the host when nobody confirms", async () => {
    await assert.rejects(apply({ ...first, rules: [] }, first), /would lock this stack out/);
    const before = await file();
    const want = RulesetSpec.parse({ ...first, rules: [us], rollback: 30 });
    const { facts, live, context } = await look(kind, session(), want, RulesetSpec.parse(first));
    for (const command of kind.plan(live, want, context, facts).commands)
      assert.equal((await host().change(command)).code, 0);
    assert.notEqual(await file(), before);
    assert.deepEqual(await differences(want), ["pending"]);
    await host().sh("until [ ! -e /run/phoenix-firewall/old ]; do sleep 0.2; done");
    assert.equal(await file(), before);
  });

  describe("with a part for the one node", () => {
    const NODE = "/etc/pve/nodes/$(uname -n)/host.fw";
    const own = "[OPTIONS]\n\n# as it was\nnf_conntrack_helpers: ftp\n\n";
    const both = async () => host().sh(`cat ${FILE} ${NODE}`);
    const node = { tcpflags: true, rules: [{ ...us, macro: "HTTPS" }] };

    it("has it in the node's own file, where all else stays", async () => {
      await host().sh(`printf '${own.replaceAll("\n", "\\n")}' >${NODE}`);
      await apply(first);
      const before = await file();
      await apply({ ...first, host: node }, first);
      assert.equal(
        await host().sh(`cat ${NODE}`),
        own.replace("ftp\n", "ftp\ntcpflags: 1\n") + "[RULES]\n\nIN HTTPS(ACCEPT) -source 10.0.2.0/24 # us\n\n",
      );
      assert.equal(await file(), before);
      host().changes();
      await apply({ ...first, host: node }, { ...first, host: node });
      assert.deepEqual(host().changes(), []);
    });
    it("is refused when a rule of the node's own, declared or not, would lock us out", async () => {
      const drop = { type: "in", action: "DROP", proto: "tcp", dport: 22 };
      await assert.rejects(apply({ ...first, host: { rules: [drop] } }, first), /host\.rules\[0\] is DROP/);
      const before = await host().sh(`cat ${NODE}`);
      await host().sh(`printf '[RULES]\\n\\nIN DROP -p tcp -dport 22\\n' >${NODE}`);
      await assert.rejects(apply({ ...first, policy_out: "DROP" }, first), /host\.rules\[0\] is DROP/);
      await host().sh(`printf '${before.replaceAll("\n", "\\n")}' >${NODE}`);
    });
    it("restores both files when pve-firewall refuses one of them", async () => {
      const before = await both();
      const ports = Array.from({ length: 16 }, (_, i) => i + 1).join();
      const rules = [{ type: "in", action: "ACCEPT", proto: "tcp", dport: ports }];
      const want = { ...first, policy_in: "REJECT", host: { rules } };
      await assert.rejects(apply(want, { ...first, host: node }), /pve-firewall refuses the rules/);
      assert.equal(await both(), before);
    });
    it("takes both files back by itself when nobody confirms", async () => {
      const before = await both();
      const want = RulesetSpec.parse({ ...first, policy_in: "REJECT", host: { ...node, ndp: false }, rollback: 30 });
      const { facts, live, context } = await look(kind, session(), want, RulesetSpec.parse({ ...first, host: node }));
      for (const command of kind.plan(live, want, context, facts).commands)
        assert.equal((await host().change(command)).code, 0);
      assert.match(await both(), /policy_in: REJECT[^]*ndp: 0/);
      await host().sh("until [ ! -e /run/phoenix-firewall/old ]; do sleep 0.2; done");
      assert.equal(await both(), before);
    });
    it("takes it back when it is no longer declared", async () => {
      await apply(first, { ...first, host: node });
      assert.equal(await host().sh(`cat ${NODE}`), own);
    });
  });

  describe("of a guest", () => {
    const guests = erase(guest);
    const GUEST = "/etc/pve/firewall/101.fw";
    const own = "[OPTIONS]\n\nips: 0\n\n[IPSET mine]\n\n10.0.0.1\n\n";
    const wanted = GuestSpec.parse({
      vmid: 101,
      dhcp: false,
      rules: [{ type: "in", action: "ACCEPT", macro: "HTTPS", iface: "net0" }],
    });

    it("is its own file, where all else stays, and switched on", async () => {
      await host().sh(`printf '${own.replaceAll("\n", "\\n")}' >${GUEST}`);
      await converge(guests, session(), wanted);
      assert.equal(
        await host().sh(`cat ${GUEST}`),
        own.replace("ips: 0\n", "ips: 0\ndhcp: 0\nenable: 1\n") + "[RULES]\n\nIN HTTPS(ACCEPT) -i net0\n\n",
      );
    });
    it("is restored when pve-firewall refuses it", async () => {
      const before = await host().sh(`cat ${GUEST}`);
      const dport = Array.from({ length: 16 }, (_, i) => i + 1).join();
      const want = GuestSpec.parse({ vmid: 101, rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport }] });
      await assert.rejects(converge(guests, session(), want, wanted), /pve-firewall refuses the rules/);
      assert.equal(await host().sh(`cat ${GUEST}`), before);
    });
    it("is taken back by the host when nobody confirms", async () => {
      const before = await host().sh(`cat ${GUEST}`);
      const want = { ...wanted, policy_out: "DROP" as const, rollback: 30 };
      const { facts, live, context } = await look(guests, session(), want, wanted);
      for (const command of guests.plan(live, want, context, facts).commands)
        assert.equal((await host().change(command)).code, 0);
      assert.match(await host().sh(`cat ${GUEST}`), /policy_out: DROP/);
      await host().sh("until [ ! -e /run/phoenix-firewall-101/old ]; do sleep 0.2; done");
      assert.equal(await host().sh(`cat ${GUEST}`), before);
    });
    it("is gone in the end, and what others have in the file stays", async () => {
      await end(guests, session(), wanted);
      assert.equal(await host().sh(`cat ${GUEST}`), own);
      const other = { ...wanted, vmid: 102 };
      await converge(guests, session(), other);
      await end(guests, session(), other);
      assert.equal(await host().sh("ls /etc/pve/firewall"), "101.fw\ncluster.fw\n");
    });
  });

  it("takes back what it declared in the end, and what others have stays", async () => {
    await end(kind, session(), RulesetSpec.parse(first));
    assert.equal(await file(), `[OPTIONS]\n\n\n${FOREIGN}`);
    assert.match(await host().sh("pve-firewall status"), /disabled/);
  });
});
