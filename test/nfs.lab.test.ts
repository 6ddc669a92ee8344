import assert from "node:assert/strict";
import { sh } from "../providers/host/command.ts";
import { exportKind } from "../providers/kinds/nfs/export.ts";
import type { ExportSpec } from "../providers/kinds/nfs/spec.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";

const kind = erase(exportKind);

/** Names that a careless program would mangle, cut or execute. */
const NASTY = ["a b", "'\"", "$(reboot)", ";reboot;", "#no comment", "(ro)", "-rf", "*?[x]", "é…漢😀", "x".repeat(255)];

describe("NFS exports, on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("nfs");
  // Each time another one: what one has seen holds for a moment, and tests change things by hand meanwhile.
  const open = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });

  before(async () => {
    await host().sh("mkdir -p /srv/a /srv/b /srv/c /mnt/a && chmod 700 /srv/a && chown daemon:games /srv/b");
  });

  const apply = async (...specs: ExportSpec[]) => {
    const session = open();
    return Promise.all(specs.map(async (spec) => converge(kind, session, kind.spec.parse(spec))));
  };
  const finish = async (...specs: ExportSpec[]) => {
    const session = open();
    return Promise.all(specs.map(async (spec) => end(kind, session, { ...spec })));
  };
  const refusal = async (spec: ExportSpec): Promise<string> =>
    apply(spec).then(
      () => assert.fail("it should have been refused"),
      (error: unknown) => (error as Error).message,
    );
  const differences = async (spec: ExportSpec): Promise<readonly string[]> => {
    const seen = await look(kind, open(), { ...spec }, { ...spec });
    return kind.plan(seen.live, { ...spec }, seen.context).changes.map(({ prop }) => prop);
  };
  const started = async () => host().sh("systemctl show nfs-server --property=ActiveEnterTimestampMonotonic --value");
  /** Fails where the mount hangs or has gone stale. */
  const usable = async () =>
    host().sh("echo line >>/mnt/a/file && sync /mnt/a/file && wc -l </mnt/a/file && diff /mnt/a/file /srv/a/file");

  const a: ExportSpec = { path: "/srv/a", clients: { "127.0.0.1": ["rw", "no_root_squash"], "10.0.0.0/24": [] } };
  const b: ExportSpec = {
    path: "/srv/b",
    clients: { "127.0.0.1": ["ro"] },
    owner: "daemon",
    group: "root",
    mode: "2755",
  };
  const c: ExportSpec = { path: "/srv/c", clients: { "*": ["ro"] }, owner: 0, group: 0, mode: "0755" };

  it("are made with one re-export, and the server is not restarted", async () => {
    const before = await started();
    host().changes();
    await apply(a, b, c);
    const changes = host().changes().toSorted();
    assert.deepEqual(changes.filter((label) => label === "reexport").length, 1, changes.join("\n"));
    assert.equal(await started(), before);
    // Owner, group and mode: what is declared and differs, and nothing else.
    assert.deepEqual(
      changes.filter((label) => label.startsWith("ch")),
      ["chmod -- 02755 /srv/b", "chown -- :root /srv/b"],
    );
    assert.equal(
      await host().sh("stat -c '%n %U %G %a' /srv/a /srv/b /srv/c"),
      "/srv/a root root 700\n/srv/b daemon root 2755\n/srv/c root root 755\n",
    );
  });

  it("stay mounted and usable through every change that does not remove them", async () => {
    // Soft: what would hang for ever fails.
    await host().sh("mount -t nfs -o soft,timeo=100,retrans=2 127.0.0.1:/srv/a /mnt/a && touch /mnt/a/file");
    assert.equal(await usable(), "1\n");
    const [before, other] = [await started(), { path: "/srv/a/below", clients: { "127.0.0.1": [] } }];
    await host().sh("mkdir /srv/a/below");
    const changed = { ...a, clients: { "127.0.0.1": ["rw", "no_root_squash", "async"], "10.0.1.1": [] } };
    await apply(changed, other);
    assert.equal(await usable(), "2\n");
    assert.match(await host().sh("exportfs -v | grep -A1 -w /srv/a"), /127\.0\.0\.1\([^)]*async/);
    await Promise.all([finish(other), apply(a)]);
    assert.equal(await usable(), "3\n");
    assert.equal(await started(), before);
  });

  it("tell a client that is missing from the live table alone, when all exports are looked at as for a preview", async () => {
    await host().sh("exportfs -u 10.0.0.0/24:/srv/a");
    const preview = open();
    const seen = await look(kind, preview, { ...a }, { ...a }, await preview.facts(kind));
    assert.deepEqual(
      kind.plan(seen.live, { ...a }, seen.context).changes.map(({ prop }) => prop),
      ["clients.10.0.0.0/24"],
    );
    await apply(a);
    assert.deepEqual(await differences(a), []);
  });

  it("are healed of a server that is stopped and disabled, with one command", async () => {
    await host().sh("systemctl disable --now --quiet nfs-server");
    assert.deepEqual(await differences(a), ["server.enabled", "server.active"]);
    host().changes();
    await apply(a);
    assert.deepEqual(host().changes(), ["reexport"]);
    assert.deepEqual(await differences(c), []);
    assert.equal(await usable(), "4\n");
  });

  it("shut a client out that is taken back", async () => {
    await host().sh("umount /mnt/a");
    await apply({ path: "/srv/a", clients: { "10.0.0.0/24": [] } });
    assert.match(
      await host().sh("mount -t nfs -o soft,timeo=100,retrans=2,vers=4.2 127.0.0.1:/srv/a /mnt/a 2>&1 || true"),
      /No such file|access denied|not permitted/,
    );
  });

  it("are refused where something else exports the same, and nothing is changed", async () => {
    await host().sh(
      "mkdir -p /srv/theirs /srv/plain && ln -s /srv/plain /srv/link && touch /srv/text && " +
        "echo '/srv/theirs 10.0.0.0/255.255.255.0(rw,fsid=7)' >>/etc/exports && " +
        "zpool_patiently create tank virtio-disk1 && zfs create -o sharenfs=ro tank/shared && zfs create tank/away && " +
        "zfs unmount tank/away && exportfs -ra",
    );
    const table = await host().sh("sort /var/lib/nfs/etab; ls /etc/exports.d");
    const clients = { "10.0.0.0/24": [] };
    const cases: readonly [ExportSpec, RegExp][] = [
      [{ path: "/srv/theirs", clients }, /is exported to 10\.0\.0\.0\/24 by \/etc\/exports line \d+: remove it there/],
      [
        { path: "/srv/plain", clients: { "10.0.0.1": ["fsid=7"] } },
        /fsid=7 is taken by \/srv\/theirs \(\/etc\/exports/,
      ],
      [{ path: "/srv/link", clients }, /leads through a symbolic link to \/srv\/plain: export \/srv\/plain/],
      [{ path: "/srv/text", clients }, /is no directory but a regular empty file/],
      [{ path: "/srv/absent", clients }, /does not exist: create and mount the dataset/],
      [{ path: "/tank/shared", clients }, /exported by ZFS itself \(sharenfs=ro\): zfs set sharenfs=off tank\/shared/],
      [{ path: "/tank/away", clients }, /dataset tank\/away is not mounted at \/tank\/away.*zfs mount tank\/away/],
    ];
    host().changes();
    for (const [spec, rule] of cases) assert.match(await refusal(spec), rule);
    assert.deepEqual(host().changes(), []);
    // exportfs itself is asked about what only it can know, before anything is changed.
    assert.match(
      await refusal({ path: "/srv/plain", clients: { "no-such-host.invalid": [] } }),
      /no-such-host\.invalid/,
    );
    assert.equal(await host().sh("sort /var/lib/nfs/etab; ls /etc/exports.d"), table);
  });

  it("take any directory name there can be", async () => {
    const specs = NASTY.map((name): ExportSpec => ({ path: `/srv/nasty/${name}`, clients: { "10.0.0.0/24": ["rw"] } }));
    await host().change(sh`mkdir -p -- ${specs.map(({ path }) => path)}`);
    await apply(...specs);
    host().changes();
    await apply(...specs);
    assert.deepEqual(host().changes(), []);
    assert.equal(await host().sh("exportfs -s | grep -c /srv/nasty/"), `${String(specs.length)}\n`);
    await finish(...specs);
    assert.equal(await host().sh("grep -c /srv/nasty/ /var/lib/nfs/etab || true"), "0\n");
  });

  it("are ended, and what others export stays", async () => {
    await finish(a, b, c);
    await finish(a, b, c);
    assert.equal(await host().sh("ls /etc/exports.d | grep phoenix || echo none"), "none\n");
    assert.equal(await host().sh("cut -f 1 /var/lib/nfs/etab | sort -u"), "/srv/theirs\n/tank/shared\n");
  });
});
