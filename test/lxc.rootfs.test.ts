import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GUEST } from "../providers/kinds/lxc/debian.guest.ts";
import { ROOTFS } from "../providers/kinds/lxc/rootfs.ts";

/** Runs one of the functions as a script does; returns what it said where it failed. */
function run(call: string, root: string, stdin = ""): string {
  const { status, stderr } = spawnSync("/bin/sh", ["-euc", `work=$1/..\n${ROOTFS}\n${GUEST}\n${call}`, "test", root], {
    input: stdin,
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

describe("the root file system of a container", () => {
  let base: string;
  let root: string;
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const mode = (path: string) => (statSync(join(root, path)).mode & 0o777).toString(8);

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "rootfs-"));
    root = join(base, "root");
    for (const folder of ["etc/ssh", "root", "usr/sbin", "var/lib/dbus"])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, "etc/shadow"), "root:*:1:0:99999:7:::\ndaemon:*:2:0:99999:7:::\n", { mode: 0o640 });
    writeFileSync(join(root, "etc/machine-id"), "0123\n");
    writeFileSync(join(root, "etc/hostname"), "old\n");
    writeFileSync(join(root, "usr/sbin/sshd"), "");
    writeFileSync(join(root, "etc/ssh/ssh_host_rsa_key"), "the source's");
  });
  afterEach(() => {
    rmSync(base, { recursive: true });
  });

  it("asks for addresses by ifupdown, and all that is said of the interface goes for it", () => {
    for (const folder of ["sbin", "etc/network"]) mkdirSync(join(root, folder));
    writeFileSync(join(root, "sbin/ifup"), "");
    writeFileSync(join(root, "etc/os-release"), 'NAME="x"\nID=debian\n');
    const others = ["auto lo", "iface lo inet loopback", "source interfaces.d/*", ""];
    writeFileSync(
      join(root, "etc/network/interfaces"),
      [
        ...others.slice(0, 2),
        "auto eth0",
        "iface eth0 inet static",
        "  address 10.0.0.2/24",
        "#  note",
        ...others.slice(2),
      ].join("\n"),
    );
    assert.equal(run('guest_files "$1" eth0 dhcp auto', root), "");
    const asks = ["auto eth0", "iface eth0 inet dhcp", "iface eth0 inet6 auto", ""];
    assert.equal(text("etc/network/interfaces"), [...others.slice(0, 3), ...asks].join("\n"));
    assert.equal(run('guest_files "$1" eth0 dhcp auto', root), "");
    assert.equal(text("etc/network/interfaces"), [...others.slice(0, 3), ...asks].join("\n"));
    assert.equal(run('guest_files "$1" eth0 "" ""', root), "");
    assert.equal(text("etc/network/interfaces"), others.join("\n"));
  });

  it("asks for addresses by networkd, which is started with the system", () => {
    mkdirSync(join(root, "usr/lib/systemd/system"), { recursive: true });
    mkdirSync(join(root, "etc/systemd/system"), { recursive: true });
    writeFileSync(join(root, "usr/lib/systemd/systemd-networkd"), "");
    symlinkSync("../usr/lib/os-release", join(root, "etc/os-release"));
    writeFileSync(join(root, "usr/lib/os-release"), 'ID="ubuntu"\n');
    const path = "etc/systemd/network/05-phoenix-eth0.network";
    assert.equal(run('guest_files "$1" eth0 dhcp ""', root, "[Match]\n"), "");
    assert.equal(text(path), "[Match]\n");
    const wants = join(root, "etc/systemd/system/multi-user.target.wants");
    assert.deepEqual(readdirSync(wants), ["systemd-networkd.service"]);
    assert.equal(run('guest_files "$1" eth0 "" ""', root), "");
    assert.ok(!existsSync(join(root, path)));
    rmSync(join(root, "etc/systemd/network"), { recursive: true });
    symlinkSync("/etc", join(root, "etc/systemd/network"));
    assert.match(run('guest_files "$1" eth0 dhcp ""', root, "x"), /is a symbolic link: left alone/);
  });

  it("is left as it is where nothing known sees to its network", () => {
    const before = readdirSync(root, { recursive: true });
    assert.equal(run('guest_files "$1" eth0 dhcp ""', root, "x"), "");
    assert.deepEqual(readdirSync(root, { recursive: true }), before);
  });

  it("gets a password for root, and nothing else of etc/shadow changes", () => {
    assert.equal(run('rootfs_password "$1"', root, "a b'\"$(x)\\n%s\n"), "");
    const [first = "", ...rest] = text("etc/shadow").split("\n");
    const [name, hash = "", day, ...more] = first.split(":");
    assert.deepEqual([name, ...more], ["root", "0", "99999", "7", "", "", ""]);
    assert.ok(Math.abs(Number(day) - Date.now() / 86_400_000) < 2);
    const salt = hash.split("$")[2] ?? "";
    const again = spawnSync("openssl", ["passwd", "-6", "-salt", salt, "-stdin"], { input: "a b'\"$(x)\\n%s\n" });
    assert.equal(again.stdout.toString().trim(), hash);
    assert.deepEqual(rest, ["daemon:*:2:0:99999:7:::", ""]);
    assert.equal(mode("etc/shadow"), "640");
  });

  it("gets root's keys where sshd takes them", () => {
    assert.equal(run('rootfs_keys "$1"', root, "ssh-ed25519 AAAA me\n"), "");
    assert.equal(text("root/.ssh/authorized_keys"), "ssh-ed25519 AAAA me\n");
    assert.deepEqual([mode("root/.ssh"), mode("root/.ssh/authorized_keys")], ["700", "600"]);
  });

  it("gets an identity of its own", () => {
    assert.equal(run('rootfs_identity "$1" "new name"', root), "");
    assert.equal(text("etc/machine-id"), "");
    assert.equal(text("etc/hostname"), "new name\n");
    const keys = readdirSync(join(root, "etc/ssh"));
    assert.ok(keys.includes("ssh_host_ed25519_key.pub"), keys.join());
    assert.doesNotMatch(text("etc/ssh/ssh_host_rsa_key"), /the source's/);
    assert.equal(mode("etc/ssh/ssh_host_ed25519_key"), "600");
    assert.deepEqual(
      readdirSync(join(root, "etc")).filter((name) => name.startsWith(".")),
      [],
    );
  });

  const traps: Readonly<Record<string, readonly [string, string]>> = {
    "etc/shadow": ['rootfs_password "$1"', "etc/shadow"],
    etc: ['rootfs_identity "$1" x', "etc"],
    "etc/hostname": ['rootfs_identity "$1" x', "etc/hostname"],
    root: ['rootfs_keys "$1"', "root"],
    "root/.ssh": ['rootfs_keys "$1"', "root/.ssh"],
    "etc/resolv.conf": ['rootfs_resolv "$1"', "etc/resolv.conf"],
  };
  for (const [path, [call, at]] of Object.entries(traps))
    it(`follows no link at ${path}`, () => {
      const host = join(base, "host");
      mkdirSync(host);
      writeFileSync(join(host, "shadow"), "root:host\n");
      rmSync(join(root, path), { recursive: true, force: true });
      symlinkSync(
        path.endsWith("etc") || path === "root" || path === "root/.ssh" ? host : join(host, "shadow"),
        join(root, path),
      );
      assert.match(run(call, root, "x\n"), new RegExp(`${at} is a symbolic link`));
      assert.deepEqual(readdirSync(host), ["shadow"]);
      assert.equal(readFileSync(join(host, "shadow"), "utf8"), "root:host\n");
      assert.ok(existsSync(root));
    });
});
