import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { sh } from "../providers/host/command.ts";
import type { Connection } from "../providers/host/connection.ts";
import { fingerprint } from "../providers/host/host-key.ts";
import { UserError } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import { agentServer } from "./support/agent.ts";
import { sshHosts } from "./support/ssh-host.ts";
import { hostKey, newKey, userKey } from "./support/ssh-server.ts";
import type { KeyPair, TestServer } from "./support/ssh-server.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("logging in to a host", () => {
  const home = temporaryHome();
  const stranger = newKey();
  const print = (key: KeyPair) => fingerprint(key.parsed.getPublicSSH());

  const { serve, atEnd } = sshHosts();

  /** Logs in, runs a command and leaves. */
  async function login(server: TestServer, settings: Partial<Connection>): Promise<void> {
    const own = { host: "127.0.0.1", port: server.port, user: "root", hostKey: hostKey.public };
    const host = await connect({ ...own, ...settings });
    try {
      assert.equal((await host.read(sh`echo in`)).stdout, "in\n");
    } finally {
      await host.close();
    }
  }

  async function refusal(server: TestServer, settings: Partial<Connection>): Promise<string> {
    const error: unknown = await login(server, settings).then(
      () => assert.fail("the login should have been refused"),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }

  describe("the login", () => {
    const encrypted = newKey("ed25519", "open sesame");
    const ecdsa = newKey("ecdsa");
    const rsa = newKey("rsa");
    const users = [userKey, encrypted, ecdsa, rsa];

    it("tells the user, and the key that was taken", async () => {
      const server = await serve({ users: [ecdsa], password: "pw" });
      const own = { host: "127.0.0.1", port: server.port, user: "root", hostKey: hostKey.public };
      const line = `${ecdsa.parsed.type} ${ecdsa.parsed.getPublicSSH().toString("base64")}`;
      home.write(".ssh/id_ed25519", stranger.private);
      const byPassword = await connect({ ...own, password: "pw" });
      await byPassword.read(sh`true`);
      home.write(".ssh/id_ecdsa", ecdsa.private);
      const byKey = await connect(own);
      atEnd(async () => Promise.all([byPassword.close(), byKey.close()]).then(() => undefined));
      assert.equal(byKey.login(), undefined);
      await byKey.read(sh`true`);
      assert.deepEqual([byPassword.login(), byKey.login()], [{ user: "root" }, { user: "root", key: line }]);
    });

    const settings: [what: string, settings: () => Partial<Connection>][] = [
      ["takes an ed25519 key", () => ({ privateKey: userKey.private })],
      ["takes an ECDSA key", () => ({ privateKey: ecdsa.private })],
      ["takes an RSA key", () => ({ privateKey: rsa.private })],
      ["takes an encrypted key", () => ({ privateKey: encrypted.private, passphrase: "open sesame" })],
      [
        "takes a key without a passphrase where one is set",
        () => ({ privateKey: userKey.private, passphrase: "unused" }),
      ],
      [
        "takes a key with Windows line ends and blanks around",
        () => ({ privateKey: `\n${userKey.private.replaceAll("\n", "\r\n")}\n\n` }),
      ],
      ["takes a key file", () => ({ privateKeyFile: home.write("key", userKey.private) })],
      ["takes a key file of the home folder", () => (home.write("key", userKey.private), { privateKeyFile: "~/key" })],
      ["takes ~/.ssh/id_rsa", () => (home.write(".ssh/id_rsa", rsa.private), {})],
      [
        "tries ~/.ssh/id_ed25519, then id_ecdsa",
        () => (home.write(".ssh/id_ed25519", stranger.private), home.write(".ssh/id_ecdsa", ecdsa.private), {}),
      ],
      [
        "takes the ssh config's key file",
        () => (home.write("key", userKey.private), home.write(".ssh/config", "IdentityFile ~/key"), {}),
      ],
      [
        "takes an encrypted key file, found in the ssh config",
        () => (
          home.write("key", encrypted.private),
          home.write(".ssh/config", "IdentityFile ~/key"),
          { passphrase: "open sesame" }
        ),
      ],
      ["takes the password when the key is not accepted", () => ({ privateKey: stranger.private, password: "pw" })],
      ["takes the password alone", () => ({ password: "pw" })],
    ];
    for (const [what, make] of settings)
      it(what, async () => {
        await login(await serve({ users, password: "pw" }), make());
      });

    it("gives the password to a host that asks for it in a dialogue", async () => {
      await login(await serve({ password: "pw", methods: ["keyboard-interactive"] }), { password: "pw" });
    });

    it("never sends a password to a host that takes keys only", async () => {
      const text = await refusal(await serve({ methods: ["publickey"] }), {
        privateKey: stranger.private,
        password: "pw",
      });
      assert.doesNotMatch(text, /^ {2}password/m);
      assert.match(text, /The host accepts: publickey\./);
    });

    it("offers a named key alone", async () => {
      home.write(".ssh/id_ed25519", userKey.private);
      const text = await refusal(await serve(), { privateKey: stranger.private });
      assert.ok(text.includes(`publickey ${print(stranger)} (\`privateKey\`)`));
      assert.ok(!text.includes(print(userKey)));
    });

    it("says what was tried in which order, what was not, and the way out", async () => {
      const other = newKey("ecdsa");
      const agent = await agentWith([stranger]);
      home.write(".ssh/id_ed25519", encrypted.private);
      const file = home.write(".ssh/id_ecdsa", other.private);
      const server = await serve({ password: "right" });
      const text = await refusal(server, { agent, password: "wrong" });
      assert.equal(
        text,
        [
          `cannot log in to root@127.0.0.1:${String(server.port)} as user root: the host accepted none of what was tried.`,
          "Tried, in this order:",
          `  publickey ${print(stranger)} (agent, "test")`,
          `  publickey ${print(other)} (${file})`,
          "  password",
          "Not tried:",
          `  ${home.path}/.ssh/id_ed25519: it is encrypted, and no \`passphrase\` is set`,
          `  ${home.path}/.ssh/id_rsa: there is no such file`,
          "The host accepts: publickey, password.",
          "Way out: add one of these keys to ~root/.ssh/authorized_keys on the host (ssh-copy-id does it), or name the " +
            "right one with `privateKey` or `privateKeyFile`, or load it into the agent (ssh-add).",
        ].join("\n"),
      );
    });

    it("says when the password has expired", async () => {
      const server = await serve({ password: "pw", isExpired: true });
      assert.match(await refusal(server, { password: "pw" }), /as user root: the password has expired, log in by hand/);
    });

    it("says when there is nothing to try", async () => {
      const text = await refusal(await serve(), {});
      assert.match(text, /as user root: there is nothing to try\./);
      assert.match(text, /agent: none is set/);
    });

    it("says when the host cuts it off in its midst, as sshd does for a locked account, and does not insist", async () => {
      const server = await serve({
        onAuthentication: () => {
          server.cut();
        },
      });
      assert.match(await refusal(server, { privateKey: userKey.private }), /as user root: the host cut the connection/);
      assert.equal(server.count.connections, 1);
    });

    it("says when the host ends it after too many keys", async () => {
      const keys = [newKey(), newKey(), newKey()];
      const server = await serve({
        onAuthentication: (attempt, connection) => {
          if (attempt === 2) disconnect(connection);
        },
      });
      const text = await refusal(server, { agent: await agentWith(keys) });
      assert.match(text, /the host ended the talk: PROTOCOL_ERROR\./);
      assert.match(text, /^ {2}publickey SHA256:/m);
    });

    const bad: [what: string, settings: () => Partial<Connection>, message: RegExp][] = [
      [
        "an encrypted key without passphrase",
        () => ({ privateKey: encrypted.private }),
        /private key of `privateKey`: it is encrypted, and no `passphrase` is set/,
      ],
      [
        "a wrong passphrase",
        () => ({ privateKey: encrypted.private, passphrase: "wrong" }),
        /the `passphrase` does not open it/,
      ],
      ["a public key in its place", () => ({ privateKey: userKey.public }), /it is a public key/],
      ["text that is no key", () => ({ privateKey: "s3cret nonsense" }), /it is in no form that can be read here/],
      [
        "a key file that is not there",
        () => ({ privateKeyFile: "/none" }),
        /private key of the file \/none: there is no such file/,
      ],
      ["a key file that is a folder", () => ({ privateKeyFile: home.path }), /EISDIR/],
    ];
    for (const [what, make, message] of bad)
      it(`refuses ${what}, before anything is sent`, async () => {
        const server = await serve();
        const text = await refusal(server, make());
        assert.match(text, message);
        assert.doesNotMatch(text, /s3cret/);
        assert.equal(server.count.connections, 0);
      });
  });

  /** What sshd does after MaxAuthTries. */
  function disconnect(connection: object): void {
    const { _protocol } = connection as { _protocol: { disconnect(reason: number): void; _packetRW: unknown } };
    _protocol.disconnect(2);
  }

  /** An agent with these keys, for this test; gives its socket. */
  async function agentWith(keys: readonly KeyPair[], signs?: (key: KeyPair) => boolean): Promise<string> {
    return listen(agentServer(keys, signs));
  }

  async function listen(server: Server): Promise<string> {
    const path = join(home.path, "agent");
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    server.listen(path);
    await once(server, "listening");
    atEnd(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return path;
  }

  describe("the agent", () => {
    it("logs in with the key that is accepted, after those that are not", async () => {
      await login(await serve(), { agent: await agentWith([stranger, userKey]) });
    });

    it("is found by SSH_AUTH_SOCK", async () => {
      process.env["SSH_AUTH_SOCK"] = await agentWith([userKey]);
      await login(await serve(), {});
    });

    it("is found by the ssh config", async () => {
      await agentWith([userKey]);
      home.write(".ssh/config", "IdentityAgent ~/agent");
      await login(await serve(), {});
    });

    it("is not asked where it is not wanted", async () => {
      process.env["SSH_AUTH_SOCK"] = await agentWith([userKey]);
      assert.match(await refusal(await serve(), { agent: false }), /there is nothing to try/);
    });

    it("is asked beside a named key where it is named too", async () => {
      await login(await serve(), { privateKey: stranger.private, agent: await agentWith([userKey]) });
    });

    it("signs with RSA keys", async () => {
      const rsa = newKey("rsa");
      await login(await serve({ users: [rsa] }), { agent: await agentWith([rsa]) });
    });

    it("is passed over with a key that it will not sign with", async () => {
      const other = newKey();
      const agent = await agentWith([other, userKey], (key) => key !== other);
      await login(await serve({ users: [other, userKey] }), { agent });
    });

    it("offers first the key whose public part the ssh config names", async () => {
      home.write("key.pub", userKey.public);
      home.write(".ssh/config", "IdentityFile ~/key");
      const server = await serve({ users: [] });
      const text = await refusal(server, { agent: await agentWith([stranger, userKey]) });
      assert.ok(text.indexOf(print(userKey)) < text.indexOf(print(stranger)));
    });

    it("offers only the keys of the ssh config where IdentitiesOnly says so", async () => {
      home.write("key.pub", stranger.public);
      home.write(".ssh/config", "IdentityFile ~/key\nIdentitiesOnly yes");
      const text = await refusal(await serve(), { agent: await agentWith([userKey, stranger]) });
      assert.deepEqual([text.includes(print(stranger)), text.includes(print(userKey))], [true, false]);
    });

    it("does not have a key offered twice that is in a file too", async () => {
      home.write(".ssh/id_ed25519", stranger.private);
      const text = await refusal(await serve(), { agent: await agentWith([stranger]) });
      assert.equal(text.match(/publickey SHA256/g)?.length, 1);
    });

    const broken: [what: string, agent: () => Promise<string>, says: RegExp][] = [
      ["is not there", async () => Promise.resolve("/none"), /agent \/none: Failed to connect to agent/],
      ["does not answer", async () => listen(createServer()), /agent \S+: it does not answer/],
      ["hangs up", async () => listen(createServer((socket) => socket.end())), /agent \S+: No reply from server/],
      ["holds no key", async () => agentWith([]), /it holds no key that can be used/],
    ];
    for (const [what, agent, says] of broken)
      it(`is named in the error when it ${what}`, async () => {
        assert.match(await refusal(await serve(), { agent: await agent(), connectTimeout: 0.5 }), says);
      });

    const isHere = spawnSync("ssh-agent", ["-h"]).error === undefined;
    (isHere ? it : it.skip)("may be the real ssh-agent", async () => {
      const socket = join(home.path, "real");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
      atEnd(() => void agent.kill());
      await once(agent.stdout, "data");
      const rsa = newKey("rsa");
      for (const key of [stranger, userKey, rsa])
        execFileSync("ssh-add", ["-q", home.write("key", key.private)], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        });
      await login(await serve(), { agent: socket });
      await login(await serve({ users: [rsa] }), { agent: socket });
    });
  });
});
