import assert from "node:assert/strict";
import { authorizedKey, shown, wanted } from "../providers/kinds/system/user.keys.ts";
import { parse } from "../providers/kinds/system/user.facts.ts";
import { user, UserSpec } from "../providers/kinds/system/user.ts";
import type { State } from "../providers/kinds/system/user.view.ts";
import { alice, bob, carol } from "./support/keys.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props, stdinText } from "./support/kind.ts";

const facts = parse(captured("system.user/some"));
const spec = (declared: object) => UserSpec.parse(declared);
const ALL = "ALL=(ALL:ALL) NOPASSWD: ALL";
const plan = (declared: object, more: Parameters<typeof context<State>>[0] = {}) => {
  const want = spec(declared);
  return user.plan(user.view(facts, want, context(more)), want, context(more), facts);
};

describe("a look at accounts", () => {
  it("tells what is in passwd and group", () => {
    const { uid, group, groups, home, shell, comment } = facts.get("person") ?? assert.fail();
    assert.deepEqual([uid, group, home, shell, comment], ["1002", "person", "/home/person", "/bin/bash", "A Person"]);
    assert.deepEqual(groups, ["users", "lab-extra"]);
  });
  it("tells the lines of authorized_keys, and what is loose about them", () => {
    assert.equal(facts.get("person")?.keys?.length, 5);
    assert.deepEqual(facts.get("person")?.looseKeys, [
      "person 755 /home/person/.ssh",
      "person 644 /home/person/.ssh/authorized_keys",
    ]);
    assert.equal(facts.get("daemonish")?.keys, undefined);
  });
  it("tells our sudo rules and who was made by us", () => {
    assert.deepEqual(facts.get("person")?.sudo, [`person ${ALL}`]);
    assert.deepEqual([facts.get("person")?.locked, facts.get("daemonish")?.locked], [false, true]);
    assert.deepEqual([facts.get("person")?.made, facts.get("root")?.made], [true, false]);
  });
  it("has no password's hash", () => {
    assert.doesNotMatch(captured("system.user/some").stdout, /\$6\$/);
  });
  it("refuses a symbolic link in place of ~/.ssh", () => {
    const stdout = "eve passwd eve:x:1:1::/home/eve:/bin/sh\neve link /home/eve/.ssh\n";
    assert.throws(() => parse({ code: 0, stdout, stderr: "" }), /\/home\/eve\/\.ssh of eve is.*symbolic link/);
  });
});

describe("authorized keys", () => {
  const lines = ["# mine", `no-pty ${alice.line} alice`, bob.line, "", "garbage"];
  const wish = { declared: [], dropped: [], exclusive: false };

  it("are read with options that hold blanks and quotes", () => {
    assert.deepEqual(authorizedKey(`from="a b",command="echo \\"x y\\"" ${alice.line} me`), {
      options: 'from="a b",command="echo \\"x y\\""',
      key: alice.line,
    });
    for (const line of ["", "# x", "garbage", `ssh-dss ${alice.line.split(" ")[1] ?? ""}`, "ssh-ed25519 short"])
      assert.equal(authorizedKey(line), undefined);
  });
  const cases: [string, Parameters<typeof wanted>[1], shown: string[], wanted: string[]][] = [
    ["are left alone where none is declared", wish, [], lines],
    ["are there with somebody's options", { ...wish, declared: [alice.line] }, [alice.line], lines],
    [
      "get the declared options",
      { ...wish, declared: [`no-pty,restrict ${alice.line}`] },
      [],
      lines.with(1, `no-pty,restrict ${alice.line}`),
    ],
    ["are added", { ...wish, declared: [carol.line] }, [], [...lines, carol.line]],
    ["go when they are no longer declared", { ...wish, dropped: [bob.line] }, [bob.line], lines.toSpliced(2, 1)],
    [
      "go when only some are to be there",
      { ...wish, declared: [alice.line], exclusive: true },
      [alice.line, bob.line],
      lines.toSpliced(2, 1),
    ],
    [
      "stay while they are in use, whatever is declared",
      { ...wish, declared: [alice.line], exclusive: true, inUse: bob.line },
      [alice.line],
      lines,
    ],
    [
      "stay while they are in use, though no longer declared",
      { ...wish, dropped: [bob.line], inUse: bob.line },
      [],
      lines,
    ],
  ];
  for (const [title, how, is, to] of cases)
    it(title, () => {
      assert.deepEqual(shown(lines, how), is);
      assert.deepEqual(wanted(lines, how), to);
      // What is written differs in nothing from what is declared.
      assert.deepEqual(shown(to, how).toSorted(), [...how.declared].toSorted());
    });
});

