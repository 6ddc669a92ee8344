import assert from "node:assert/strict";
import { parse } from "../providers/kinds/system/group.facts.ts";
import { group, GroupSpec } from "../providers/kinds/system/group.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

const facts = parse(captured("system.group/some"));
type More = Parameters<typeof context<GroupSpec>>[0];
const look = (declared: object, more: More = {}) => {
  const want = GroupSpec.parse(declared);
  return group.plan(group.view(facts, want, context(more)), want, context(more), facts);
};
const end = (name: string, more: More = {}, there = facts) => {
  const want = GroupSpec.parse({ name });
  const live = group.view(there, want, context({ was: want })) ?? assert.fail();
  return group.destroy(live, context(more), there);
};

describe("a look at groups", () => {
  it("tells members, what we made, whom we put in, and whose primary group it is", () => {
    const none = { primaryOf: [], members: ["ann", "ben"], sudo: false };
    assert.deepEqual(facts.get("ours"), { ...none, gid: "2000", made: true, added: ["ann", "ben"] });
    assert.partialDeepStrictEqual(facts.get("theirs"), { ...none, made: false, added: ["ben"] });
    assert.deepEqual(facts.get("ann")?.primaryOf, ["ann"]);
    assert.equal(facts.get("none"), undefined);
  });
  it("fails with what the host says", () => {
    assert.throws(() => parse({ code: 1, stdout: "", stderr: "no getent\n" }), /look at the groups: no getent/);
  });
});

describe("the plan of a group", () => {
  const was = GroupSpec.parse({ name: "ours", members: ["ann", "ben"] });
  const cases: [string, object, string[], string[], More?][] = [
    ["is empty when all is as declared", { name: "ours", gid: 2000, members: ["ben", "ann"] }, [], []],
    ["leaves others in it", { name: "theirs", members: ["ann"] }, [], []],
    ["makes it", { name: "none", gid: 5, system: true }, ["name"], ["add-group none --gid 5 --system"]],
    [
      "makes it with its members",
      { name: "none", members: ["ann"] },
      ["name"],
      ["add-group none", "set-members none ann ann --"],
    ],
    ["gives it its number", { name: "ours", gid: 2001 }, ["gid"], ["renumber-group ours 2001"]],
    [
      "puts a member in, beside others",
      { name: "ours", members: ["eve"] },
      ["members"],
      ["set-members ours ann,ben,eve eve --"],
    ],
    [
      "takes out whom nobody declared",
      { name: "theirs", members: ["ann"], exclusiveMembers: true },
      ["members"],
      ["set-members theirs ann -- ben"],
    ],
    [
      "takes out who is no longer declared",
      { name: "ours", members: ["ann"] },
      ["members"],
      ["set-members ours ann -- ben"],
      { was },
    ],
    ["takes everybody out", { name: "ours", exclusiveMembers: true }, ["members"], ["set-members ours '' -- ann ben"]],
  ];
  for (const [title, declared, changes, commands, more] of cases)
    it(title, () => {
      const plan = look(declared, more);
      assert.deepEqual([props(plan), labels(plan), plan.refusals], [changes, commands, []]);
    });

  it("does not take from us what we work with", () => {
    const sudo = new Map([["ops", { ...(facts.get("ours") ?? assert.fail()), made: false, sudo: true }]]);
    const want = GroupSpec.parse({ name: "ops", exclusiveMembers: true });
    const refusals = (user: string) => {
      const how = context<GroupSpec>({ login: { user } });
      return group.plan(group.view(sudo, want, how), want, how).refusals;
    };
    assert.deepEqual(refusals("ann"), [
      "we are logged in as ann: it does not leave the group ops; connect as another user first",
    ]);
    assert.deepEqual(refusals("root"), []);
    assert.match(end("ops", { login: { user: "ben" } }, sudo).refusals.join(), /logged in as ben/);
  });
});

describe("the end of a group", () => {
  it("deletes one that we made", () => {
    assert.deepEqual(labels(end("ours")), ["delete-group ours"]);
  });
  it("leaves one that was there before, without the members that we put in", () => {
    const { commands, changes, says } = end("theirs");
    assert.deepEqual(
      [commands.map(({ label }) => label), changes, says],
      [
        ["set-members theirs ann -- ben"],
        [{ prop: "members", from: ["ben"], to: [] }],
        "it was on the host before it was declared, so it stays",
      ],
    );
    assert.deepEqual(labels(end("ann")), []);
  });
  it("is refused where it is the primary group of an account", () => {
    const there = new Map([["ann", { ...(facts.get("ann") ?? assert.fail()), made: true }]]);
    assert.match(end("ann", {}, there).refusals.join(), /^ann is the primary group of ann: give these another one/);
  });
});

describe("the spec of a group", () => {
  const bad: [object, RegExp][] = [
    [{ name: "Big" }, /^name: must be a name of lower-case letters/],
    [{ name: "root", gid: 1 }, /^gid: is not changed for root/],
    [{ name: "a", members: ["a,b"] }, /^members\[0\]: must be a name of lower-case letters/],
    [{ name: "a", gid: -1 }, /^gid: must be 0 or more/],
  ];
  for (const [declared, complaint] of bad)
    it(`refuses: ${complaint.source}`, () => {
      assert.match(complaints(GroupSpec, declared).join(), complaint);
    });
});
