import assert from "node:assert/strict";
import { z } from "zod";
import { script } from "../providers/host/command.ts";
import { defineKind, nothing } from "../providers/kind.ts";
import { converge, end } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { fakeHost, type FakeHost } from "./support/fake-host.ts";

/** A kind whose objects are made by one joined command. */
const parcel = erase(
  defineKind<{ name: string }, readonly string[]>({
    type: "toy:Parcel",
    holdsData: false,
    spec: z.strictObject({ name: z.string() }),
    id: ({ name }) => name,
    query: (ids) => script("parcels", "", [...(ids ?? [])]),
    parse: ({ stdout }) => stdout.split(" "),
    view: (there, { name }) => (there.includes(name) ? { name } : undefined),
    plan: (live, { name }) =>
      live === undefined
        ? {
            ...nothing,
            changes: [{ prop: "name", from: undefined, to: name }],
            batch: { items: [name], command: (items) => script("send", "", [...items]) },
            says: "waits for the post",
          }
        : nothing,
    destroy: ({ name }) => ({
      ...nothing,
      changes: [{ prop: "name", from: name, to: undefined }],
      batch: { items: [`-${name}`], command: (items) => script("send", "", [...items]) },
    }),
  }),
);

const MACHINE = "0123456789abcdef0123456789abcdef\n";

/** Sends a parcel for each name, but those named `bad…`. Every command takes a moment. */
function post(): FakeHost {
  const there = new Set<string>();
  return fakeHost(async ({ argv, label }, effect) => {
    if (label === "machine") return MACHINE;
    await new Promise((resolve) => setTimeout(resolve, 2));
    const names = argv.slice(4);
    if (effect === "read") return [...there].join(" ");
    const bad = names.find((name) => name.startsWith("bad"));
    if (bad !== undefined) return { code: 1, stderr: `cannot send ${bad}` };
    for (const name of names) if (!name.startsWith("-")) there.add(name);
    for (const name of names) there.delete(name.slice(1));
    return "";
  });
}

describe("work that many objects share", () => {
  const names = ["a", "b", "c", "d", "e"];
  const sent = (host: FakeHost) => host.log.filter((line) => line.startsWith("change "));
  const session = (host: FakeHost) => openSession({ connect: async () => Promise.resolve(host), secrets: {} });

  it("is done by one command for all objects that change at the same time", async () => {
    const host = post();
    const on = session(host);
    await Promise.all(names.map(async (name) => converge(parcel, on, { name })));
    assert.deepEqual(sent(host), ["change send a b c d e"]);
  });
  it("waits for objects that are still being looked at", async () => {
    const host = post();
    const on = session(host);
    const first = converge(parcel, on, { name: "a" });
    // Comes while the first look is under way, and so is looked at after it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    await Promise.all([first, converge(parcel, on, { name: "b" })]);
    assert.deepEqual(sent(host), ["change send a b"]);
  });
  it("ends objects together too", async () => {
    const host = post();
    const on = session(host);
    await Promise.all(names.map(async (name) => converge(parcel, on, { name })));
    await Promise.all(names.map(async (name) => end(parcel, on, { name })));
    assert.deepEqual(sent(host), ["change send a b c d e", "change send -a -b -c -d -e"]);
  });
  it("is done for each alone when it fails, and tells each its own failure", async () => {
    const host = post();
    const on = session(host);
    const outcomes = await Promise.allSettled(
      ["a", "bad1", "b", "bad2"].map(async (name) => converge(parcel, on, { name })),
    );
    assert.deepEqual(
      outcomes.map((one) => (one.status === "rejected" ? (one.reason as Error).message : "done")),
      [
        "done",
        "cannot create toy:Parcel bad1: command failed on root@fake:22 with exit code 1: send bad1\ncannot send bad1",
        "done",
        "cannot create toy:Parcel bad2: command failed on root@fake:22 with exit code 1: send bad2\ncannot send bad2",
      ],
    );
    assert.deepEqual(sent(host), [
      "change send a bad1 b bad2",
      "change send a",
      "change send bad1",
      "change send b",
      "change send bad2",
    ]);
  });
});

/** A kind of which each object takes its own time, and one reload makes all of them count. */
const lamp = erase(
  defineKind<{ name: string }, readonly string[]>({
    type: "toy:Lamp",
    holdsData: false,
    spec: z.strictObject({ name: z.string() }),
    id: ({ name }) => name,
    query: () => script("lamps", ""),
    parse: ({ stdout }) => stdout.split(" "),
    view: (lit, { name }) => (lit.includes(name) ? { name } : undefined),
    plan: (live, { name }) =>
      live === undefined
        ? {
            ...nothing,
            changes: [{ prop: "name", from: undefined, to: name }],
            commands: [script("put", "", [name])],
            settle: script("reload", ""),
          }
        : nothing,
    destroy: () => nothing,
  }),
);

/** Each lamp takes as many milliseconds as its name is long; those named `bad…` break. */
function house(): FakeHost {
  const put = new Set<string>();
  let lit: readonly string[] = [];
  return fakeHost(async ({ argv, label }) => {
    if (label === "machine") return MACHINE;
    const [name = ""] = argv.slice(4);
    await new Promise((resolve) => setTimeout(resolve, name.length));
    if (name.startsWith("bad")) return { code: 1, stderr: "broken" };
    if (label === "reload") lit = [...put];
    else if (name !== "") put.add(name);
    return lit.join(" ");
  });
}

describe("a reload that many objects need", () => {
  const reloads = (host: FakeHost) => host.log.filter((line) => line === "change reload");
  const names = [1, 5, 10, 20, 40].map((length) => "x".repeat(length));

  it("is run once, when all of them are ready", async () => {
    const host = house();
    const on = openSession({ connect: async () => Promise.resolve(host), secrets: {} });
    await Promise.all(names.map(async (name) => converge(lamp, on, { name })));
    assert.equal(reloads(host).length, 1);
  });
  it("is run for the others when one of them fails", async () => {
    const host = house();
    const on = openSession({ connect: async () => Promise.resolve(host), secrets: {} });
    const ends = await Promise.allSettled(
      [...names, "bad".repeat(9)].map(async (name) => converge(lamp, on, { name })),
    );
    assert.deepEqual(
      ends.map(({ status }) => status),
      [...names.map(() => "fulfilled"), "rejected"],
    );
    assert.equal(reloads(host).length, 1);
  });
});
