import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { parseConf, parseProperties, printConf, printProperties, type Conf } from "../providers/kinds/lxc/pve.conf.ts";
import { afterRestart, foundOf } from "../providers/kinds/lxc/pve.found.ts";

const FOLDER = new URL("fixtures/lxc.pct/", import.meta.url);

/** Real configuration files, as `cat` printed them. */
const files = readdirSync(FOLDER)
  .filter((name) => /raw-1\d\d/.test(name))
  .map((name) => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    return { name, text: text.slice(text.indexOf("--- stdout\n") + 11, text.indexOf("--- stderr")) };
  });

const conf = (of: string): Conf => {
  const file = files.find(({ name }) => name.startsWith(of));
  assert.ok(file, of);
  return parseConf(file.text.split("\n"));
};

const STOPPED = { running: false, directories: new Map<string, never>() };
const found = (of: string) => foundOf(conf(of), STOPPED);

describe("a container's file", () => {
  assert.equal(files.length, 43);
  for (const { name, text } of files)
    it(`is written as it was read: ${name}`, () => {
      // The file with a lock was shown with it twice; what is empty was written with two blanks once.
      const real = text.replace(/^lock: backup\n#/, "#").replace("features:  \n", "features: \n");
      assert.equal(`${printConf(parseConf(real.split("\n"))).join("\n")}\n`, real);
    });

  it("has what counts, what waits and snapshots apart", () => {
    const { current, pending, snapshots } = conf("131");
    assert.equal(current.values.get("nameserver"), "10.10.10.1");
    assert.deepEqual([...pending.values.keys()], ["delete", "mp0", "mp1", "nameserver", "searchdomain"]);
    assert.equal(afterRestart(conf("131")).get("nameserver"), "10.10.10.2");
    assert.equal(afterRestart(conf("131")).has("mp2"), false);
    assert.deepEqual(snapshots, []);
    const [first, second] = conf("161").snapshots;
    assert.deepEqual([first?.name, first?.description, second?.name], ["s1", "first snap\nsecond: line", "s2"]);
    assert.equal(conf("161").current.values.get("memory"), "80");
  });
  it("takes lines of LXC in every form, and the last of what stands twice", () => {
    const { current } = parseConf(["lxc.apparmor.profile=unconfined", "lxc.idmap = u 0 1 2", "memory: 1", "memory: 2"]);
    assert.deepEqual(current.lxc, ["lxc.apparmor.profile: unconfined", "lxc.idmap: u 0 1 2"]);
    assert.equal(current.values.get("memory"), "2");
  });
  it("has values of several words", () => {
    const properties = parseProperties("tank:subvol-1,mp=/data,size=1G", "volume");
    assert.deepEqual(
      [...properties],
      [
        ["volume", "tank:subvol-1"],
        ["mp", "/data"],
        ["size", "1G"],
      ],
    );
    properties.set("ro", "1");
    assert.equal(printProperties(properties, "volume"), "tank:subvol-1,mp=/data,size=1G,ro=1");
  });
});

describe("a container as its file tells", () => {
  it("is in the words of the spec", () => {
    assert.deepEqual(found("009"), {
      hostname: "deb1",
      ostype: "debian",
      memory: 256,
      swap: 0,
      cores: 1,
      onboot: true,
      nameserver: ["10.10.10.1"],
      searchdomain: ["lab.test"],
      tags: ["alpha", "prod", "web"],
      startup: { order: 2, up: 5, down: 30 },
      features: { nesting: true },
      running: false,
      template: false,
      unprivileged: true,
      storage: "tank",
      size: "1G",
      description: "line one\nline two: ünï & 100%",
      interfaces: {
        eth0: { bridge: "vmbr0", gw: "10.10.10.1", hwaddr: "BC:24:11:A6:DB:17", ip: "10.10.10.101/24" },
      },
      mounts: {
        "/data": { volume: "tank:subvol-101-disk-1", storage: "tank", backup: true, size: "1G" },
        "/mnt/share": { source: "/srv/share" },
      },
      devices: {},
      lxc: [],
      restartPending: [],
      snapshots: [],
      rootUid: 100000,
      rootGid: 100000,
    });
  });
  it("shows the values after a restart, and which they are", () => {
    const { mounts, searchdomain, restartPending } = foundOf(conf("131"), { ...STOPPED, running: true });
    assert.deepEqual(Object.keys(mounts), ["/data", "/mnt/share"]);
    assert.equal(mounts["/mnt/share"]?.ro, true);
    assert.deepEqual(searchdomain, ["x.test"]);
    assert.deepEqual(restartPending, [
      "mounts./data",
      "mounts./mnt/share",
      "mounts./data2",
      "mounts./mnt/share3",
      "nameserver",
      "searchdomain",
    ]);
  });
  it("tells locks, snapshots, templates, linked clones and privileged ones", () => {
    assert.equal(found("146").lock, "backup");
    assert.deepEqual(found("161").snapshots, ["s1", "s2"]);
    assert.equal(found("199").template, true);
    assert.equal(found("202").clonedFrom, 110);
    assert.deepEqual([found("320").unprivileged, found("320").rootUid], [false, 0]);
  });
  it("reads odd notations as Proxmox VE does", () => {
    const { mounts, startup, console, cmode, tty, features, description } = found("317");
    assert.deepEqual(mounts["/x"], { source: "/srv/share" });
    assert.deepEqual(mounts["/d"]?.mountoptions, ["noatime"]);
    assert.deepEqual(
      { startup, console, cmode, tty, features },
      { startup: { order: 7 }, console: false, cmode: "shell", tty: 1, features: undefined },
    );
    assert.equal(description, "# hash : colon %");
  });
  it("shows owners of bind mounts in the container's numbers", () => {
    const directory = { type: "directory", uid: "100033", gid: "0", owner: "UNKNOWN", group: "root", mode: "770" };
    const { mounts } = foundOf(conf("009"), { running: false, directories: new Map([["/srv/share", directory]]) });
    assert.deepEqual(mounts["/mnt/share"], { source: "/srv/share", uid: 33, gid: 65534, mode: "0770" });
  });
  it("knows lines that a running container was not started with", () => {
    const lxc = ["lxc.idmap: u 0 100000 1000", "lxc.prlimit.nofile: 1024", "lxc.apparmor.profile: unconfined"];
    const { current, ...rest } = conf("009");
    const pending = (started: string[], running = true) =>
      foundOf({ ...rest, current: { ...current, lxc } }, { ...STOPPED, running, started }).restartPending;
    assert.deepEqual(pending(["lxc.idmap: u 0 100000 1000"]), ["lxc", "apparmorProfile"]);
    assert.deepEqual(pending(lxc), []);
    assert.deepEqual(pending([], false), []);
  });
});
