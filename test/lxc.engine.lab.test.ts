import assert from "node:assert/strict";
import { useLab } from "./support/lab.ts";
import { makeProject, type Project, type Run } from "./support/project.ts";

const TINY = "/var/lib/vz/template/cache/busybox-lab_1_amd64.tar.zst";

interface Entry {
  readonly [key: string]: unknown;
  readonly clone?: { readonly from: number };
  readonly after?: readonly (number | string)[];
}

/** A running copy of the template, or of another one, after some. */
const copy = (after: readonly (number | string)[] = [], more: object = {}): Entry => ({
  ...{ clone: { from: 100 }, memory: 64, swap: 0, running: true, after, allowDestroy: true },
  ...more,
});

/** 15 containers, 8 deep: 100, 101, 103, 105, 106, 108, 110, 113. */
const GRAPH: Readonly<Record<number, Entry>> = {
  100: { ostemplate: TINY, storage: "tank/guests", size: "256M", template: true, allowDestroy: true },
  101: copy([], {
    ready: { port: 80, timeout: 600 },
    interfaces: { eth0: { bridge: "vmbr0", ip: "10.10.10.101/24" } },
  }),
  102: copy([], { hostname: "second", ready: { command: ["test", "-d", "/proc/1"] } }),
  103: copy([101]),
  104: copy(["second"]),
  105: copy([], { clone: { from: 103 } }),
  106: copy([105]),
  107: copy([105]),
  108: copy([106]),
  109: copy([107, 104]),
  110: copy([108]),
  111: copy([108]),
  112: copy([109]),
  113: copy([110, 111]),
  114: copy([112]),
};

/** Those that are only defined, by hand, and were never started. */
const BY_HAND = Array.from({ length: 15 }, (_, i) => 115 + i);

const numberOf = (named: number | string) => (named === "second" ? 102 : Number(named));

/** Each container with one that it comes after. */
const EDGES = Object.entries(GRAPH).flatMap(([id, { clone, after = [] }]) =>
  [...after.map(numberOf), ...(clone === undefined ? [] : [clone.from])].map((needed) => [Number(id), needed] as const),
);

