import assert from "node:assert/strict";
import { exportKind } from "../providers/kinds/nfs/export.ts";
import type { Facts } from "../providers/kinds/nfs/facts.ts";
import { ExportSpec } from "../providers/kinds/nfs/spec.ts";
import type { State } from "../providers/kinds/nfs/view.ts";
import type { Context, Plan } from "../providers/kind.ts";
import { explain } from "../providers/runtime/explain.ts";
import { captured } from "./support/captured.ts";

const all = facts("all");
const named = facts("named");
const stopped = facts("stopped");
const nobody: Context<State> = {
  secret: () => {
    throw new Error("no secrets here");
  },
};

/** As the captured host has it, but for what was done to it by hand. */
const media: State = {
  path: "/tank/media",
  clients: { "10.0.0.0/24": ["rw", "no_root_squash"], "*.example.com": ["sec=krb5:sys"], box: ["rw"] },
  mode: "2775",
};
const blank: State = { path: "/tank/media/b c", clients: { "10.0.0.0/24": ["rw", "fsid=8"] } };

describe("a look at the exports of a host", () => {
  it("tells the server", () => {
    assert.deepEqual(all.server, { enabled: true, active: true });
    assert.deepEqual(stopped.server, { enabled: false, active: false });
  });
  it("tells all files with their lines", () => {
    assert.deepEqual(
      [...all.files].map(([file, lines]) => `${file} ${String(lines.length)}`),
      [
        "/etc/exports 13",
        "/etc/exports.d/other.exports 1",
        "/etc/exports.d/phoenix-tank-media-85402dd0.exports 5",
        "/etc/exports.d/phoenix-tank-media-b-c-ef2a63ce.exports 2",
        "/etc/exports.d/zfs.exports 3",
      ],
    );
  });
  it("tells broken lines", () => {
    assert.deepEqual(
      all.broken.map(({ line, text }) => [line, text]),
      [[5, "half a line("]],
    );
  });
  it("tells the live table", () => {
    assert.equal(all.table.length, 9);
    assert.deepEqual(stopped.table, []);
  });
  it("tells under which name the table has a client", () => {
    assert.deepEqual([...all.names], [["box", "box.example.com"]]);
  });
  it("tells the directories of our own exports", () => {
    assert.deepEqual([...all.directories.keys()], ["/tank/media", "/tank/media/b c"]);
  });
  it("tells what it takes to judge a plan when directories are named", () => {
    assert.equal(named.real.get("/srv/link/b c"), "/tank/media/b c");
    assert.deepEqual(
      named.datasets.map(({ name }) => name),
      ["tank", "tank/media", "tank/off", "tank/shared", "tank/srv"],
    );
    assert.equal(named.directories.get("/srv/nope"), undefined);
  });
  it("refuses a host without an NFS server, naming the package", () => {
    for (const stdout of ["", "== server\nLoadState=not-found\nActiveState=inactive\n== files\n"])
      assert.throws(() => exportKind.parse({ code: 0, stdout, stderr: "" }), /apt-get install nfs-kernel-server/);
  });
  it("shows why it failed", () => {
    assert.throws(() => exportKind.parse({ code: 1, stdout: "", stderr: "cat: oops" }), /oops/);
  });
});

