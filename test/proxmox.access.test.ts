import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { parse } from "../providers/kinds/proxmox/access.facts.ts";
import { acl, AclSpec } from "../providers/kinds/proxmox/acl.ts";
import { user, UserSpec } from "../providers/kinds/proxmox/user.ts";
import { explain } from "../providers/runtime/explain.ts";

/** /etc/pve/user.cfg as captured on Proxmox VE. */
function captured(name: string) {
  const text = readFileSync(new URL(`fixtures/proxmox.access/${name}.txt`, import.meta.url), "utf8");
  return facts(/--- stdout\n([^]*)--- stderr/.exec(text)?.[1] ?? "");
}

function facts(config: string) {
  return parse({ code: 0, stdout: `== pve\nmounted\n== access\n${config}`, stderr: "" });
}

const context = (was?: UserSpec) => ({
  ...(was === undefined ? {} : { was }),
  secret: () => assert.fail("no secret is needed"),
});
const labels = (commands: readonly { label: string }[]) => commands.map(({ label }) => label);

describe("users and permissions of Proxmox VE", () => {
  it("are read from user.cfg as captured", () => {
    const { users, acl: entries } = captured("287-raw-user-cfg");
    assert.deepEqual([...users.keys()].toSorted(), ["lab@nosuch", "lab@pve", "nas@pam", "root@pam"]);
    assert.deepEqual(users.get("lab@pve"), {
      enable: false,
      expire: 0,
      firstname: "La",
      lastname: "Bo",
      email: "lab@lab.test",
      comment: "changed",
      groups: ["labgroup"],
    });
    assert.deepEqual(entries, [
      { path: "/", type: "group", ugid: "labgroup", roleid: "PVEAuditor", propagate: false },
      { path: "/vms/101", type: "user", ugid: "lab@pve", roleid: "LabRole", propagate: true },
    ]);
  });
  it("are read with what is escaped, and several on a line", () => {
    const { users, acl: entries } = facts("user:a@pve:1:0:::::M%C3%BCller %3A 100 %25::\nacl:1:/:@g,a@pve!t:R1,R2:\n");
    assert.equal(users.get("a@pve")?.comment, "");
    assert.equal(facts("user:a@pve:1:0::::M%C3%BCller %3A 100 %25::\n").users.get("a@pve")?.comment, "Müller : 100 %");
    assert.deepEqual(
      entries.map(({ type, ugid, roleid }) => `${type} ${ugid} ${roleid}`),
      ["group g R1", "group g R2", "token a@pve!t R1", "token a@pve!t R2"],
    );
  });

  describe("a user", () => {
    const plan = (spec: z.input<typeof UserSpec>, was?: UserSpec) => {
      const want = UserSpec.parse(spec);
      const live = user.view(captured("287-raw-user-cfg"), want, context(was));
      const { changes, commands } = user.plan(live, want, context(was));
      return { changes: changes.map(({ prop, from, to }) => [prop, from, to]), commands: labels(commands) };
    };
    const cases: [string, z.input<typeof UserSpec>, string[], UserSpec?][] = [
      [
        "is added",
        { userid: "new@pam", comment: "a b", groups: ["x"] },
        ["pveum user add new@pam --comment 'a b' --groups x"],
      ],
      ["is adopted as it is", { userid: "lab@pve", enable: false, email: "lab@lab.test", groups: ["labgroup"] }, []],
      [
        "is changed where it differs",
        { userid: "lab@pve", enable: true, firstname: "La", groups: [] },
        ["pveum user modify lab@pve --enable 1 --groups ''"],
      ],
      [
        "has taken back what is no longer declared",
        { userid: "lab@pve" },
        ["pveum user modify lab@pve --comment ''"],
        { userid: "lab@pve", comment: "changed" },
      ],
    ];
    cases.push([
      "has nothing to take back where nothing is set",
      { userid: "lab@nosuch" },
      [],
      { userid: "lab@nosuch", comment: "c", groups: ["labgroup"], enable: true },
    ]);
    for (const [title, spec, commands, was] of cases)
      it(title, () => {
        assert.deepEqual(plan(spec, was).commands, commands);
      });
    it("is deleted, but root@pam is not", () => {
      const gone = (userid: string) => labels(user.destroy({ userid }, context(), facts("")).commands);
      assert.deepEqual(gone("lab@pve"), ["pveum user delete lab@pve"]);
      assert.deepEqual(gone("root@pam"), []);
    });
    const bad: [object, RegExp][] = [
      [{ userid: "alice" }, /name and a realm/],
      [{ userid: "root@pam", enable: false }, /must not be false for root@pam/],
      [{ userid: "a@pve", comment: "two\nlines" }, /one line/],
    ];
    for (const [spec, reason] of bad)
      it(`is refused: ${JSON.stringify(spec)}`, () => {
        const parsed = UserSpec.safeParse(spec);
        assert.match(parsed.success ? "" : (explain(parsed.error, spec, UserSpec)[0]?.reason ?? ""), reason);
      });
  });

  describe("a permission", () => {
    const plan = (spec: z.input<typeof AclSpec>) => {
      const want = AclSpec.parse(spec);
      const noWas = { secret: () => assert.fail("no secret is needed") };
      return labels(acl.plan(acl.view(captured("287-raw-user-cfg"), want, noWas), want, noWas).commands);
    };
    const cases: [string, z.input<typeof AclSpec>, string[]][] = [
      ["is adopted by roleid and ugid", { path: "/vms/101", ugid: "lab@pve", roleid: "LabRole" }, []],
      [
        "is granted",
        { path: "/", ugid: "lab@pve", roleid: "Administrator" },
        ["pveum acl modify / --users lab@pve --roles Administrator --propagate 1"],
      ],
      [
        "is another for a group of the same name",
        { path: "/", type: "group", ugid: "labgroup", roleid: "PVEAuditor" },
        ["pveum acl modify / --groups labgroup --roles PVEAuditor --propagate 1"],
      ],
      [
        "is none of another path",
        { path: "/vms", ugid: "lab@pve", roleid: "LabRole", propagate: false },
        ["pveum acl modify /vms --users lab@pve --roles LabRole --propagate 0"],
      ],
    ];
    cases.push([
      "is another for a user of the same name",
      { path: "/", ugid: "labgroup", roleid: "PVEAuditor", propagate: false },
      ["pveum acl modify / --users labgroup --roles PVEAuditor --propagate 0"],
    ]);
    for (const [title, spec, commands] of cases)
      it(title, () => {
        assert.deepEqual(plan(spec), commands);
      });
  });
});
