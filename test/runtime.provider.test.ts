import assert from "node:assert/strict";
import { CommandFailed, ConnectionLost, UserError, type Host } from "../providers/host/host.ts";
import { sh } from "../providers/host/command.ts";
import { erase } from "../providers/runtime/erased.ts";
import { providerOf } from "../providers/runtime/provider.ts";
import { openSession } from "../providers/runtime/session.ts";
import { toy, toyHost, type ToyHost, type ToySpec } from "./support/toy-kind.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const HERE = "0123456789abcdef0123456789abcdef";
const ELSEWHERE = "f".repeat(32);

/** The toy kind, at home on Proxmox VE only. */
const picky: typeof toy = {
  ...toy,
  unfit: ({ name }: ToySpec, platform) => (platform === "proxmox" ? [] : [`${name} needs Proxmox VE`]),
};

async function started(host: Host, secrets: Record<string, string> = {}, acceptedMachine?: string, kind = toy) {
  const provider = providerOf(erase(kind), () =>
    openSession({ connect: async () => Promise.resolve(host), secrets, acceptedMachine }),
  );
  await provider.configure({ config: { get: () => undefined } });
  return provider;
}

const changes = (host: ToyHost) => host.log.filter((line) => line.startsWith("change "));

describe("the provider of a kind", () => {
  describe("check", () => {
    const cases: [string, Record<string, unknown>, { property: string; reason: RegExp }[]][] = [
      ["passes a valid declaration", { name: "a", color: "red" }, []],
      ["names path, value and rule", { name: "A1" }, [{ property: "name", reason: /lower-case letters; found: "A1"/ }]],
      ["refuses an unknown key", { name: "a", colour: "red" }, [{ property: "", reason: /colour/ }]],
      ["leaves values that are not known yet alone", { name: "a", color: UNKNOWN }, []],
      ["still judges the others then", { name: "A", color: UNKNOWN }, [{ property: "name", reason: /lower-case/ }]],
      ["asks for a secret that is not configured", { name: "a", key: "k" }, [{ property: "", reason: /secrets\.k/ }]],
    ];
    for (const [title, inputs, wanted] of cases)
      it(title, async () => {
        const host = toyHost();
        const { failures } = await (await started(host)).check({}, { ...inputs, __provider: "text" });
        assert.deepEqual(
          failures.map(({ property }) => property),
          wanted.map(({ property }) => property),
        );
        wanted.forEach(({ reason }, i) => {
          assert.match(failures[i]?.reason ?? "", reason);
        });
        assert.deepEqual(host.log, []);
      });
    it("refuses what is not for the host's platform, asking the host once", async () => {
      const host = toyHost();
      const provider = await started(host, {}, undefined, picky);
      const reason = [{ property: "", reason: "a needs Proxmox VE" }];
      assert.deepEqual((await provider.check({}, { name: "a" })).failures, reason);
      assert.deepEqual((await provider.check({}, { name: "a", key: "k" })).failures.length, 2);
      await provider.read("a", { name: "a", machine: HERE });
      assert.deepEqual(host.log, ["read machine", "read toy-query '*'"]);
    });
    it("passes it where the platform is the right one", async () => {
      const provider = await started(toyHost([], "proxmox"), {}, undefined, picky);
      assert.deepEqual((await provider.check({}, { name: "a" })).failures, []);
    });
    it("refuses what is new in the plan's words: there is no other preview of it", async () => {
      const provider = await started(toyHost());
      const reason = [{ property: "", reason: "size 13 brings bad luck; take 12" }];
      assert.deepEqual((await provider.check({}, { name: "a", size: 13 })).failures, reason);
      assert.deepEqual((await provider.check({ name: "a" }, { name: "a", size: 13 })).failures, []);
    });
    it("asks nothing of the host while the declaration is not valid", async () => {
      const host = toyHost();
      await (await started(host, {}, undefined, picky)).check({}, { name: "A" });
      assert.deepEqual(host.log, []);
    });
  });

  describe("diff", () => {
    const cases: [string, Record<string, unknown>, Record<string, unknown>, object | RegExp][] = [
      [
        "sees no change",
        { name: "a", color: "red", weight: 3, machine: HERE },
        { name: "a", color: "red" },
        { changes: false },
      ],
      ["sees a drifted value", { name: "a", color: "green" }, { name: "a", color: "red" }, { changes: true }],
      ["sees what is no longer declared", { name: "a", color: "red" }, { name: "a" }, { changes: true }],
      [
        "takes an unknown value for a change",
        { name: "a", color: "red" },
        { name: "a", color: UNKNOWN },
        { changes: true },
      ],
      ["renames in place when told", { name: "a" }, { name: "b", renamedFrom: "a" }, { changes: true }],
      ["refuses to replace what holds data", { name: "a" }, { name: "b" }, /preview toy:Thing b: .*renamedFrom: "a"/],
      [
        "refuses in the plan's words",
        { name: "a" },
        { name: "a", size: 13 },
        /cannot preview toy:Thing a: size 13 brings bad luck/,
      ],
    ];
    for (const [title, olds, news, wanted] of cases)
      it(title, async () => {
        const host = toyHost();
        const diff = (await started(host)).diff("a", olds, news);
        if (wanted instanceof RegExp) await assert.rejects(diff, { message: wanted });
        else assert.deepEqual(await diff, wanted);
        assert.deepEqual(host.log, []);
      });
  });

  describe("create", () => {
    it("makes what is missing, reloads once and looks again", async () => {
      const host = toyHost();
      const { id, outs } = await (await started(host)).create({ name: "a", color: "red", __provider: "text" });
      assert.equal(id, "a");
      assert.deepEqual(outs, { name: "a", color: "red", weight: 26, machine: HERE });
      assert.deepEqual(host.log, [
        "read machine",
        "read toy-query a",
        `change toy-put '' '{"name":"a","color":"red"}'`,
        "change toy-reload",
        "read toy-query a",
      ]);
    });
    it("adopts what is there as declared without a changing command", async () => {
      const host = toyHost([{ name: "a", color: "red", size: 4 }]);
      const { outs } = await (await started(host)).create({ name: "a", color: "red" });
      assert.deepEqual(changes(host), []);
      assert.equal(outs["size"], undefined);
    });
    it("names what it was about when the host cannot be looked at", async () => {
      const host = toyHost();
      host.trouble.look = new UserError("there is no toy box on the host");
      const wanted = { message: "cannot create toy:Thing a: there is no toy box on the host" };
      await assert.rejects((await started(host)).create({ name: "a" }), wanted);
    });
    it("refuses before any command", async () => {
      const host = toyHost();
      await assert.rejects((await started(host)).create({ name: "a", size: 13 }), {
        message: /cannot create toy:Thing a: size 13/,
      });
      assert.deepEqual(changes(host), []);
    });
    it("sends a secret on standard input only", async () => {
      const host = toyHost();
      await (await started(host, { k: "hush-hush" })).create({ name: "a", key: "k" });
      assert.ok(!JSON.stringify(host.log).includes("hush"));
    });
    it("records half-done work, so that the next run takes it up", async () => {
      const host = toyHost();
      host.trouble.before = (label) =>
        label === "toy-reload"
          ? new CommandFailed("h", sh`toy-reload`, { code: 1, stdout: "", stderr: "no" })
          : undefined;
      const error: unknown = await (
        await started(host)
      )
        .create({ name: "a", color: "red", __provider: "text" })
        .catch((e: unknown) => e);
      assert.partialDeepStrictEqual(
        { ...(error as object) },
        {
          id: "a",
          properties: { name: "a", color: "red", machine: HERE, __provider: "text" },
        },
      );
      assert.match(String(error), /cannot create toy:Thing a: command failed on h with exit code 1: toy-reload\nno/);
      assert.deepEqual(changes(host).at(-1), "change toy-undo a");
    });
    it("does not record what does not exist", async () => {
      const host = toyHost();
      host.trouble.before = () => new CommandFailed("h", sh`toy-put`, { code: 1, stdout: "", stderr: "no" });
      const error = await (await started(host)).create({ name: "a" }).catch((e: unknown) => e);
      assert.ok(error instanceof Error && !("id" in error));
    });
    for (const when of ["before", "after"] as const)
      it(`looks again and goes on when the connection is lost ${when} a command took effect`, async () => {
        const host = toyHost();
        let times = 0;
        host.trouble[when] = () => (times++ === 0 ? new ConnectionLost("lost") : undefined);
        await (await started(host)).create({ name: "a", color: "red" });
        assert.equal(changes(host).filter((line) => line.includes("toy-put")).length, when === "before" ? 2 : 1);
        // Before it looks again, it waits until what was cut off has ended.
        const lost = host.log.findIndex((line) => line.startsWith("change toy-put"));
        assert.deepEqual(host.log.slice(lost + 1, lost + 3), ["read machine", "read toy-query a"]);
      });
    it("gives up when the connection is lost again and again", async () => {
      const host = toyHost();
      host.trouble.before = () => new ConnectionLost("the connection was lost");
      await assert.rejects((await started(host)).create({ name: "a" }), { message: /cannot create .*lost/ });
      assert.deepEqual(changes(host).slice(3), ["change toy-undo a"]);
    });
  });

  describe("read", () => {
    it("tells the live values as inputs and outputs", async () => {
      const host = toyHost([{ name: "a", color: "green", size: 1 }]);
      const { inputs, props } = await (await started(host)).read("a", { name: "a", color: "red", machine: HERE });
      assert.deepEqual(inputs, { name: "a", color: "green" });
      assert.deepEqual(props, { ...inputs, weight: 37, machine: HERE });
    });
    it("tells that an object is gone", async () => {
      assert.deepEqual(await (await started(toyHost())).read("a", { name: "a", machine: HERE }), { id: "" });
    });
    it("asks once for a thousand objects", async () => {
      const host = toyHost([{ name: "a" }]);
      const provider = await started(host);
      await Promise.all(Array.from({ length: 1000 }, async () => provider.read("a", { name: "a" })));
      assert.deepEqual(host.log, ["read machine", "read toy-query '*'"]);
    });
  });

  describe("update", () => {
    it("changes what differs with one command", async () => {
      const host = toyHost([{ name: "a", color: "green" }]);
      const { outs } = await (
        await started(host)
      ).update("a", { name: "a", color: "green", machine: HERE }, { name: "a", color: "red" });
      assert.equal(outs["color"], "red");
      assert.equal(changes(host).length, 2);
    });
    it("takes back what is no longer declared", async () => {
      const host = toyHost([{ name: "a", color: "green", size: 1 }]);
      await (await started(host)).update("a", { name: "a", size: 1 }, { name: "a" });
      assert.deepEqual(host.things.get("a"), { name: "a" });
    });
    it("renames in place", async () => {
      const host = toyHost([{ name: "a" }]);
      await (await started(host)).update("a", { name: "a" }, { name: "b", renamedFrom: "a" });
      assert.deepEqual([...host.things.keys()], ["b"]);
    });
  });

  describe("delete", () => {
    it("ends the object", async () => {
      const host = toyHost([{ name: "a" }]);
      await (await started(host)).delete("a", { name: "a", machine: HERE });
      assert.deepEqual([...host.things], []);
    });
    it("finds nothing to do when it is gone", async () => {
      const host = toyHost();
      await (await started(host)).delete("a", { name: "a" });
      assert.deepEqual(changes(host), []);
    });
  });

  it("says how to make a changed connection count, where the engine goes by the one it remembers", async () => {
    const unreachable = { connect: async () => Promise.reject(new UserError("cannot connect to hv1")), secrets: {} };
    const provider = providerOf(erase(toy), () => openSession(unreachable));
    await provider.configure({ config: { get: () => undefined } });
    await assert.rejects(provider.read("a", { name: "a" }), /^cannot connect to hv1\n.*--run-program/);
    await assert.rejects(provider.delete("a", { name: "a" }), /--run-program/);
  });

  describe("on another machine", () => {
    const props = { name: "a", machine: ELSEWHERE };
    const calls = {
      read: async (on: ReturnType<typeof providerOf>) => on.read("a", props),
      update: async (on: ReturnType<typeof providerOf>) => on.update("a", props, { name: "a", color: "red" }),
      delete: async (on: ReturnType<typeof providerOf>) => on.delete("a", props),
    };
    for (const [verb, call] of Object.entries(calls)) {
      it(`refuses to ${verb}, naming both`, async () => {
        const host = toyHost([{ name: "a" }]);
        const refused = { message: new RegExp(`${ELSEWHERE}.*${HERE}.*machineId`) };
        await assert.rejects(call(await started(host)), refused);
        assert.deepEqual(changes(host), []);
      });
      it(`goes on to ${verb} when the config accepts it`, async () => {
        await call(await started(toyHost([{ name: "a" }]), {}, HERE));
      });
    }
  });
});
