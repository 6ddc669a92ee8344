import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { script, secret, sh, withStdin, withTimeLimit } from "../providers/host/command.ts";
import type { Connection } from "../providers/host/connection.ts";
import { ConnectionLost, UserError } from "../providers/host/host.ts";
import type { Host } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import type { Limits } from "../providers/host/ssh.ts";
import { useLab } from "./support/lab.ts";
import { nasty } from "./support/nasty.ts";
import { startProxy } from "./support/proxy.ts";
import { newKey } from "./support/ssh-server.ts";

describe("a host over SSH, with the real sshd", function () {
  this.timeout(120_000);
  const lab = useLab("host");
  let folder = "";
  let cleanUp: (() => Promise<void> | void)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "host-"));
    process.env["PHOENIX_LOG"] = join(folder, "log");
  });
  afterEach(async () => {
    for (const end of cleanUp.reverse()) await end();
    cleanUp = [];
    delete process.env["PHOENIX_LOG"];
    rmSync(folder, { recursive: true });
  });

  async function reach(settings: Partial<Connection> = {}, limits: Partial<Limits> = {}): Promise<Host> {
    const host = await connect({ host: "lab", sshConfig: lab().lab.sshConfig, ...settings }, limits);
    cleanUp.push(async () => host.close());
    return host;
  }

  async function proxy(roundTrip: number) {
    const far = await startProxy(lab().lab.port, roundTrip);
    cleanUp.push(() => {
      far.close();
    });
    return far;
  }

  async function refusal(settings: Partial<Connection>): Promise<string> {
    const host = await reach(settings);
    const error: unknown = await host.read(sh`true`).then(
      () => assert.fail("it should have been refused"),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }

  function connections(): number {
    return readFileSync(join(folder, "log"), "utf8").match(/"event":"connected"/g)?.length ?? 0;
  }

  for (const [who, alias] of [
    ["root", "lab"],
    ["a user with sudo", "lab-admin"],
  ] as const) {
    it(`works as root when the user is ${who}`, async () => {
      const host = await reach({ host: alias });
      const { stdout } = await host.read(script("who", 'echo "$(id -u) $LC_ALL $PATH"'));
      assert.equal(stdout, "0 C /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    });

    it(`brings arguments and input byte for byte when the user is ${who}`, async () => {
      const host = await reach({ host: alias });
      const { stdout } = await host.read(sh`printf ${"%s\\0"} ${nasty}`);
      assert.equal(stdout, nasty.map((argument) => `${argument}\0`).join(""));
      for (const size of [0, 1, 60_000, 70_000, 5_000_000]) {
        const given = Buffer.alloc(size, "é\n\0");
        const answer = await host.change(withStdin(sh`sha256sum`, given));
        assert.equal(answer.stdout, execFileSync("sha256sum", { input: given, encoding: "utf8" }));
      }
    });

    it(`ends what takes too long on the host too, when the user is ${who}`, async () => {
      const host = await reach({ host: alias });
      const slow = withTimeLimit(script("slow", 'echo $$ >"$1"; sleep 1000', ["/run/slow"]), 2);
      await assert.rejects(host.change(slow), /took longer than 2 s and was ended: slow/);
      assert.notEqual((await host.read(script("alive", 'kill -0 "$(cat /run/slow)"'))).code, 0);
    });
  }

  it("says what to do when the user may not use sudo", async () => {
    const text = await refusal({ host: "lab-nosudo" });
    assert.match(text, /user nosudo is not root and may not use sudo without a password\.\nsudo said: .*password/);
  });

  it("refuses another host key, and sends nothing", async () => {
    assert.match(
      await refusal({ hostKey: newKey().public }),
      /^REFUSED TO CONNECT to root@127.*Expected ssh-ed25519 SHA256:/s,
    );
    const knownHosts = join(folder, "known_hosts");
    writeFileSync(knownHosts, `phoenix-lab ${newKey().public}\n`);
    assert.match(await refusal({ knownHosts }), /^REFUSED TO CONNECT/);
    writeFileSync(knownHosts, "");
    assert.match(await refusal({ knownHosts }), /its host key is not known/);
  });

  it("names the key that the host does not accept", async () => {
    const text = await refusal({ privateKey: newKey().private });
    assert.match(
      text,
      /the host accepted none of what was tried\.\nTried, in this order:\n {2}publickey SHA256:\S+ \(`privateKey`\)/,
    );
    assert.match(text, /The host accepts: publickey/);
  });

  it("says when the host has enough of keys", async () => {
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
    cleanUp.push(() => void agent.kill());
    await once(agent.stdout, "data");
    for (let i = 0; i < 8; i++) {
      writeFileSync(join(folder, "key"), newKey().private, { mode: 0o600 });
      execFileSync("ssh-add", ["-q", join(folder, "key")], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    }
    const text = await refusal({ privateKey: newKey().private, agent: socket });
    assert.match(text, /the host ended the talk: Too many authentication failures/);
    assert.equal(text.match(/publickey SHA256/g)?.length, 6);
  });

  it("runs 40 commands at once on one connection, time and again", async () => {
    const host = await reach();
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(Array.from({ length: 40 }, async (_, i) => host.read(sh`echo ${i}`)));
      assert.deepEqual(
        results.map(({ stdout }) => Number(stdout)),
        [...Array(40).keys()],
      );
    }
    assert.equal(connections(), 1);
  });

  it("costs one round trip a command, its input included", async () => {
    const far = await proxy(200);
    const host = await reach({ port: far.port });
    await host.read(sh`true`);
    far.roundTrips();
    for (const command of [sh`true`, withStdin(sh`wc -c`, secret("x".repeat(60_000)))]) {
      for (let i = 0; i < 5; i++) await host.read(command);
      assert.equal(far.roundTrips(), 5);
    }
  });

  it("ends a command that prints without end, on the host too", async () => {
    const host = await reach({}, { output: 4 * 1024 * 1024 });
    await assert.rejects(
      host.change(script("x", "echo $$ >/run/endless; exec yes")),
      /printed more than 4 MiB and was ended/,
    );
    const gone = 'pid=$(cat /run/endless); while kill -0 "$pid"; do sleep 0.1; done';
    assert.equal((await host.read(withTimeLimit(script("wait until it is gone", gone), 30))).code, 0);
  });

  it("leaves open whether a change took effect when it is cut, and goes on with the next", async () => {
    const far = await proxy(0);
    const host = await reach({ port: far.port });
    const change = host.change(script("slow change", "echo >/run/begun; sleep 3; echo >/run/done"));
    change.catch(() => undefined);
    await lab().sh("while ! [ -e /run/begun ]; do sleep 0.1; done");
    far.cut();
    await assert.rejects(change, ConnectionLost);
    assert.equal((await host.change(sh`echo next`)).stdout, "next\n");
    assert.equal(connections() >= 2, true);
  });

  it("repeats a read that is cut", async () => {
    const far = await proxy(0);
    const host = await reach({ port: far.port });
    const text = 'echo x >>/run/reads; [ "$(wc -l </run/reads)" -ge 2 ] || sleep 60; echo there';
    const read = host.read(script("slow read", text));
    await lab().sh("while ! [ -e /run/reads ]; do sleep 0.1; done");
    far.cut();
    assert.equal((await read).stdout, "there\n");
    assert.equal(await lab().sh("wc -l </run/reads"), "2\n");
  });
});
