import assert from "node:assert/strict";
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
    await host().sh("until [ ! -e /run/phoenix-firewall/old ]; do :; done");
    assert.equal(await file(), before);
  });

  it("takes back what it declared in the end, and what others have stays", async () => {
    await end(kind, session(), RulesetSpec.parse(first));
    assert.equal(await file(), `[OPTIONS]\n\n\n${FOREIGN}`);
    assert.match(await host().sh("pve-firewall status"), /disabled/);
  });
});