describe("the real engine, with containers on the lab host", function () {
  this.timeout(1_800_000);
  const host = useLab("engine-lxc");
  let project: Project;

  before(async () => {
    project = await makeProject();
    await host().sh("zpool_patiently create tank virtio-disk1; zfs create tank/guests");
  });
  after(() => {
    project.remove();
  });

  const configure = (containers: Readonly<Record<number, object>>) => {
    const connection = { host: "lab", sshConfig: host().lab.sshConfig };
    project.configure({ connection, protect: "false", containers });
  };
  /** Since when each one that runs does so. */
  const uptimes = async () =>
    host().sh(
      'for id in $(lxc-ls --running -1); do echo "$id $(cut -d " " -f 22 /proc/$(lxc-info -n $id -pH)/stat)"; done',
    );
  const until = async (condition: string) =>
    host().sh(`for i in $(seq 1000); do if ${condition}; then exit 0; fi; sleep 2; done; exit 1`);
  const quiet = ({ tally, changes, output }: Run) => {
    assert.deepEqual([tally, changes], [[], []], output);
  };

  for (const [what, wrong, complaint] of [
    ["a circle", { ...GRAPH, 101: copy([114]) }, /these wait for each other: Container 101 needs [^]*Container 114/],
    ["an unknown one", { ...GRAPH, 101: copy(["nosuch"]) }, /containers\.101\.after\[0\]: must be the number/],
  ] as const)
    it(`refuses ${what} before anything is looked at or touched`, async () => {
      configure(wrong);
      const run = await project.run("up");
      assert.notEqual(run.code, 0);
      assert.match(run.output, complaint);
      assert.deepEqual(run.log, []);
    });

  it("brings a graph up in its order, as far as each is ready, and else at the same time", async () => {
    configure(GRAPH);
    const running = project.start("up");
    // 101 runs and nobody answers yet: what needs it is not begun, and the others go on.
    await until("lxc-info -n 101 -sH | grep -q RUNNING && lxc-info -n 104 -sH | grep -q RUNNING");
    assert.equal(await host().sh("ls /var/lib/lxc | grep -v '[.]phoenix' | tr '\\n' ' '"), "100 101 102 104 ");
    await host().sh("lxc-attach -n 101 --clear-env -- httpd -p 80");
    const run = await running.done;
    assert.equal(run.code, 0, run.output);
    assert.match(run.tally.join(), /^\+ \d+ created$/);
    const [began, ended] = times(run, "create");
    for (const [id, needed] of EDGES)
      assert.ok((began.get(id) ?? NaN) >= (ended.get(needed) ?? NaN), `${String(id)} after ${String(needed)}`);
    assert.equal((await uptimes()).split("\n").length - 1, 14);
  });

  it("then finds nothing to do", async () => {
    quiet(await project.must("up"));
    quiet(await project.must("preview"));
  });

  it("changes what can be live, and no container's uptime", async () => {
    const before = await uptimes();
    const changed = { ...GRAPH, 108: { ...GRAPH[108], memory: 80, cores: 1, tags: ["live"] } };
    configure(changed);
    const run = await project.must("up");
    assert.deepEqual(run.tally, ["~ 1 updated"]);
    assert.equal(run.changes.length, 1, run.changes.join("\n"));
    assert.equal(await host().sh("cat /sys/fs/cgroup/lxc.payload.108/memory.max"), `${String(80 * 2 ** 20)}\n`);
    assert.equal(await uptimes(), before);
  });

  it("adopts what was made by hand, and touches none of 30 that are as declared", async () => {
    const text = (id: number) =>
      `lxc.include = /usr/share/lxc/config/common.conf\\nlxc.uts.name = h${String(id)}\\nlxc.rootfs.path = dir:/srv/r\\n`;
    await host().sh(
      BY_HAND.map(
        (id) => `mkdir -p /var/lib/lxc/${String(id)}; printf '${text(id)}' >/var/lib/lxc/${String(id)}/config`,
      ).join("; "),
    );
    const byHand = BY_HAND.map(
      (id) => [id, { hostname: `h${String(id)}`, running: false, allowDestroy: true }] as const,
    );
    configure({
      ...GRAPH,
      ...Object.fromEntries(byHand),
      108: { ...GRAPH[108], memory: 80, cores: 1, tags: ["live"] },
    });
    const state = async () =>
      host().sh("sha256sum /var/lib/lxc/*/config; stat -c '%y %n' /var/lib/lxc/*/config; zfs list -H -o name");
    const before = [await uptimes(), await state()];
    const adopted = await project.must("up");
    assert.deepEqual([adopted.tally, adopted.changes], [["+ 15 created"], []]);
    quiet(await project.must("up"));
    assert.deepEqual([await uptimes(), await state()], before);
  });

  it("takes the graph down in the reverse order", async () => {
    configure(GRAPH);
    await host().sh(`rm -r ${BY_HAND.map((id) => `/var/lib/lxc/${String(id)}`).join(" ")}`);
    const run = await project.must("destroy");
    const [began, ended] = times(run, "destroy");
    for (const [id, needed] of EDGES)
      assert.ok((began.get(needed) ?? NaN) >= (ended.get(id) ?? NaN), `${String(needed)} ends after ${String(id)}`);
    assert.equal(await host().sh("ls /var/lib/lxc; zfs list -H -o name"), "tank\ntank/guests\n");
  });
});

/** When the command that made, or ended, each container began and was over, in milliseconds. */
function times({ log }: Run, verb: string): readonly [began: Map<number, number>, ended: Map<number, number>] {
  const [began, ended] = [new Map<number, number>(), new Map<number, number>()];
  for (const line of log) {
    if (line.event !== "command") continue;
    const [, id] = new RegExp(`^lxc-${verb} (\\d+):`).exec(line.label) ?? [];
    if (id === undefined) continue;
    const over = Date.parse(line.time);
    ended.set(Number(id), over);
    began.set(Number(id), over - line.ms);
  }
  return [began, ended];
}
