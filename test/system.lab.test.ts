import assert from "node:assert/strict";
import { sh } from "../providers/host/command.ts";
import type { Host } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import { fileKind, packages, services, users } from "./support/system.ts";
import { aptRepository } from "./support/apt-repository.ts";
import { useLab } from "./support/lab.ts";
import { unseen } from "./support/unseen.ts";
import { newKey } from "./support/ssh-server.ts";

const ALL = "ALL=(ALL:ALL) NOPASSWD: ALL";
const HASH = "$6$phoenix$qBLo3zx4Md0MHsDkvDdcWEXlvvAVc5NyEG9H1hRGQ5IzCNKU9U1mvqwxSJGUyyF9R0jX1mEDKZ5XrJqyJnCoj0";

describe("on the lab host, the system kinds", function () {
  this.timeout(900_000);
  const host = useLab("system");
  const key = newKey();
  const line = key.public.split(" ").slice(0, 2).join(" ");

  /** Acts on the host as somebody who logs in with the key. */
  async function as<T>(name: string, act: (on: Host) => Promise<T>): Promise<T> {
    const { sshConfig } = host().lab;
    const on = await connect({ host: "lab", sshConfig, user: name, privateKey: key.private });
    try {
      return await act(on);
    } finally {
      await on.close();
    }
  }

  describe("an account", () => {
    const keeper = { name: "keeper", authorizedKeys: [`${line} laptop`], sudo: [ALL], password: "hash" };

    it("logs in with its key and becomes root without a password", async () => {
      await unseen(host(), [HASH], async () => (await users(host(), { hash: HASH }).apply(keeper)).live);
      assert.equal(await as("keeper", async (on) => (await on.read(sh`id -u`)).stdout), "0\n");
    });
    it("has its password's hash in the shadow file", async () => {
      assert.equal(await host().sh("getent shadow keeper | cut -d: -f2"), `${HASH}\n`);
      assert.ok(!host().changes().join().includes("phoenix$"));
    });
    it("refuses to lock itself out, by whatever is declared", async () => {
      await as("keeper", async (on) => {
        const own = users(on, { hash: HASH });
        await assert.rejects(own.apply({ ...keeper, sudo: [] }, keeper), /logged in as keeper: the sudo rule/);
        await assert.rejects(own.apply({ ...keeper, locked: true }, keeper), /the account is not locked/);
        await assert.rejects(own.end(keeper), /we are logged in as keeper/);
        await own.apply({ ...keeper, authorizedKeys: [], exclusiveKeys: true }, keeper);
      });
      assert.equal(await as("keeper", async (on) => (await on.read(sh`id -u`)).stdout), "0\n");
    });
    it("keeps no sudo that visudo does not take", async () => {
      const bad = { ...keeper, sudo: ["ALL=(ALL NOPASSWD"] };
      await assert.rejects(users(host(), { hash: HASH }).apply(bad, keeper), /syntax error|visudo|expected/i);
      assert.equal(await as("keeper", async (on) => (await on.read(sh`id -u`)).stdout), "0\n");
    });
    it("loses sudo when it is no longer declared", async () => {
      await users(host(), { hash: HASH }).apply({ ...keeper, sudo: [] }, keeper);
      await assert.rejects(
        as("keeper", async (on) => on.read(sh`id -u`)),
        /may not use sudo without a password/,
      );
    });
    it("is closed to its key when it is locked", async () => {
      await users(host(), { hash: HASH }).apply({ ...keeper, sudo: [], locked: true }, keeper);
      await assert.rejects(
        as("keeper", async (on) => on.read(sh`id -u`)),
        /cannot log in|closed|ended/,
      );
    });
    it("is gone when it is ended, and its home is not", async () => {
      await users(host(), { hash: HASH }).end({ ...keeper, sudo: [] });
      assert.equal(await host().sh("getent passwd keeper || ls -d /home/keeper"), "/home/keeper\n");
    });
  });

  describe("packages", () => {
    before(async () => {
      const plain = ["a", "b", "c"].map((name) => ({ name: `tiny-${name}`, versions: ["1.0"] }));
      await host().sh(
        aptRepository([
          ...plain,
          { name: "tiny-needs", versions: ["1.0"], fields: ["Depends: tiny-a"] },
          { name: "tiny-fails", versions: ["1.0"], postinst: "echo no license; exit 3" },
        ]),
      );
      host().changes();
    });
    it("that change at the same time are one transaction", async () => {
      const on = packages(host());
      await Promise.all(["tiny-a", "tiny-b", "tiny-needs"].map(async (name) => on.apply({ name })));
      assert.deepEqual(host().changes(), ["apt tiny-a tiny-b tiny-needs"]);
    });
    it("are not kept from it by one that fails, which is told for that one", async () => {
      const on = packages(host());
      const [fine, failing, unknown] = await Promise.allSettled(
        ["tiny-c", "tiny-fails", "tiny-nowhere"].map(async (name) => on.apply({ name })),
      );
      assert.equal(fine?.status, "fulfilled");
      assert.match(String(failing?.status === "rejected" && failing.reason), /Package tiny-fails: [^]*no license/);
      assert.match(String(unknown?.status === "rejected" && unknown.reason), /tiny-nowhere: [^]*Unable to locate/);
      await host().sh("dpkg --purge --force-all tiny-fails");
      host().changes();
    });
    it("are not taken away from those that need them", async () => {
      await assert.rejects(
        packages(host()).apply({ name: "tiny-a", state: "absent" }),
        /take other packages away too: tiny-needs/,
      );
      assert.equal(await host().sh("dpkg-query -W -f '${db:Status-Status}' tiny-needs"), "installed");
    });
    it("wait for others that use apt", async () => {
      const hold =
        "import fcntl,time; f=open('/var/lib/dpkg/lock-frontend','w'); fcntl.lockf(f,fcntl.LOCK_EX); time.sleep(8)";
      await host().sh(
        `(python3 -c "${hold}" >/dev/null 2>&1 &) ; until grep -q ":$(stat -c %i /var/lib/dpkg/lock-frontend) " /proc/locks; do sleep 0.1; done`,
      );
      await packages(host()).apply({ name: "tiny-b", state: "absent" });
      assert.equal(await host().sh("dpkg-query -W -f '${db:Status-Status}' tiny-b 2>/dev/null || echo none"), "none\n");
    });
  });

  describe("a unit", () => {
    for (const unit of ["systemd-journald.service", "system.slice"])
      it(`like ${unit} is refused to be enabled or disabled`, async () => {
        host().changes();
        for (const enabled of [true, false])
          await assert.rejects(services(host()).apply({ name: unit, enabled }), /can be neither enabled nor disabled/);
        assert.deepEqual(host().changes(), []);
      });
  });

  describe("a file", () => {
    it("comes back as it was when the service refuses the new one", async () => {
      await host().sh(
        "mkdir -p /usr/local/lib/systemd/system && printf '[Service]\\nExecStart=/bin/sleep infinity\\nExecReload=/bin/grep -q good /srv/conf\\n' >/usr/local/lib/systemd/system/lab-picky.service && echo good >/srv/conf && systemctl daemon-reload && systemctl start lab-picky",
      );
      const bad = { path: "/srv/conf", content: "bad\n", reloads: "lab-picky.service" };
      await assert.rejects(fileKind(host()).apply(bad), /reload/);
      assert.equal(await host().sh("cat /srv/conf; systemctl is-active lab-picky"), "good\nactive\n");
    });
    it("comes back as it was when it was no text, too, with all that it was", async () => {
      await host().sh(
        "printf 'good\\377\\0' >/srv/conf; chown nobody:daemon /srv/conf; chmod 4711 /srv/conf; systemctl reload lab-picky",
      );
      const look = "sha256sum </srv/conf; stat -c '%U %G %a' /srv/conf; systemctl is-active lab-picky; ls -A /srv";
      const before = await host().sh(look);
      const bad = { path: "/srv/conf", content: "bad\n", reloads: "lab-picky.service" };
      for (const was of [undefined, bad]) await assert.rejects(fileKind(host()).apply(bad, was), /reload/);
      assert.equal(await host().sh(look), before);
      assert.equal(await host().sh("find /var/lib/phoenix-hypervisor/files -type d -perm /077"), "");
      await host().sh("echo good >/srv/conf; chown root:root /srv/conf; chmod 644 /srv/conf");
    });
    it("is given back although somebody has deleted what took its place", async () => {
      await host().sh("mkdir -p /srv/d && echo theirs >/srv/d/taken");
      const [taken, made] = ["taken", "made"].map((name) => ({ path: `/srv/d/${name}`, content: "ours\n" }));
      for (const one of [taken, made]) await fileKind(host()).apply(one ?? {});
      await host().sh("rm -r /srv/d");
      for (const one of [taken, made]) await fileKind(host()).end(one ?? {});
      assert.equal(await host().sh("cd /srv/d; tail *"), "theirs\n");
      await host().sh("echo new >/srv/d/made");
      await fileKind(host()).apply(made ?? {});
      await fileKind(host()).end(made ?? {});
      assert.equal(await host().sh("cat /srv/d/made"), "new\n");
    });
    it("does not count when its check fails", async () => {
      const bad = { path: "/srv/conf", content: "bad\n", check: ["grep", "-q", "good"] };
      await assert.rejects(fileKind(host()).apply(bad), /command failed/);
      assert.equal(await host().sh("cat /srv/conf"), "good\n");
    });
  });
});