describe("the plan of an account", () => {
  const person = { name: "person", sudo: [ALL] };
  const cases: [string, object, string[], string[]][] = [
    ["is empty when all is as declared", { ...person, groups: ["users"], shell: "/bin/bash", uid: 1002 }, [], []],
    ["is empty when a key has options that nobody declared", { ...person, authorizedKeys: [] }, [], []],
    [
      "makes an account with all that it is to have",
      {
        name: "new",
        groups: ["users"],
        authorizedKeys: [alice.line],
        sudo: [ALL],
        password: "hash",
        comment: "-x; $(id)",
      },
      ["name"],
      [
        "add-user new --user-group --groups users --comment '-x; $(id)' --create-home",
        "set-password new",
        "write-keys new 1",
        "write-file /etc/sudoers.d/zz-phoenix-new",
      ],
    ],
    [
      "makes a closed system account",
      { name: "new", system: true, locked: true },
      ["name"],
      ["add-user new --user-group --system", "usermod --expiredate 1 -- new"],
    ],
    [
      "changes all of an account at once",
      { ...person, uid: 5, shell: "/bin/sh", comment: "" },
      ["uid", "shell", "comment"],
      ["usermod --uid 5 --shell /bin/sh --comment '' -- person"],
    ],
    [
      "adds a group and keeps the others",
      { ...person, groups: ["adm"] },
      ["groups"],
      ["usermod --groups users,lab-extra,adm -- person"],
    ],
    [
      "leaves all other groups",
      { ...person, groups: ["users"], exclusiveGroups: true },
      ["groups"],
      ["usermod --groups users -- person"],
    ],
    ["leaves every group", { ...person, exclusiveGroups: true }, ["groups"], ["usermod --groups '' -- person"]],
    [
      "takes away sudo that is not declared",
      { name: "person" },
      ["sudo"],
      ["remove-file /etc/sudoers.d/zz-phoenix-person"],
    ],
    ["tightens loose files", { ...person, authorizedKeys: [alice.line] }, ["authorizedKeys"], ["write-keys person 5"]],
    ["sets a password that differs", { ...person, password: "hash" }, ["password"], ["set-password person"]],
  ];
  for (const [title, declared, changes, commands] of cases)
    it(title, () => {
      const made = plan(declared);
      assert.deepEqual([props(made), labels(made), made.refusals], [changes, commands, []]);
    });

  it("leaves a group that was declared and no longer is", () => {
    const was = { ...spec(person), groups: ["users", "lab-extra"] };
    assert.deepEqual(labels(plan({ ...person, groups: ["users"] }, { was })), ["usermod --groups users -- person"]);
  });
  it("finds the password as it should be by the host's own word", () => {
    assert.deepEqual(props(plan({ ...person, password: "hash" }, { probed: "same\n" })), []);
  });
  it("shows no hash", () => {
    const shown = JSON.stringify(plan({ name: "new", password: "hash" }));
    assert.doesNotMatch(shown, /the value of/);
  });
});