describe("an export, as it is there,", () => {
  const halfThere = { "10.0.0.0/24": ["rw", "fsid=8", "not live"] };
  const cases: [string, Facts, State, unknown][] = [
    [
      "has the declared words where they hold, and what was added by hand",
      all,
      media,
      {
        ...media,
        clients: { ...media.clients, "10.0.0.200": ["rw", "insecure", "no_root_squash", "not in the drop-in"] },
        file: "half a line(",
      },
    ],
    ["is not there when nothing says so", all, { path: "/srv/x", clients: { "*": [] } }, undefined],
    ["is not there when only another file has it", all, { path: "/srv/d", clients: { "@trusted": [] } }, undefined],
    ["tells that a client is filed and not live", all, blank, { ...blank, clients: halfThere }],
    // What a refresh has recorded is declared for the next look.
    ["tells it again once that is recorded", all, { ...blank, clients: halfThere }, { ...blank, clients: halfThere }],
    ["tells it when no client is recorded", all, { ...blank, clients: {} }, { ...blank, clients: halfThere }],
    [
      "goes by the file while the server rests",
      stopped,
      blank,
      { ...blank, server: { enabled: false, active: false } },
    ],
    [
      "has owner and group by name",
      all,
      { ...blank, owner: "x", group: "y" },
      { ...blank, clients: halfThere, owner: "root", group: "root" },
    ],
    [
      "has owner and group as declared",
      all,
      { ...blank, owner: 0, group: "0" },
      { ...blank, clients: halfThere, owner: 0, group: "0" },
    ],
    ["has the mode as declared", all, { ...blank, mode: "0755" }, { ...blank, clients: halfThere, mode: "0755" }],
    ["has the mode as it is", all, { ...blank, mode: "0700" }, { ...blank, clients: halfThere, mode: "755" }],
  ];
  for (const [title, from, spec, state] of cases)
    it(title, () => {
      assert.deepEqual(exportKind.view(from, spec, nobody), state);
    });
});

