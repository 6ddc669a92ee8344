import assert from "node:assert/strict";
import type { z } from "zod";
import { parse } from "../providers/kinds/proxmox/access.facts.ts";
import { group, GroupSpec } from "../providers/kinds/proxmox/group.ts";
import { role, RoleSpec } from "../providers/kinds/proxmox/role.ts";
import { user, UserSpec } from "../providers/kinds/proxmox/user.ts";
import { captures } from "./support/captures.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const [cfg] = captures("proxmox.access");
const facts = parse({ code: 0, stdout: `== pve\nmounted\n== access\n${cfg?.stdout ?? ""}`, stderr: "" });

describe("groups and roles of Proxmox VE", () => {
  it("are read from user.cfg as captured", () => {
    assert.deepEqual([...facts.groups], [["labgroup", "g"]]);
    assert.deepEqual([...facts.roles], [["LabRole", ["VM.Audit"]]]);
  });

  const groups: [string, z.input<typeof GroupSpec>, string[], GroupSpec?][] = [
    ["is adopted as it is", { groupid: "labgroup", comment: "g" }, []],
    ["is adopted with a comment that nobody declared", { groupid: "labgroup" }, []],
    ["is added", { groupid: "ops", comment: "a b" }, ["pveum group add ops --comment 'a b'"]],
    ["is told another comment", { groupid: "labgroup", comment: "h" }, ["pveum group modify labgroup --comment h"]],
    [
      "loses a comment that is no longer declared",
      { groupid: "labgroup" },
      ["pveum group modify labgroup --comment ''"],
      { groupid: "labgroup", comment: "g" },
    ],
  ];
  for (const [title, declared, commands, was] of groups)
    it(`a group ${title}`, () => {
      const how = context<GroupSpec>(was === undefined ? {} : { was });
      const want = GroupSpec.parse(declared);
      assert.deepEqual(labels(group.plan(group.view(facts, want, how), want, how, facts)), commands);
    });

  const roles: [string, z.input<typeof RoleSpec>, string[]][] = [
    ["is adopted as it is", { roleid: "LabRole", privs: ["VM.Audit", "VM.Audit"] }, []],
    [
      "is added",
      { roleid: "Op", privs: ["VM.PowerMgmt", "VM.Audit"] },
      ["pveum role add Op --privs VM.Audit,VM.PowerMgmt"],
    ],
    ["is given exactly its privileges", { roleid: "LabRole" }, ["pveum role modify LabRole --privs ''"]],
  ];
  for (const [title, declared, commands] of roles)
    it(`a role ${title}`, () => {
      const want = RoleSpec.parse(declared);
      assert.deepEqual(labels(role.plan(role.view(facts, want, context()), want, context(), facts)), commands);
    });

  it("end with one command each", () => {
    assert.deepEqual(labels(group.destroy({ groupid: "a" }, context(), facts)), ["pveum group delete a"]);
    assert.deepEqual(labels(role.destroy({ roleid: "A", privs: [] }, context(), facts)), ["pveum role delete A"]);
  });
  it("are refused where the host is no Proxmox VE", () => {
    assert.match(group.unfit?.({ groupid: "a" }, "debian").join() ?? "", /^the group a needs Proxmox VE/);
    assert.match(role.unfit?.({ roleid: "A", privs: [] }, "debian").join() ?? "", /^the role A needs Proxmox VE/);
  });

  for (const roleid of ["PVEVMUser", "Administrator", "NoAccess", "pveOwn"])
    it(`are not ${roleid}, which is Proxmox VE's own`, () => {
      assert.match(complaints(RoleSpec, { roleid }).join(), /^roleid: must not be one of Proxmox VE's own/);
    });
  it("have names and privileges as Proxmox VE has them", () => {
    assert.match(complaints(GroupSpec, { groupid: "a b" }).join(), /^groupid: must be a group of Proxmox VE/);
    assert.match(complaints(RoleSpec, { roleid: "A", privs: ["all"] }).join(), /^privs\[0\]: must be a privilege/);
  });
});

describe("the password of a user of Proxmox VE", () => {
  const want = UserSpec.parse({ userid: "lab@pve", password: "word" });
  const plan = (probed: string, more: object = {}) => {
    const how = { ...context<UserSpec>({ probed }), ...more };
    return user.plan(user.view(facts, want, how), want, how, facts);
  };
  it("is compared with the hash, and goes to a standard input, to look and to change", () => {
    const probe = user.probe?.(want, context());
    assert.equal(probe?.label, "compare-realm-password lab");
    assert.equal(JSON.stringify(probe.stdin), `"[secret]"`);
    const [set] = plan("differs\n").commands;
    assert.equal(set?.label, "pveum-passwd lab@pve");
    assert.equal(JSON.stringify(set.stdin), `"[secret]"`);
  });
  it("is set where it is another one, or none, and left alone where it is the declared one", () => {
    assert.deepEqual(props(plan("differs\n")), ["password"]);
    assert.deepEqual(props(plan("")), ["password"]);
    assert.deepEqual(props(plan("same\n")), []);
  });
  it("is set for a new user once that is there", () => {
    const fresh = UserSpec.parse({ userid: "new@pve", password: "word" });
    assert.deepEqual(labels(user.plan(undefined, fresh, context(), facts)), [
      "pveum user add new@pve",
      "pveum-passwd new@pve",
    ]);
  });
  it("must be one that Proxmox VE takes", () => {
    for (const text of ["short", "x".repeat(65), "two\nlines"]) {
      const secret = () => ({ reveal: () => text, toString: () => "", toJSON: () => "" });
      assert.match(plan("differs\n", { secret }).refusals.join(), /^the secret word must have 8 to 64 characters/);
    }
  });
  it("is no matter of Proxmox VE in another realm", () => {
    const [complaint = ""] = complaints(UserSpec, { userid: "a@pam", password: "word" });
    assert.match(complaint, /^password: is kept by Proxmox VE for its realm pve alone/);
  });
});
