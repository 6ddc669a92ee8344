import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { script } from "../providers/host/command.ts";
import { ConnectionLost } from "../providers/host/host.ts";
import { build, BuildSpec, recipeOf } from "../providers/kinds/lxc/template.build.ts";
import { remove, upload } from "../providers/kinds/lxc/template.commands.ts";
import { template, TemplateSpec } from "../providers/kinds/lxc/template.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";
import { startProxy } from "./support/proxy.ts";
import { sshHosts } from "./support/ssh-host.ts";

const SUM = "a".repeat(64);
const OTHER = "b".repeat(64);
const URL_ = "https://example.org/a.tar.zst";
const spec = (more: object) => TemplateSpec.parse({ ostemplate: "local:vztmpl/a.tar.zst", sha256: SUM, ...more });

const CONFIG = `dir: local
\tpath /var/lib/vz
\tcontent iso,vztmpl

zfspool: tank
\tpool tank

dir: bare
\tpath /srv/bare
\tcontent rootdir

nfs: far
\texport /x
\tserver 10.0.0.9
\tpath /mnt/pve/far
\tcontent vztmpl
`;

/** What the query prints of one archive: whether its base is mounted, what is there, what we put there, its sum. */
const seen = (id: string, line: string, builds = "", builder = "") =>
  template.parse({
    code: 0,
    stdout: `== pve\n== storage\n${CONFIG}\n== builder\n${builder}== builds\n${builds}== archives\n${line}|${id}\n== sums\n`,
    stderr: "",
  });
const AT = "/var/lib/vz/template/cache/a.tar.zst";
const local = (line: string, ...more: string[]) => seen("local:vztmpl/a.tar.zst", `${line}|/var/lib/vz|${AT}`, ...more);

/** The file's name, what is there, and the beginnings of what we put there and of what is there. */
const FOUND: readonly (readonly (string | undefined)[])[] = [
  [
    "local:vztmpl/busybox-lab_1_amd64.tar.zst",
    "/var/lib/vz/template/cache/busybox-lab_1_amd64.tar.zst",
    "regular file",
    undefined,
    "02d978c7",
  ],
  ["moved:vztmpl/a.tar.gz", "/srv/moved/archives/ct/a.tar.gz", "regular file", "11111111", "11111111"],
  ["moved:vztmpl/b.tar.gz", "/srv/moved/archives/ct/b.tar.gz", "regular file", "22222222", "02638299"],
  ["moved:vztmpl/empty.tar.gz", "/srv/moved/archives/ct/empty.tar.gz", "regular file", undefined, "e3b0c442"],
  ["moved:vztmpl/link.tar.gz", "/srv/moved/archives/ct/link.tar.gz", "symbolic link", undefined, undefined],
  ["moved:vztmpl/gone.tar.gz", "/srv/moved/archives/ct/gone.tar.gz", undefined, "22222222", undefined],
  ["tank:vztmpl/a.tar.gz", undefined, undefined, undefined, undefined],
  ["none:vztmpl/a.tar.gz", undefined, undefined, undefined, undefined],
  ["/srv/moved/archives/ct/a.tar.gz", "/srv/moved/archives/ct/a.tar.gz", "regular file", "11111111", "11111111"],
];