describe("the plan of an export", () => {
  const plain = { ...named, broken: [], table: named.table.filter(({ client }) => client !== "10.0.0.200") };
  const clean: Facts = {
    ...plain,
    files: new Map([...plain.files].filter(([, lines]) => !lines.includes("half a line("))),
  };
  const filed: Facts = { ...plain, files: named.files };
  const elsewhere: State = { path: "/srv", clients: { "10.0.0.1": ["rw"] } };
  const file = "/etc/exports.d/phoenix-tank-media-85402dd0.exports";

  const cases: [title: string, facts: Facts, want: State, changes: string[], commands: string[]][] = [
    ["is empty when all is as declared", filed, media, [], []],
    ["is empty when only the notation differs", filed, { ...media, clients: respelled(media.clients) }, [], []],
    [
      "files a new export and makes it count",
      clean,
      elsewhere,
      ["path"],
      ["write-file /etc/exports.d/phoenix-srv-a3d9ac4f.exports", "reexport"],
    ],
    [
      "takes out a client that is live only",
      { ...named, broken: [] },
      media,
      ["clients.10.0.0.200"],
      ["unexport 10.0.0.200:/tank/media"],
    ],
    [
      "writes a file that holds another line",
      { ...filed, broken: named.broken },
      media,
      ["file"],
      [`write-file ${file}`],
    ],
    [
      "writes, and makes it count, when an option differs",
      filed,
      { ...media, clients: { ...media.clients, box: ["ro"] } },
      ["clients.box"],
      [`write-file ${file}`, "reexport"],
    ],
    [
      "takes a client that is no longer declared out by its live name",
      filed,
      { ...media, clients: { "10.0.0.0/24": ["rw", "no_root_squash"], "*.example.com": ["sec=krb5:sys"] } },
      ["clients.box"],
      [`write-file ${file}`, "unexport box.example.com:/tank/media"],
    ],
    ["makes a filed client count again", filed, blank, ["clients.10.0.0.0/24"], ["reexport"]],
    [
      "starts the server",
      { ...stopped, real: named.real, datasets: [] },
      blank,
      ["server.enabled", "server.active"],
      ["reexport"],
    ],
    [
      "gives the directory its owner",
      filed,
      { ...media, owner: "nobody" },
      ["owner"],
      ["chown -- nobody: /tank/media"],
    ],
    ["gives the directory its group", filed, { ...media, group: 65534 }, ["group"], ["chown -- :65534 /tank/media"]],
    [
      "gives the directory its mode, all bits of it",
      filed,
      { ...media, mode: "750" },
      ["mode"],
      ["chmod -- 00750 /tank/media"],
    ],
  ];
  for (const [title, from, want, changes, commands] of cases)
    it(title, () => {
      const plan = exportKind.plan(exportKind.view(from, want, nobody), want, nobody, from);
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(
        plan.changes.map(({ prop }) => prop),
        changes,
      );
      assert.deepEqual(labels(plan), commands);
    });

  it("knows what differs without a look at the host", () => {
    const { changes, commands } = exportKind.plan({ ...media, clients: { box: ["ro"] } }, media, nobody);
    assert.deepEqual(
      changes.map(({ prop }) => prop),
      ["clients.10.0.0.0/24", "clients.*.example.com", "clients.box"],
    );
    assert.deepEqual(commands, []);
  });

  it("puts back what it did", () => {
    const { undo = [] } = exportKind.plan(media, { ...media, clients: { box: ["ro"] }, mode: "700" }, nobody, filed);
    assert.deepEqual(
      undo.map(({ label }) => label),
      ["chmod -- 02775 /tank/media", `write-file ${file}`, "reexport"],
    );
    assert.equal(
      undo[1]?.stdin,
      named.files
        .get(file)
        ?.map((line) => `${line}\n`)
        .join(""),
    );
  });

  it("leaves nothing of an export that could not be made", () => {
    const { undo = [] } = exportKind.plan(undefined, elsewhere, nobody, clean);
    assert.deepEqual(
      undo.map(({ label }) => label),
      ["remove-file /etc/exports.d/phoenix-srv-a3d9ac4f.exports", "unexport 10.0.0.1:/srv"],
    );
  });

  it("ends an export by its file and its live entries, and no other's", () => {
    assert.deepEqual(labels(exportKind.destroy(media, nobody, filed)), [
      `remove-file ${file}`,
      "unexport box.example.com:/tank/media 10.0.0.0/24:/tank/media '*.example.com:/tank/media'",
    ]);
  });

  const rw = { "10.0.0.1": ["rw"] };
  const refused: [string, State, RegExp][] = [
    ["a path that does not exist", { path: "/srv/nope", clients: rw }, /\/srv\/nope does not exist/],
    ["a path that is no directory", { path: "/srv/file", clients: rw }, /is no directory but a regular empty file/],
    ["a symbolic link", { path: "/srv/link", clients: rw }, /symbolic link to \/tank\/media: export \/tank\/media/],
    ["a path through a symbolic link", { path: "/srv/link/b c", clients: rw }, /export \/tank\/media\/b c/],
    ["the mount point of an unmounted dataset", { path: "/srv/off", clients: rw }, /zfs mount tank\/off/],
    ["a dataset that ZFS exports", { path: "/tank/shared", clients: rw }, /zfs set sharenfs=off tank\/shared/],
    [
      "what another file exports",
      { path: "/tank/media", clients: { "10.1.0.0/255.255.0.0": [] } },
      /by \/etc\/exports line 12/,
    ],
    ["what another file exports to everybody", { path: "/srv/d", clients: { "*": [] } }, /other\.exports line 1/],
    ["a taken fsid", { path: "/srv", clients: { "*": ["fsid=8"] } }, /fsid=8 is taken by \/tank\/media\/b c/],
  ];
  for (const [what, want, why] of refused)
    it(`refuses ${what}`, () => {
      const { refusals } = exportKind.plan(exportKind.view(named, want, nobody), want, nobody, named);
      assert.match(refusals.join("\n"), why);
    });

  it("may give one fsid to all clients of a directory", () => {
    const want = { path: "/tank/media", clients: { "10.0.0.0/24": ["fsid=7"], "10.2.0.0/24": ["fsid=7"] } };
    assert.deepEqual(exportKind.plan(undefined, want, nobody, named).refusals, []);
  });
});

