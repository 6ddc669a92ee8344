import assert from "node:assert/strict";
import { parse } from "../providers/kinds/firewall/guest.facts.ts";
import { guest, GuestSpec } from "../providers/kinds/firewall/guest.ts";
import { captured } from "./support/captured.ts";
import { context, labels, props } from "./support/kind.ts";

const spec = (more: object = {}) => GuestSpec.parse({ vmid: 101, ...more });

describe("a look at the rules of guests", () => {
  const debian = parse(captured("firewall.guest/debian"));
  const drifts = spec({
    policy_out: "REJECT",
    rules: [
      { type: "in", action: "ACCEPT", macro: "SSH", comment: "the way in" },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: "80,443", iface: "net0" },
    ],
  });
  const view = (want: GuestSpec, facts = debian) => guest.view(facts, want, context());
  const plan = (want: GuestSpec, facts = debian) => guest.plan(view(want, facts), want, context(), facts);

  it("finds one as declared, and no other", () => {
    assert.deepEqual(view(drifts), drifts);
    assert.equal(view(spec({ vmid: 999 })), undefined);
  });
  it("finds what somebody changed", () => {
    const changed = spec({ vmid: 102, rules: [{ type: "in", action: "ACCEPT", proto: "tcp", dport: 22 }] });
    assert.deepEqual(props(plan(changed)), ["rules[0]", "unit"]);
  });
  it("applies it anew, and waits for a new connection", () => {
    const done = plan(spec({ policy_in: "ACCEPT" }));
    assert.deepEqual(
      [props(done), labels(done), done.confirm?.label],
      [["file"], ["firewall-apply"], "firewall-confirm"],
    );
  });
  it("starts the unit alone where only that is wrong", () => {
    const off = spec({ vmid: 103 });
    assert.deepEqual(
      [props(plan(off)), labels(plan(off))],
      [["unit"], ["firewall-start phoenix-firewall-guest@103.service"]],
    );
  });
  it("refuses a host without nftables", () => {
    assert.throws(() => parse({ code: 0, stdout: "== nft\n", stderr: "" }), /apt-get install nftables/);
  });

  const pve = parse(captured("firewall.guest/proxmox"));
  it("tells why rules do nothing", () => {
    const told = ["101", "102", "103"].map((id) => guest.warnings?.(pve, id, spec({ vmid: id })).join());
    assert.match(told[1] ?? "", /^net0, net2 of the guest have no firewall=1/);
    assert.deepEqual([told[0], told[2]], ["", ""]);
  });
  it("finds one of Proxmox VE, and that another waits for its confirmation", () => {
    assert.deepEqual(view(spec(), pve), { ...spec(), rules: [] });
    assert.equal(view(spec({ vmid: 102 }), pve)?.pending, true);
    assert.equal(view(spec({ vmid: 104 }), pve), undefined);
  });
});
