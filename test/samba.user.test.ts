import assert from "node:assert/strict";
import { secret } from "../providers/host/command.ts";
import { parse } from "../providers/kinds/samba/user.facts.ts";
import { user, UserSpec } from "../providers/kinds/samba/user.ts";
import type { z } from "zod";
import { captured } from "./support/captured.ts";

// Captured on the lab host; lines of further users and accounts are left out.
const facts = parse(captured("samba.user/all"));
const passwords: Readonly<Record<string, string>> = {
  smb: "correct 'horse' $(reboot) \\ é漢😀",
  wrong: "x",
  bad: "a\nb",
};
const context = { secret: (name: string) => secret(passwords[name] ?? "") };
const spec = (name: string, more: Partial<z.input<typeof UserSpec>> = {}) =>
  UserSpec.parse({ name, secret: "smb", ...more });

describe("a user of Samba", () => {
  const cases: [string, ReturnType<typeof spec>, string[], string[]][] = [
    ["is as declared", spec("there"), [], []],
    ["is disabled as declared", spec("drift-disabled", { disabled: true }), [], []],
    ["is disabled and should not be", spec("drift-disabled"), ["disabled"], ["samba-user drift-disabled '' '' -e"]],
    ["has another password", spec("there", { secret: "wrong" }), ["password"], ["samba-user there '' password -e"]],
    ["is not there", spec("plain"), ["name"], ["samba-user plain '' password -e"]],
    [
      "has an account but no entry",
      spec("drift-gone", { createAccount: true }),
      ["password"],
      ["samba-user drift-gone '' password -e"],
    ],
    [
      "needs an account",
      spec("new", { createAccount: true }),
      ["name"],
      ["samba-user new 'Samba user made by phoenix-hypervisor' password -e"],
    ],
  ];
  for (const [title, want, props, commands] of cases)
    it(title, () => {
      const live = user.view(facts, want, context);
      const plan = user.plan(live, want, context, facts);
      assert.deepEqual(
        plan.changes.map(({ prop }) => prop),
        props,
      );
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(
        plan.commands.map(({ label }) => label),
        commands,
      );
      assert.ok(!JSON.stringify([live, plan]).includes("horse"));
    });

  it("is refused without a Unix account, and with a password of two lines", () => {
    assert.match(user.plan(undefined, spec("new"), context, facts).refusals.join(), /no Unix account new/);
    assert.match(
      user.plan(undefined, spec("plain", { secret: "bad" }), context, facts).refusals.join(),
      /no line ends/,
    );
  });

  it("takes its Unix account with it only where we made that", () => {
    const end = (name: string) => user.destroy(spec(name, { createAccount: true }), context, facts).commands[0]?.label;
    assert.equal(end("drift-empty"), "samba-user-remove drift-empty account");
    assert.equal(end("there"), "samba-user-remove there ''");
  });
});
