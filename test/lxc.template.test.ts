import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { remove, upload } from "../providers/kinds/lxc/template.commands.ts";
import { template, TemplateSpec } from "../providers/kinds/lxc/template.ts";
import { captured } from "./support/captured.ts";
import { complaints, context, labels, props } from "./support/kind.ts";

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
const seen = (id: string, line: string, pve = true) =>
  template.parse({
    code: 0,
    stdout: `${pve ? "== pve\n" : ""}== storage\n${pve ? CONFIG : ""}\n== archives\n${line}|${id}\n== sums\n`,
    stderr: "",
  });
const local = (line: string) =>
  seen("local:vztmpl/a.tar.zst", `${line}|/var/lib/vz|/var/lib/vz/template/cache/a.tar.zst`);

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
    assert.deepEqual(template.outputs?.(facts, want.ostemplate), { path: "/var/lib/vz/template/cache/a.tar.zst" });
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
    ["from nowhere", "/srv/a.tar", "no|||||/srv/a.tar", { url: undefined }, /declare url or source/],
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
  /** On this machine: what is kept on the host is kept in the folder of the test. */
  const run = ({ argv }: { argv: readonly string[] }, input = "") => {
    const [program = "", ...args] = argv.map((word) =>
      word.replaceAll("/var/lib/phoenix-hypervisor", join(folder, "ours")),
    );
    return spawnSync(program, args, { input, encoding: "utf8" });
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

  it("refuse a link, and what is no file", () => {
    run(put("a.tar"), whole);
    symlinkSync("a.tar", at("link.tar"));
    assert.match(run(put("link.tar"), whole).stderr, /link\.tar is a symbolic link/);
    mkdirSync(at("folder.tar"));
    assert.match(run(put("folder.tar"), whole).stderr, /folder\.tar is not a regular file/);
  });

  it("remove the file, or only forget that it was ours", () => {
    for (const name of ["a.tar", "b.tar"]) run(put(name), whole);
    assert.equal(run(remove(at("a.tar"), false)).status, 0);
    assert.equal(run(remove(at("b.tar"), true)).status, 0);
    assert.deepEqual(readdirSync(join(folder, "cache")), ["b.tar"]);
    assert.deepEqual(readdirSync(join(folder, "ours/templates", folder, "cache")), []);
  });
});