describe("template archives", () => {
  it("are found as the lab host told of them", () => {
    const facts = template.parse(captured("lxc.template/proxmox"));
    const told = [...facts.archives].map(([id, { path, type, put, sha256 }]) => [
      ...[id, path, type],
      ...[put?.slice(0, 8), sha256?.slice(0, 8)],
    ]);
    assert.deepEqual(told, FOUND);
    assert.equal(facts.on, "proxmox");
  });

  it("are adopted where their SHA-256 is right, and stay", () => {
    const facts = local(`no|regular file||${SUM}`);
    const want = spec({ url: URL_ });
    const live = template.view(facts, want, context());
    assert.deepEqual(live, { ...want, foreign: true });
    assert.deepEqual(template.plan(live, want, context(), facts), { changes: [], refusals: [], commands: [] });
    const ended = template.destroy(live, context(), facts);
    assert.deepEqual([ended.commands, ended.says], [[], "it was on the host before it was declared, so it stays"]);
    assert.deepEqual(template.outputs?.(facts, want.ostemplate), {
      path: "/var/lib/vz/template/cache/a.tar.zst",
      checksum: SUM,
    });
  });

  it("of strangers are replaced with consent only, and a preview says so", () => {
    const facts = local(`no|regular file||${OTHER}`);
    const plan = (more: object, on?: typeof facts) => {
      const want = spec({ url: URL_, ...more });
      return template.plan(template.view(facts, want, context()), want, context(), on);
    };
    for (const on of [undefined, facts]) {
      assert.match(plan({}, on).refusals.join(), /not put there by us, with the SHA-256 b+: declare overwrite: true/);
      assert.deepEqual(
        [plan({ overwrite: true }, on).refusals, props(plan({ overwrite: true }, on))],
        [[], ["sha256"]],
      );
    }
  });

  it("of ours are replaced, brought again, and removed where they are still what we put there", () => {
    const path = "/var/lib/vz/template/cache/a.tar.zst";
    const ours = local(`no|regular file|${SUM}|${SUM}`);
    const next = spec({ url: URL_, sha256: OTHER });
    const live = template.view(ours, next, context());
    assert.deepEqual(labels(template.plan(live, next, context(), ours)), [
      `download-template ${path} ${OTHER} -p ${URL_}`,
    ]);
    assert.deepEqual(labels(template.destroy(spec({}), context(), ours)), [`remove-template ${path} ''`]);
    const strange = template.destroy(spec({}), context(), local(`no|regular file|${SUM}|${OTHER}`));
    assert.deepEqual(labels(strange), [`remove-template ${path} stays`]);
    assert.match(strange.says ?? "", /no longer what was put there/);
    const gone = local(`no||${SUM}|`);
    const was = spec({ source: "a.tar.zst" });
    const seenGone = template.view(gone, was, context({ was }));
    assert.deepEqual(seenGone, { ...was, gone: true });
    assert.deepEqual(props(template.plan(seenGone, was, context({ was }))), ["ostemplate"]);
    assert.equal(template.view(gone, was, context()), undefined);
  });

  describe("that are built", () => {
    const BUILD = { suite: "trixie", include: ["openssh-server", "init", "init"] };
    const want = TemplateSpec.parse({ ostemplate: "local:vztmpl/a.tar.zst", build: BUILD });
    const built = (recipe: object = {}, is = SUM) =>
      local(
        `no|regular file|${SUM}|${is}`,
        `${AT}|${JSON.stringify({ ...want.build, ...recipe })}\n`,
        "/usr/bin/mmdebstrap\n",
      );
    const MADE = `build-template ${AT} trixie important`;

    it("are built once, and known by how they were built", () => {
      const none = local("no|||", "", "/usr/bin/mmdebstrap\n");
      const [command] = template.plan(undefined, want, context(), none).commands;
      const { include, ...rest } = BuildSpec.parse(BUILD);
      assert.deepEqual(rest, { suite: "trixie", variant: "important", components: ["main"], mirrors: [] });
      assert.deepEqual(include, ["init", "openssh-server"]);
      const args = [AT, "", "-p", JSON.stringify(want.build), "trixie", "important", "main", "init,openssh-server"];
      assert.deepEqual(command?.argv.slice(4), args);
      assert.equal(command.label, MADE);
      const live = template.view(built(), want, context());
      assert.deepEqual(live, want);
      assert.deepEqual(template.plan(live, want, context(), built()), { changes: [], refusals: [], commands: [] });
    });

    /** What is there, the properties that differ then, and what is refused. */
    const cases: readonly (readonly [
      title: string,
      facts: ReturnType<typeof seen>,
      differs: string[],
      refusal?: RegExp,
    ])[] = [
      ["declared otherwise", built({ variant: "minbase", include: [] }), ["build.variant", "build.include"]],
      ["changed by hand", built({}, OTHER), ["sha256"]],
      ["written down no more", local(`no|regular file|${SUM}|${SUM}`, `${AT}|{\n`, "x\n"), ["build"]],
      ["downloaded before", local(`no|regular file|${SUM}|${SUM}`, "", "x\n"), ["build"]],
      ["a stranger's", local(`no|regular file||${OTHER}`, "", "x\n"), ["sha256", "build"], /not put there by us/],
      [
        "of a host without mmdebstrap",
        local(`no|regular file|${SUM}|${OTHER}`),
        ["sha256", "build"],
        /package mmdebstrap/,
      ],
    ];
    for (const [title, facts, differs, refusal] of cases)
      it(`are built anew where they are ${title}, by one command`, () => {
        const live = template.view(facts, want, context());
        const plan = template.plan(live, want, context(), facts);
        assert.deepEqual([props(plan), labels(plan)], [differs, [MADE]]);
        assert.match(plan.refusals.join(), refusal ?? /^$/);
        assert.deepEqual(props(template.plan(live, want, context())), differs, "a preview says the same");
      });

    it("are what they are where a SHA-256 is declared instead", () => {
      const facts = built();
      const fixed = spec({});
      const live = template.view(facts, fixed, context({ was: want }));
      assert.deepEqual(template.plan(live, fixed, context({ was: want }), facts).changes, []);
    });
  });

  const impossible: readonly (readonly [title: string, id: string, line: string, more: object, refusal: RegExp])[] = [
    ["in no storage", "none:vztmpl/a.tar.zst", "no|||||", {}, /the host has no storage none/],
    [
      "in a pool",
      "tank:vztmpl/a.tar.zst",
      "no|||||",
      {},
      /the storage tank is of type zfspool, which has no templates/,
    ],
    [
      "in a storage for others",
      "bare:vztmpl/a.tar.zst",
      "no||||/srv/bare|/srv/bare/x",
      {},
      /add vztmpl to its content \(it has rootdir\)/,
    ],
    [
      "that is not mounted",
      "far:vztmpl/a.tar.zst",
      "no||||/mnt/pve/far|/mnt/pve/far/x",
      {},
      /nothing is mounted at \/mnt\/pve\/far/,
    ],
    ["where a folder is", "/srv/a.tar", "no|directory||||/srv/a.tar", {}, /\/srv\/a\.tar is a directory, no file/],
    ["from nowhere", "/srv/a.tar", "no|||||/srv/a.tar", { url: undefined }, /declare url, source or build/],
  ];
  for (const [title, ostemplate, line, more, refusal] of impossible)
    it(`are refused ${title}`, () => {
      const want = spec({ ostemplate, url: URL_, ...more });
      const facts = seen(ostemplate, line);
      const { refusals } = template.plan(template.view(facts, want, context()), want, context(), facts);
      assert.match(refusals.join(), refusal);
    });

  it("as volumes are a matter of Proxmox VE", () => {
    const unfit = (["proxmox", "debian"] as const).map((on) => template.unfit?.(spec({}), on).length);
    assert.deepEqual(unfit, [0, 1]);
    assert.deepEqual(template.unfit?.(spec({ ostemplate: "/srv/a.tar" }), "debian"), []);
  });

  const wrong: readonly (readonly [declared: object, complaint: RegExp])[] = [
    [{ ostemplate: "local:iso/a.iso" }, /^ostemplate: must be an archive/],
    [{ ostemplate: "/srv/a.iso" }, /^ostemplate: must be an archive/],
    [{ ostemplate: "/srv/../a.tar" }, /^ostemplate: must have no empty, `\.` or `\.\.` part/],
    [{ sha256: "abc" }, /^sha256: must be 64 hex digits/],
    [{ url: "ftp://example.org/a" }, /^url: must be a URL of http or https/],
    [{ url: "https://me:secret@example.org/a" }, /^url: must be a URL .*without a user and a password/],
    [{ url: URL_, source: "a" }, /^source: must not be declared beside url/],
    [{ sha256: undefined }, /^sha256: must be declared, unless build is/],
    [{ build: { suite: "trixie" } }, /^sha256: must not be declared beside build/],
    [{ sha256: undefined, url: URL_, build: { suite: "trixie" } }, /^url: must not be declared beside build/],
    ...(
      [
        [{ suite: "--help" }, /^build.suite: must be a release's name/],
        [{ variant: "tiny" }, /^build.variant: must be one of extract/],
        [{ include: ["a,b"] }, /^build.include.0.: must be a Debian package's name/],
        [{ mirrors: ["ftp://a.example"] }, /^build.mirrors.0.: must be a URL .* or a line of sources.list/],
        [{ mirrors: ["https://me:secret@a.example/debian"] }, /must have no user and password/],
        [{ mirrors: ["deb https://me:secret@a.example/debian trixie main"] }, /must have no user and password/],
        [{ mirrors: ["-x"] }, /^build.mirrors.0/],
        [{ mirrors: ["deb http://a.example\ndeb-src x y"] }, /^build.mirrors.0/],
      ] as const
    ).map(([build, complaint]) => [{ sha256: undefined, build: { suite: "trixie", ...build } }, complaint] as const),
  ];
  for (const [declares, complaint] of wrong)
    it(`are not declared with ${JSON.stringify(declares)}`, () => {
      const declared = { ostemplate: "local:vztmpl/a.tar.zst", sha256: SUM, ...declares };
      assert.match(complaints(TemplateSpec, declared).join(), complaint);
    });
});

describe("the commands of template archives", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "template-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const at = (name: string) => join(folder, "cache", name);
  const moved = (word: string) =>
    word.replaceAll(/\/var\/(lib|cache)\/phoenix-hypervisor/g, (_, which) =>
      join(folder, which === "lib" ? "ours" : "cached"),
    );
  /** On this machine: what is kept on the host is kept in the folder of the test. */
  const run = ({ argv }: { argv: readonly string[] }, input = "", environment = {}) => {
    const [program = "", ...args] = argv.map(moved);
    return spawnSync(program, args, { input, encoding: "utf8", env: { ...process.env, ...environment } });
  };
  /** Shell texts in place of programs, by their names. */
  const programs = (texts: Readonly<Record<string, string>>) => {
    mkdirSync(join(folder, "bin"));
    for (const [name, text] of Object.entries(texts))
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return { PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` };
  };
  const whole = "the archive";
  const sha256 = createHash("sha256").update(whole).digest("hex");
  const put = (name: string) => upload({ path: at(name), sha256, parents: true }, "from/here");

  it("put a file there when all of it has come, and know it again", () => {
    assert.equal(run(put("a.tar"), whole).stderr, "");
    assert.equal(readFileSync(at("a.tar"), "utf8"), whole);
    const { mtimeNs, ctimeNs, ino } = statSync(at("a.tar"), { bigint: true });
    const time = (ns: bigint) => `${String(ns / 1_000_000_000n)}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
    assert.equal(
      readFileSync(join(folder, "ours/templates", at("a.tar")), "utf8"),
      `${sha256}\n11 ${time(mtimeNs)} ${time(ctimeNs)} ${String(ino)}\n`,
    );
  });

  it("leave what is there where it has not come whole, and nothing beside it", () => {
    assert.equal(run(put("a.tar"), whole).status, 0);
    const { status, stderr } = run(put("a.tar"), "the arch");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /a\.tar was left as it was: the 8 bytes that came from from\/here have the SHA-256 [0-9a-f]{64}, declared is/,
    );
    assert.deepEqual([readFileSync(at("a.tar"), "utf8"), readdirSync(join(folder, "cache"))], [whole, ["a.tar"]]);
  });

  describe("sent over SSH", () => {
    const { serve, reach, atEnd } = sshHosts();

    it("are not there by halves where the connection is cut, and whole the next time, however large", async () => {
      const [source, bytes] = [join(folder, "large"), 11 * 2 ** 20];
      writeFileSync(source, "");
      truncateSync(source, bytes);
      const sum = createHash("sha256").update(Buffer.alloc(bytes)).digest("hex");
      const command = upload({ path: at("large.tar"), sha256: sum, parents: true }, source);
      const here = { ...command, argv: command.argv.map(moved) };
      const far = await startProxy((await serve()).port, 0);
      atEnd(() => {
        far.close();
      });
      const host = await reach(far);
      const cut = host.change(here);
      cut.catch(() => undefined);
      mkdirSync(join(folder, "cache"));
      const temporary = join(folder, "cache/.large.tar.phoenix-new");
      await host.read(
        script("wait", 'until [ -e "$1" ] && [ "$(stat -c %s "$1")" -gt 1000000 ]; do :; done', [temporary]),
      );
      far.cut();
      await assert.rejects(cut, ConnectionLost);
      await host.read(script("wait", 'while [ -e "$1" ]; do :; done', [temporary]));
      assert.deepEqual(readdirSync(join(folder, "cache")), []);
      assert.equal((await host.change(here)).stderr, "");
      assert.deepEqual(readdirSync(join(folder, "cache")), ["large.tar"]);
      assert.equal(statSync(at("large.tar")).size, bytes);
    });
  });

  it("refuse a link, and what is no file", () => {
    run(put("a.tar"), whole);
    symlinkSync("a.tar", at("link.tar"));
    assert.match(run(put("link.tar"), whole).stderr, /link\.tar is a symbolic link/);
    mkdirSync(at("folder.tar"));
    assert.match(run(put("folder.tar"), whole).stderr, /folder\.tar is not a regular file/);
  });

  describe("that build them", () => {
    /** In place of what has to be root, and of mmdebstrap. */
    const standIns = (mmdebstrap: string) =>
      programs({ unshare: 'while [ "$1" != mmdebstrap ]; do shift; done; exec "$@"', mmdebstrap });
    const recipe = BuildSpec.parse({ suite: "trixie", include: ["init"], mirrors: ["deb copy:/a b c", "file:/d"] });
    const made = () => build({ path: at("a.tar"), parents: true }, recipe);
    const SAYS = 'touch "$TMPDIR/rest"; for last; do case $last in */a.tar) printf "%s\\n" "$@" >"$last" ;; esac; done';

    it("put it there when it is whole, with how it was built", () => {
      assert.equal(run(made(), "", standIns(SAYS)).stderr, "");
      const words = readFileSync(at("a.tar"), "utf8").split("\n");
      const archive = join(folder, "ours/builds", at("a.tar"), "a.tar");
      assert.deepEqual(words.slice(0, 4), [
        ...["--mode=root", "--variant=important", "--components=main", "--include=init"],
      ]);
      assert.deepEqual(words.slice(5), ["trixie", archive, "deb copy:/a b c", "file:/d", ""]);
      const [sum, , how = ""] = readFileSync(join(folder, "ours/templates", at("a.tar")), "utf8").split("\n");
      assert.equal(
        sum,
        createHash("sha256")
          .update(readFileSync(at("a.tar")))
          .digest("hex"),
      );
      assert.deepEqual(recipeOf(how), recipe);
      assert.deepEqual(readdirSync(join(folder, "ours/builds", folder, "cache")), []);
    });

    it("leave what is there where it cannot be built, and nothing beside it", () => {
      run(put("a.tar"), whole);
      const { status, stderr } = run(made(), "", standIns(`${SAYS}; echo 'E: no such suite' >&2; exit 1`));
      assert.equal(status, 1);
      assert.match(stderr, /^E: no such suite\n.*a\.tar was left as it was: mmdebstrap could not build another one\n$/);
      assert.deepEqual([readFileSync(at("a.tar"), "utf8"), readdirSync(join(folder, "cache"))], [whole, ["a.tar"]]);
      assert.deepEqual(readdirSync(join(folder, "ours/builds", folder, "cache")), []);
    });
  });

  describe("that look", () => {
    /** Whether the look read the archive, and the archive's sum. */
    const looking = (secondsLater: number) => {
      const [log, path] = [join(folder, "read"), process.env["PATH"] ?? ""];
      const env = programs({
        sha256sum: `echo read >>${log}; PATH=${path} exec sha256sum "$@"`,
        date: `echo $(($(PATH=${path} date "$@") + ${String(secondsLater)}))`,
      });
      return () => {
        writeFileSync(log, "");
        const { status, stdout, stderr } = run(template.query([at("a.tar")]), "", env);
        const { archives } = template.parse({ code: status ?? -1, stdout, stderr });
        return [readFileSync(log, "utf8") !== "", archives.get(at("a.tar"))?.sha256];
      };
    };
    const others = (content: string) => {
      mkdirSync(join(folder, "cache"), { recursive: true });
      writeFileSync(at("a.tar"), content);
    };
    const sumOf = (text: string) => createHash("sha256").update(text).digest("hex");

    it("read an archive of others once, and again when it is another", () => {
      const look = looking(10);
      others("one");
      assert.deepEqual(
        [look(), look()],
        [
          [true, sumOf("one")],
          [false, sumOf("one")],
        ],
      );
      const { atime, mtime } = statSync(at("a.tar"));
      writeFileSync(at("a.tar"), "two");
      utimesSync(at("a.tar"), atime, mtime);
      assert.deepEqual(
        [look(), look()],
        [
          [true, sumOf("two")],
          [false, sumOf("two")],
        ],
      );
    });

    it("read one that was changed just now the next time, too", () => {
      const look = looking(-10);
      others("one");
      assert.deepEqual(
        [look(), look()],
        [
          [true, sumOf("one")],
          [true, sumOf("one")],
        ],
      );
    });

    it("do without a place to remember", () => {
      const look = looking(10);
      others("one");
      writeFileSync(join(folder, "cached"), "");
      assert.deepEqual(
        [look(), look()],
        [
          [true, sumOf("one")],
          [true, sumOf("one")],
        ],
      );
    });
  });

  it("remove the file, or only forget that it was ours", () => {
    for (const name of ["a.tar", "b.tar"]) run(put(name), whole);
    assert.equal(run(remove(at("a.tar"), false)).status, 0);
    assert.equal(run(remove(at("b.tar"), true)).status, 0);
    assert.deepEqual(readdirSync(join(folder, "cache")), ["b.tar"]);
    assert.deepEqual(readdirSync(join(folder, "ours/templates", folder, "cache")), []);
  });
});
