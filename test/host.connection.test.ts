import assert from "node:assert/strict";
import { Connection } from "../providers/host/connection.ts";
import { alice, bob } from "./support/keys.ts";

describe("the settings of a connection", () => {
  const bad: [what: string, settings: object, path: string][] = [
    ["an empty host", { host: "" }, "host"],
    ["a port out of range", { host: "h", port: 65_536 }, "port"],
    ["a host key that is a private key", { host: "h", hostKey: "-----BEGIN" }, "hostKey"],
    ["an MD5 fingerprint", { host: "h", hostKey: "MD5:00:11" }, "hostKey"],
    ["an empty list of host keys", { host: "h", hostKey: [] }, "hostKey"],
    ["a time of zero", { host: "h", connectTimeout: 0 }, "connectTimeout"],
    ["an agent that is true", { host: "h", agent: true }, "agent"],
    ["a switch that would not verify the host key", { host: "h", strictHostKeyChecking: false }, ""],
  ];
  for (const [what, settings, path] of bad)
    it(`refuse ${what}`, () => {
      const { error } = Connection.safeParse(settings);
      assert.equal(error?.issues[0]?.path[0] ?? "", path);
      assert.ok(error);
    });

  it("take every field", () => {
    const all = {
      ...{
        host: "h",
        port: 22,
        user: "u",
        privateKey: "k",
        privateKeyFile: "f",
        passphrase: "p",
        agent: false,
        password: "p",
      },
      ...{ hostKey: [alice.line, bob.fingerprint], knownHosts: "f", sshConfig: "f" },
      ...{ connectTimeout: 1, commandTimeout: 1.5, keepAlive: 1 },
    };
    assert.deepEqual(Connection.parse(all), all);
    assert.deepEqual(Object.keys(Connection.shape).sort(), Object.keys(all).sort());
    for (const field of Object.values(Connection.shape)) assert.ok(field.description);
  });
});
