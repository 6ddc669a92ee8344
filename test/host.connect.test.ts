import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { sh } from "../providers/host/command.ts";
import type { Connection } from "../providers/host/connection.ts";
import { fingerprint } from "../providers/host/host-key.ts";
import { UserError } from "../providers/host/host.ts";
import { connect } from "../providers/host/ssh.ts";
import { sshHosts } from "./support/ssh-host.ts";
import { hostKey, newKey, userKey } from "./support/ssh-server.ts";
import type { KeyPair, TestServer } from "./support/ssh-server.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("connecting to a host", () => {
  const home = temporaryHome();
  const ecdsa = newKey("ecdsa");
  const rsa = newKey("rsa");
  const other = newKey();
  const print = (key: KeyPair) => fingerprint(key.parsed.getPublicSSH());
  const line = (key: KeyPair) => key.public.split(" ").slice(0, 2).join(" ");

  const { serve, atEnd } = sshHosts();

  async function visit(settings: Connection): Promise<string> {
    const host = await connect({ user: "root", privateKey: userKey.private, ...settings });
    try {
      return (await host.read(sh`echo in`)).stdout;
    } finally {
      await host.close();
    }
  }

  async function failure(settings: Connection): Promise<string> {
    const error: unknown = await visit(settings).then(
      () => assert.fail("it should not have connected"),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }

  describe("the host key of a host", () => {
    const all = [hostKey, ecdsa, rsa];
    const here = (server: TestServer) => `[127.0.0.1]:${String(server.port)}`;

    const good: [what: string, keys: KeyPair[], pin: Connection["hostKey"], known: (name: string) => string][] = [
      ["is accepted when it is pinned", all, hostKey.public, () => ""],
      ["is accepted when one of the host's other keys is pinned", all, line(rsa), () => ""],
      ["is accepted when it is one of several pinned", [ecdsa], [line(hostKey), line(ecdsa)], () => ""],
      ["is accepted when its fingerprint is pinned", all, print(hostKey), () => ""],
      ["is found when the fingerprint of another key is pinned", all, print(rsa), () => ""],
      ["is accepted when it is pinned, whatever is known", all, line(hostKey), (name) => `${name} ${line(other)}`],
      ["is accepted when it is known", all, undefined, (name) => `${name} ${line(hostKey)}`],
      ["is asked for by the type that is known", all, undefined, (name) => `${name} ${line(ecdsa)}`],
      ["may be known as RSA only", all, undefined, (name) => `${name} ${line(rsa)}`],
      ["may be known without the port", all, undefined, () => `127.0.0.1 ${line(hostKey)}`],
    ];
    for (const [what, hostKeys, pin, known] of good)
      it(what, async () => {
        const server = await serve({ hostKeys });
        home.write(".ssh/known_hosts", known(here(server)));
        const settings = { host: "127.0.0.1", port: server.port, ...(pin !== undefined && { hostKey: pin }) };
        assert.equal(await visit(settings), "in\n");
      });

    it("is looked for under the alias of the ssh config, in its file", async () => {
      const server = await serve();
      home.write("hosts", `pve-1 ${line(hostKey)}`);
      home.write(
        ".ssh/config",
        `Host pve\n  HostName 127.0.0.1\n  Port ${String(server.port)}\n  HostKeyAlias pve-1\n  UserKnownHostsFile ~/hosts`,
      );
      assert.equal(await visit({ host: "pve" }), "in\n");
    });

    it("is looked for in the file of the settings", async () => {
      const server = await serve();
      const knownHosts = home.write("hosts", `${here(server)} ${line(hostKey)}`);
      assert.equal(await visit({ host: "127.0.0.1", port: server.port, knownHosts }), "in\n");
    });

    it("is refused when it is not known, with all it takes to go on", async () => {
      const server = await serve();
      const text = await failure({ host: "127.0.0.1", port: server.port });
      assert.ok(
        text.startsWith(`cannot connect to root@127.0.0.1:${String(server.port)}: its host key is not known.\n`),
      );
      for (const part of [
        `It showed ssh-ed25519 ${print(hostKey)}.`,
        `Looked for ${here(server)} or 127.0.0.1 in: ${home.path}/.ssh/known_hosts, /etc/ssh/ssh_known_hosts.`,
        "pulumi config set phoenix:hostKey",
        "ssh-keyscan",
      ])
        assert.ok(text.includes(part), part);
      assert.deepEqual([server.lines.length, server.count.channels], [0, 0]);
    });

    it("is refused with StrictHostKeyChecking switched off too", async () => {
      const server = await serve();
      home.write(".ssh/config", "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null");
      assert.match(await failure({ host: "127.0.0.1", port: server.port }), /its host key is not known/);
    });

    it("is refused when it has changed, with both fingerprints", async () => {
      const server = await serve();
      const file = home.write(".ssh/known_hosts", `\n${here(server)} ${line(other)}`);
      const text = await failure({ host: "127.0.0.1", port: server.port });
      assert.match(text, /^REFUSED TO CONNECT to root@127\S+: ITS HOST KEY IS NOT THE ONE WE KNOW\./);
      assert.ok(text.includes(`It showed ssh-ed25519 ${print(hostKey)}.`));
      assert.ok(text.includes(`Expected ssh-ed25519 ${print(other)} (${file}:2).`));
      assert.ok(text.includes(`ssh-keygen -R '${here(server)}'`));
      assert.equal(server.count.channels, 0);
    });

    for (const [what, pin] of [
      ["key", line(other)],
      ["fingerprint", print(other)],
    ] as const)
      it(`is refused when another ${what} is pinned, though it is known`, async () => {
        const server = await serve({ hostKeys: all });
        home.write(".ssh/known_hosts", `${here(server)} ${line(hostKey)}`);
        const text = await failure({ host: "127.0.0.1", port: server.port, hostKey: pin });
        assert.match(text, /ITS HOST KEY IS NOT THE ONE WE KNOW/);
        assert.ok(text.includes(print(other)) && text.includes("the pinned hostKey"));
        assert.ok(text.includes("Only then set the new key as phoenix:hostKey."));
      });

    it("is refused when it is revoked", async () => {
      const server = await serve();
      const file = home.write(".ssh/known_hosts", `${here(server)} ${line(hostKey)}\n@revoked * ${line(hostKey)}`);
      const text = await failure({ host: "127.0.0.1", port: server.port });
      assert.ok(text.includes(`its host key is marked as revoked in ${file}:2.`));
    });

    it("is not known by a certificate authority, which is said", async () => {
      const server = await serve();
      home.write(".ssh/known_hosts", `@cert-authority * ${line(hostKey)}`);
      assert.match(
        await failure({ host: "127.0.0.1", port: server.port }),
        /known_hosts:1 has a @cert-authority line .*not supported/,
      );
    });
  });

  describe("a host behind a jump host", () => {
    async function chain(jumps: number): Promise<{ target: TestServer; jump: TestServer[] }> {
      const target = await serve();
      const jump = await Promise.all(Array.from({ length: jumps }, async () => serve({ hostKeys: [ecdsa] })));
      home.write("key", userKey.private);
      const hosts = jump.map(
        ({ port }, i) =>
          `Host jump${String(i)}\n  HostName 127.0.0.1\n  Port ${String(port)}\n  User hop${String(i)}\n  IdentityFile ~/key`,
      );
      const names = jump.map((_, i) => `jump${String(i)}`).join(",");
      home.write(
        ".ssh/config",
        `Host pve\n  HostName 127.0.0.1\n  Port ${String(target.port)}\n  ProxyJump ${names}\n${hosts.join("\n")}`,
      );
      home.write(".ssh/known_hosts", jump.map(({ port }) => `[127.0.0.1]:${String(port)} ${line(ecdsa)}\n`).join(""));
      return { target, jump };
    }

    it("is reached through it", async () => {
      const { target, jump } = await chain(1);
      assert.equal(await visit({ host: "pve", hostKey: hostKey.public }), "in\n");
      assert.deepEqual([target.lines.length, jump[0]?.lines.length, jump[0]?.count.connections], [1, 0, 1]);
    });

    it("is reached through several", async () => {
      const { jump } = await chain(3);
      assert.equal(await visit({ host: "pve", hostKey: hostKey.public }), "in\n");
      assert.deepEqual(
        jump.map(({ count }) => count.connections),
        [1, 1, 1],
      );
    });

    it("is not reached when the jump host's key is not known", async () => {
      const { target } = await chain(1);
      home.write(".ssh/known_hosts", "");
      const text = await failure({ host: "pve", hostKey: hostKey.public });
      assert.match(
        text,
        /^cannot connect to root@\S+ through the jump host hop0@127\S+: cannot connect to hop0@\S+: its host key is not known/,
      );
      assert.equal(target.count.connections, 0);
    });

    it("has its own key checked too", async () => {
      await chain(1);
      assert.match(await failure({ host: "pve", hostKey: line(other) }), /REFUSED TO CONNECT to root@/);
    });

    it("is not reached when the jump host cannot reach it", async () => {
      const { target } = await chain(1);
      await target.close();
      assert.match(
        await failure({ host: "pve", hostKey: hostKey.public }),
        /through the jump host hop0@\S+: it cannot connect there: /,
      );
    });

    it("leaves no connection to the jump host behind", async () => {
      const { jump } = await chain(1);
      const left = new Promise<void>((resolve) => jump[0]?.onIdle(resolve));
      await visit({ host: "pve", hostKey: hostKey.public });
      await left;
    });
  });

  describe("a host that cannot be reached", () => {
    async function listen(server: Server): Promise<number> {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      atEnd(() => void server.close());
      return (server.address() as AddressInfo).port;
    }

    it("is named when it refuses the connection, at once", async () => {
      const server = createServer();
      const port = await listen(server);
      server.close();
      await once(server, "close");
      const text = await failure({ host: "127.0.0.1", port });
      assert.match(text, /^cannot connect to root@127\.0\.0\.1:\d+: the connection was refused: no sshd listens/);
    });

    it("is named when its name is not known", async () => {
      const text = await failure({ host: "nowhere.invalid" });
      assert.match(text, /^cannot connect to root@nowhere\.invalid:22: its name (is not known|could not be looked up)/);
    });

    it("is named when it does not answer in time", async () => {
      const port = await listen(createServer(() => undefined));
      const text = await failure({ host: "127.0.0.1", port, connectTimeout: 0.2 });
      assert.match(text, /^cannot connect to root@127\.0\.0\.1:\d+: no answer within 0\.2 s/);
    });

    it("is named when something else listens on its port", async () => {
      const port = await listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
      assert.match(await failure({ host: "127.0.0.1", port }), /^cannot connect to root@127\.0\.0\.1:\d+: /);
    });

    it("is tried again when it cuts the connection before it speaks, as a busy sshd does", async () => {
      const server = await serve({ onSocket: (connection) => connection > 2 });
      assert.equal(await visit({ host: "127.0.0.1", port: server.port, hostKey: hostKey.public }), "in\n");
    });

    it("is named when it goes on cutting them", async () => {
      let count = 0;
      const server = await serve({ onSocket: () => (count++, false) });
      const text = await failure({ host: "127.0.0.1", port: server.port, hostKey: hostKey.public });
      assert.match(text, /the connection was cut while it was being set up, several times\..*MaxStartups/);
      assert.equal(count, 4);
    });

    it("is tried again at the next command", async () => {
      const up = { now: false };
      const server = await serve({ users: [userKey], onAuthentication: () => undefined, onSocket: () => up.now });
      const host = await connect({
        host: "127.0.0.1",
        port: server.port,
        user: "root",
        privateKey: userKey.private,
        hostKey: hostKey.public,
      });
      atEnd(async () => host.close());
      await assert.rejects(host.change(sh`echo 1`), UserError);
      up.now = true;
      assert.equal((await host.change(sh`echo 2`)).stdout, "2\n");
    });
  });
});