describe("a declared export", () => {
  const bad: [unknown, string][] = [
    [{ path: "tank", clients: { "*": [] } }, 'path: must be absolute, such as /tank/media; found: "tank"'],
    [{ path: "/a/../b", clients: { "*": [] } }, 'path: must have no empty, `.` or `..` part; found: "/a/../b"'],
    [{ path: "/a/", clients: { "*": [] } }, 'path: must have no empty, `.` or `..` part; found: "/a/"'],
    [
      { path: "/a\nb", clients: { "*": [] } },
      'path: must have no control characters and no backslash; found: "/a\\nb"',
    ],
    [
      { path: "/a\\040", clients: { "*": [] } },
      'path: must have no control characters and no backslash; found: "/a\\\\040"',
    ],
    [{ path: "/a", clients: {} }, "clients: must name at least one client; `*` is everybody; found: {}"],
    [
      { path: "/a", clients: { "10.0.0.7/24": [] } },
      'clients["10.0.0.7/24"]: the client "10.0.0.7/24" has bits set beyond its 24: write 10.0.0.0/24, or the address alone; found: []',
    ],
    [
      { path: "/a", clients: { "10.0.0.1": [], "10.0.0.1/32": [] } },
      'clients["10.0.0.1/32"]: is the same client as "10.0.0.1"; found: []',
    ],
    [
      { path: "/a", clients: { box: ["rw", "no_rot_squash"] } },
      'clients.box[1]: the option "no_rot_squash" is not in exports(5) (did you mean "no_root_squash"?); found: "no_rot_squash"',
    ],
    [
      { path: "/a", clients: { box: ["rw", "ro"] } },
      'clients.box: "rw" and "ro" exclude each other; found: ["rw","ro"]',
    ],
    [{ path: "/a", clients: { box: ["rw", "rw"] } }, 'clients.box: "rw" is there twice; found: ["rw","rw"]'],
    [{ path: "/a", clients: { "*": [] }, mode: "rwx" }, 'mode: must be octal, in quotes, such as "0775"; found: "rwx"'],
    [{ path: "/a", clients: { "*": [] }, owner: "a b" }, 'owner: must be a name or a number; found: "a b"'],
    [
      { path: "/a", clients: { "*": [] }, onwer: "a" },
      ': there is no "onwer" (did you mean "owner"?); known: path, clients, owner, group, mode',
    ],
  ];
  for (const [inputs, complaint] of bad)
    it(`is refused: ${complaint}`, () => {
      const { error } = ExportSpec.safeParse(inputs);
      assert.ok(error);
      assert.deepEqual(
        explain(error, inputs, ExportSpec).map(({ property, reason }) => `${property}: ${reason}`),
        [complaint],
      );
    });

  it("is refused when exports(5) cannot hold it", () => {
    const { error } = ExportSpec.safeParse({ path: "/a", clients: { box: [`refer=/${"x".repeat(500)}@h`] } });
    assert.match(error?.message ?? "", /longer than 500 characters/);
  });

  const fine = [
    { path: "/", clients: { "*": [] } },
    {
      path: "/tank/a b's $(id) #ü",
      clients: { "2001:db8::/32": ["rw"] },
      owner: 1000,
      group: "media",
      mode: "02775".slice(1),
    },
  ];
  for (const spec of fine)
    it(`may be ${JSON.stringify(spec)}`, () => {
      assert.deepEqual(ExportSpec.parse(spec), spec);
    });
});

function facts(name: string): Facts {
  return exportKind.parse(captured(`nfs.export/${name}`));
}

function respelled(clients: State["clients"]): State["clients"] {
  const { "10.0.0.0/24": first = [], ...rest } = clients;
  return { "10.0.0.0/255.255.255.0": ["sync", ...first], ...rest };
}

function labels({ commands, settle }: Plan): string[] {
  return [...commands, ...(settle === undefined ? [] : [settle])].map(({ label }) => label);
}
