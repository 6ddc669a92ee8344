import assert from "node:assert/strict";
import { parseArrival } from "../providers/runtime/arrival.ts";
import { openSession } from "../providers/runtime/session.ts";
import { sh } from "../providers/host/command.ts";
import { fakeHost } from "./support/fake-host.ts";

describe("how we came to the host", () => {
  const cases: [string, string[], object | undefined][] = [
    [
      "is told with the interface",
      ["10.0.2.2 55002 10.0.2.15 22", "eth0", ""],
      { client: "10.0.2.2", server: "10.0.2.15", port: 22, iface: "eth0" },
    ],
    ["is told without one", ["fd00::2 5 fd00::1 2222", ""], { client: "fd00::2", server: "fd00::1", port: 2222 }],
    [
      "is IPv4 where it is written as IPv6",
      ["::ffff:10.0.0.2 5 ::ffff:10.0.0.1 22"],
      { client: "10.0.0.2", server: "10.0.0.1", port: 22 },
    ],
    ["is not known", [""], undefined],
    ["is not told", [], undefined],
  ];
  for (const [title, lines, wanted] of cases)
    it(title, () => {
      assert.deepEqual(parseArrival(lines), wanted);
    });

  it("is known once the host was asked anything", async () => {
    const answer = `${"0".repeat(32)}\ndebian\n10.0.2.2 55002 10.0.2.15 22\neth0\n`;
    const host = fakeHost(({ label }) => (label === "machine" ? answer : ""));
    const session = openSession({ connect: async () => Promise.resolve(host), secrets: {} });
    assert.equal(session.arrival(), undefined);
    await session.read(sh`true`);
    assert.deepEqual(session.arrival(), { client: "10.0.2.2", server: "10.0.2.15", port: 22, iface: "eth0" });
  });
});
