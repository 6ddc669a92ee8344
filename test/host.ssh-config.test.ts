import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { lookUp } from "../providers/host/ssh-config.ts";
import type { HostEntry } from "../providers/host/ssh-config.ts";
import { parseJumps, resolveTarget } from "../providers/host/target.ts";
import { temporaryHome } from "./support/temp-home.ts";

describe("finding a host", () => {
  const home = temporaryHome();

  describe("the ssh config", () => {
    const own = userInfo().username;

    const cases: [what: string, text: string, host: string, entry: (home: string) => Partial<HostEntry>][] = [
      [
        "leaves a host that it does not name as it is",
        "Host other\n  Port 2222",
        "pve",
        () => ({ hostName: "pve", identitiesOnly: false }),
      ],
      [
        "gives address, port and user",
        "Host pve\n  HostName 192.0.2.1\n  Port 2222\n  User admin\n  ConnectTimeout 7",
        "pve",
        () => ({ hostName: "192.0.2.1", port: 2222, user: "admin", connectTimeout: 7 }),
      ],
      [
        "is read whatever the case and the equals sign",
        "host pve\n  HOSTNAME=192.0.2.1\n  port = 23",
        "pve",
        () => ({ hostName: "192.0.2.1", port: 23 }),
      ],
      [
        "takes the first value it finds",
        "Host pve\n  Port 1\nHost *\n  Port 2\n  User u",
        "pve",
        () => ({ port: 1, user: "u" }),
      ],
      ["counts what stands before any section", "User u\nHost pve\n  User v", "pve", () => ({ user: "u" })],
      ["knows patterns", "Host web* db?\n  Port 1\nHost p*\n  Port 2", "pve", () => ({ port: 2 })],
      ["knows negated patterns", "Host * !pve\n  Port 1\nHost *\n  Port 2", "pve", () => ({ port: 2 })],
      ["expands %h in HostName", "Host pve\n  HostName %h.example.org", "pve", () => ({ hostName: "pve.example.org" })],
      [
        "knows Match host and user",
        "Match host pve user admin\n  Port 3\nHost *\n  Port 4",
        "pve",
        () => ({ port: 4 }),
      ],
      ["never runs what Match exec names", "Match exec true\n  Port 3\nHost *\n  Port 4", "pve", () => ({ port: 4 })],
      [
        "expands ~ and tokens of key files",
        `Host pve\n  HostName h\n  User r\n  IdentityFile ~/.ssh/a\n  IdentityFile %d/b-%h-%r-%n-%u-%%\n  IdentityFile "/with blank/c"`,
        "pve",
        (path) => ({
          hostName: "h",
          user: "r",
          identityFiles: [`${path}/.ssh/a`, `${path}/b-h-r-pve-${own}-%`, "/with blank/c"],
        }),
      ],
      [
        "knows that no key file is wanted",
        "Host pve\n  IdentityFile none\n  IdentitiesOnly yes",
        "pve",
        () => ({ identityFiles: [], identitiesOnly: true }),
      ],
      [
        "knows the agent's socket",
        "Host pve\n  IdentityAgent ~/agent",
        "pve",
        (path) => ({ identityAgent: `${path}/agent` }),
      ],
      ["knows that no agent is wanted", "Host pve\n  IdentityAgent none", "pve", () => ({ identityAgent: false })],
      [
        "reads the agent's socket from the environment",
        "Host pve\n  IdentityAgent $HOME",
        "pve",
        (path) => ({ identityAgent: path }),
      ],
      [
        "knows the known_hosts files",
        "Host pve\n  UserKnownHostsFile ~/a /b\n  HostKeyAlias x",
        "pve",
        (path) => ({ knownHostsFiles: [`${path}/a`, "/b"], hostKeyAlias: "x" }),
      ],
      ["knows a jump host", "Host pve\n  ProxyJump admin@jump:2222", "pve", () => ({ proxyJump: "admin@jump:2222" })],
      [
        "knows that no jump host is wanted",
        "Host pve\n  ProxyJump none\nHost *\n  ProxyJump jump",
        "pve",
        () => ({ hostName: "pve" }),
      ],
      [
        "knows a proxy command",
        'Host pve\n  ProxyCommand ssh -W "%h:%p" jump',
        "pve",
        () => ({ proxyCommand: 'ssh -W "%h:%p" jump' }),
      ],
      [
        "passes over StrictHostKeyChecking",
        "Host pve\n  StrictHostKeyChecking no\n  Port 2",
        "pve",
        () => ({ port: 2 }),
      ],
    ];
    for (const [what, text, host, entry] of cases)
      it(what, () => {
        home.write(".ssh/config", text);
        const found = lookUp(undefined, host);
        const expected = entry(home.path);
        assert.deepEqual(found, { hostName: host, identitiesOnly: false, ...expected });
      });

    it("may be absent in the home folder", () => {
      assert.deepEqual(lookUp(undefined, "pve"), { hostName: "pve", identitiesOnly: false });
    });

    it("may not be absent where it is named", () => {
      assert.throws(() => lookUp(`${home.path}/none`, "pve"), /^UserError: cannot read ssh config .*none: ENOENT/);
    });

    it("matches the user that the settings name", () => {
      home.write(".ssh/config", "Match user admin\n  Port 3\nHost *\n  Port 4");
      assert.equal(lookUp(undefined, "pve", "admin").port, 3);
    });

    it("refuses a port that is none", () => {
      home.write(".ssh/config", "Host pve\n  Port ssh");
      assert.throws(() => lookUp(undefined, "pve"), /Port ssh is no port number/);
    });

    const includes: [what: string, config: string, port: number | undefined][] = [
      ["includes a file of ~/.ssh", "Include one", 1],
      ["includes several, in order", "Include two one", 2],
      ["includes by wildcard", "Include conf.d/*.conf", 3],
      ["includes by absolute path and ~", "Include ~/.ssh/one", 1],
      ["passes over a file that is not there", "Include none\nHost *\n  Port 9", 9],
      [
        "goes on with the section after an included file",
        "Host pve\n  Include sections\n  Port 8\nHost *\n  Port 9",
        8,
      ],
      ["goes on with the file after an included section", "Include sections\nHost *\n  Port 9", 9],
      ["includes in a section that counts", "Host pve\n  Include one\nHost *\n  Port 9", 1],
      ["includes nothing in a section that does not count", "Host other\n  Include one\nHost *\n  Port 9", 9],
      ["includes files that include files", "Include nested", 1],
    ];
    for (const [what, config, port] of includes)
      it(what, () => {
        home.write(".ssh/config", config);
        home.write(".ssh/one", "Host pve\n  Port 1");
        home.write(".ssh/two", "Host pve\n  Port 2");
        home.write(".ssh/nested", "Include one");
        home.write(".ssh/sections", "Host foo\n  Port 7");
        home.write(".ssh/conf.d/a.txt", "Port 6");
        home.write(".ssh/conf.d/b.conf", "Host pve\n  Port 3");
        home.write(".ssh/conf.d/c.conf", "Host pve\n  Port 4");
        assert.equal(lookUp(undefined, "pve").port, port);
      });

    it("refuses files that include each other", () => {
      home.write(".ssh/config", "Include config");
      assert.throws(() => lookUp(undefined, "pve"), /Include lines go round in a circle/);
    });
  });

  describe("the target", () => {
    const via = (host: string) => {
      const names: string[] = [];
      for (let target = resolveTarget({ host }).via; target; target = target.via) names.push(target.name);
      return names;
    };

    const chains: [what: string, config: string, names: string[]][] = [
      ["is reached directly", "", []],
      ["is reached through a jump host", "Host pve\n  ProxyJump admin@jump:23", ["admin@jump:23"]],
      [
        "is reached through several, the last being next to it",
        "Host pve\n  ProxyJump a@x,b@y,c@z",
        ["c@z:22", "b@y:22", "a@x:22"],
      ],
      [
        "finds its jump host in the config",
        "Host pve\n  ProxyJump jump\nHost jump\n  HostName 192.0.2.9\n  User j\n  Port 24",
        ["j@192.0.2.9:24"],
      ],
      [
        "is reached through the jump host of its jump host",
        "Host pve\n  ProxyJump a@x\nHost x\n  ProxyJump b@y",
        ["a@x:22", "b@y:22"],
      ],
      [
        "takes a jump host as a URI and with IPv6",
        "Host pve\n  ProxyJump ssh://a@[2001:db8::1]:23",
        ["a@[2001:db8::1]:23"],
      ],
      [
        "lets a list of jump hosts overrule what its members have",
        "Host pve\n  ProxyJump a@x,b@y\nHost y\n  ProxyJump c@z",
        ["b@y:22", "a@x:22"],
      ],
    ];
    for (const [what, config, names] of chains)
      it(what, () => {
        home.write(".ssh/config", config);
        assert.deepEqual(via("pve"), names);
      });

    it("refuses jump hosts in a circle", () => {
      home.write(".ssh/config", "Host *\n  ProxyJump jump");
      assert.throws(
        () => via("pve"),
        /^UserError: cannot connect to pve: ProxyJump goes round in a circle: pve -> jump -> jump/,
      );
    });

    it("refuses a jump host that is none", () => {
      assert.throws(() => parseJumps("a@"), /ProxyJump a@ is no host/);
    });

    it("says what to use in place of a ProxyCommand", () => {
      home.write(".ssh/config", "Host pve\n  ProxyCommand nc %h %p");
      assert.throws(
        () => via("pve"),
        /^UserError: cannot connect to pve: .*ProxyCommand.*not supported\. Use ProxyJump/,
      );
    });

    it("prefers the settings to the config, and the config to the defaults", () => {
      home.write(".ssh/config", "Host pve\n  HostName h\n  Port 2\n  User u\n  ConnectTimeout 3");
      const { name, connectTimeout, keepAlive } = resolveTarget({ host: "pve", port: 4, user: "v" });
      assert.deepEqual([name, connectTimeout, keepAlive], ["v@h:4", 3000, 10_000]);
      assert.equal(resolveTarget({ host: "pve", connectTimeout: 5 }).connectTimeout, 5000);
      assert.equal(resolveTarget({ host: "other" }).name, `${userInfo().username}@other:22`);
    });

    it("looks for its key under its own name and port, or under its alias", () => {
      home.write(".ssh/config", "Host b\n  HostKeyAlias c\nHost a\n  HostName h");
      assert.deepEqual(resolveTarget({ host: "a", port: 5 }).trust.names, ["[h]:5", "h"]);
      assert.deepEqual(resolveTarget({ host: "a" }).trust.names, ["h"]);
      assert.deepEqual(resolveTarget({ host: "b", port: 5 }).trust.names, ["c"]);
    });

    it("shows a jump host neither the password nor the pinned key of the host", () => {
      home.write(".ssh/config", "Host pve\n  ProxyJump jump");
      const hostKey = `SHA256:${"A".repeat(43)}`;
      const target = resolveTarget({ host: "pve", password: "p", privateKey: "k", hostKey });
      assert.deepEqual([target.login.password, target.trust.pinned], ["p", [hostKey]]);
      assert.deepEqual([target.via?.login.password, target.via?.trust.pinned], [undefined, undefined]);
      assert.equal(target.via?.login.privateKey, "k");
    });

    it("offers the host a named key alone, and a jump host its own keys too", () => {
      home.write(".ssh/config", "Host pve\n  ProxyJump jump\nHost *\n  IdentityFile /own\n  IdentityAgent /agent");
      const files = (settings: { privateKeyFile?: string }) => {
        const target = resolveTarget({ host: "pve", ...settings });
        return [target.login, target.via?.login].map((login) => [login?.agent, ...(login?.identityFiles ?? [])]);
      };
      assert.deepEqual(files({ privateKeyFile: "/named" }), [[undefined], ["/agent", "/own"]]);
      assert.deepEqual(files({}), [
        ["/agent", "/own"],
        ["/agent", "/own"],
      ]);
    });

    it("refuses a known_hosts file that is named and not there", () => {
      assert.throws(
        () => resolveTarget({ host: "pve", knownHosts: "/none" }),
        /cannot read the known_hosts file \/none/,
      );
    });
  });
});