describe("the account that we are logged in as", () => {
  const login = { user: "person", key: bob.line };
  const person = { name: "person", sudo: [ALL] };
  const refused: [string, object, RegExp][] = [
    ["keeps its sudo rules", { name: "person" }, /logged in as person: the sudo rule .* is not taken/],
    ["is not locked", { ...person, locked: true }, /logged in as person: the account is not locked/],
    ["keeps a shell to log in with", { ...person, shell: "/usr/sbin/nologin" }, /its shell does not become/],
    ["keeps its number", { ...person, uid: 7 }, /its number does not change/],
    [
      "stays in a group that sudo's rules name",
      { ...person, groups: ["users"], exclusiveGroups: true },
      /it does not leave the group lab-extra/,
    ],
  ];
  for (const [title, declared, message] of refused)
    it(title, () => {
      assert.match(plan(declared, { login }).refusals.join("\n"), message);
      assert.deepEqual(plan(declared, { login: { user: "root" } }).refusals, []);
    });
  it("leaves a group that no rule of sudo names", () => {
    const declared = { ...person, groups: ["lab-extra"], exclusiveGroups: true };
    assert.deepEqual(plan(declared, { login }).refusals, []);
  });
  it("keeps its key, and says so", () => {
    const made = plan({ ...person, exclusiveKeys: true, authorizedKeys: [alice.line] }, { login });
    assert.match(made.says ?? "", new RegExp(`keeps the key .*${bob.line.slice(-10)}`));
    assert.match(made.commands.map(stdinText).join(), new RegExp(bob.line.slice(-10)));
  });
  it("stays", () => {
    const end = user.destroy(spec(person), context({ login }), facts);
    assert.match(end.refusals.join(), /logged in as person/);
  });
});

describe("the end of an account", () => {
  it("takes sudo first, then the account, and leaves its home", () => {
    const end = user.destroy(spec({ name: "person", sudo: [ALL] }), context(), facts);
    assert.deepEqual(labels(end), ["remove-file /etc/sudoers.d/zz-phoenix-person", "delete-user person"]);
  });
  it("takes the home too when told", () => {
    const was = spec({ name: "person", removeHome: true });
    assert.deepEqual(labels(user.destroy(was, context({ was }), facts)), ["delete-user person -r"]);
  });
  it("leaves an account that was there before us", () => {
    const end = user.destroy(spec({ name: "daemonish" }), context(), facts);
    assert.deepEqual(labels(end), []);
    assert.match(end.says ?? "", /stays/);
  });
  it("never is root's", () => {
    const made = new Map([["root", { ...(facts.get("root") ?? assert.fail()), made: true }]]);
    assert.deepEqual(user.destroy(spec({ name: "root" }), context(), made).refusals, ["root is not deleted"]);
  });
});

describe("the declaration of an account", () => {
  const bad: [object, RegExp][] = [
    ...["-rf", "a b", "a;b", "$(id)", "Admin", "a/b", "a:b", "..", "é", "1a", "a".repeat(33), "a".repeat(255)].map(
      (name): [object, RegExp] => [{ name }, /^name: must be a name/],
    ),
    [{ name: "a", comment: "a:b" }, /^comment: must have no colon/],
    [{ name: "a", shell: "bash" }, /^shell: must be absolute/],
    [{ name: "a", home: "/home/../root" }, /^home: must have no empty/],
    [{ name: "a", authorizedKeys: ["nonsense"] }, /^authorizedKeys\[0\]: must be one line/],
    [{ name: "a", authorizedKeys: [`${alice.line}\n${bob.line}`] }, /^authorizedKeys\[0\]: must be one line/],
    [{ name: "a", sudo: ["ALL"] }, /^sudo\[0\]: must be what follows/],
    [{ name: "a", sudo: ["ALL=ALL\nroot ALL=ALL"] }, /^sudo\[0\]: must be one line/],
    [{ name: "a", uid: -1 }, /^uid: must be 0 or more/],
    [{ name: "root", shell: "/bin/sh" }, /^shell: is not changed for root/],
    [{ name: "root", sudo: [ALL] }, /^sudo: is not changed for root/],
  ];
  for (const [declared, message] of bad)
    it(`refuses ${JSON.stringify(declared).slice(0, 70)}`, () => {
      assert.match(complaints(UserSpec, declared).join("\n"), message);
    });
});
