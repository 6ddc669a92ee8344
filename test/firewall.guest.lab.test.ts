import assert from "node:assert/strict";
import { guest, GuestSpec } from "../providers/kinds/firewall/guest.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import { useLab } from "./support/lab.ts";
import { OUTSIDE } from "./support/outside.ts";

const kind = erase(guest);

/** A network of its own with a cable to the bridge, the host's end named as that of a container: `veth101i0`. */
const container = (vmid: number) =>
  [
    `ip netns add ct${String(vmid)}`,
    `ip link add veth${String(vmid)}i0 master br9 type veth peer name eth0 netns ct${String(vmid)}`,
    `ip link set veth${String(vmid)}i0 up; ip -n ct${String(vmid)} link set lo up; ip -n ct${String(vmid)} link set eth0 up`,
    `ip -n ct${String(vmid)} addr add 198.51.100.${String(vmid)}/24 dev eth0`,
    `ip -n ct${String(vmid)} addr add fd00:98::${String(vmid)}/64 dev eth0 nodad`,
    `ip -n ct${String(vmid)} route add default via 198.51.100.1; ip -n ct${String(vmid)} route add default via fd00:98::1`,
  ].join("; ");

const BRIDGE =
  "ip link add br9 type bridge; ip addr add 198.51.100.1/24 dev br9; ip addr add fd00:98::1/64 dev br9 nodad; ip link set br9 up; " +
  "sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1";

/** What is sent to a container from there is routed. */
const ROUTED = "ip -n outside route add default via 192.0.2.1; ip -n outside route add default via fd00:99::1";

/** Listens at a port by both families, and answers whoever comes. */
const listening = (netns: string, port: number) =>
  `setsid ip netns exec ${netns} perl -MIO::Socket::IP -e '` +
  `$s = IO::Socket::IP->new(LocalHost => "::", LocalPort => ${String(port)}, Listen => 9, V6Only => 0, ReuseAddr => 1) or die $@; ` +
  "$s->accept while 1' </dev/null >/dev/null 2>&1 &";

/** Returns when somebody listens at the port. */
const untilListening = (netns: string, port: number) =>
  `until ip netns exec ${netns} bash -c 'exec 3<>/dev/tcp/127.0.0.1/${String(port)}' 2>/dev/null; do sleep 0.2; done`;

describe("the firewall of a guest on the lab host", function () {
  this.timeout(600_000);
  const host = useLab("firewall-guest");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
  const apply = async (spec: object) => converge(kind, session(), GuestSpec.parse(spec));

  /** What becomes of connections from each place to a container's or host's addresses: `open`, `refused`, `silence`. */
  async function probe(from: string, addresses: readonly string[], port: number): Promise<string[]> {
    const inside = from === "host" ? "" : `ip netns exec ${from}`;
    return together(addresses, async (address) => {
      const said = await host().sh(
        `said=$(${inside} timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${String(port)}' 2>&1) && echo open || ` +
          "case $said in *refused*) echo refused ;; *) echo silence ;; esac",
      );
      return said.trim();
    });
  }
  // What is not answered is waited for: all at the same time.
  const together = async <T, R>(some: readonly T[], act: (one: T) => Promise<R>) => Promise.all(some.map(act));
  const addresses = (vmid: number) => [`198.51.100.${String(vmid)}`, `fd00:98::${String(vmid)}`];
  const both = (what: string) => [what, what];

  const web = {
    vmid: 101,
    rules: [
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 80 },
      { type: "in", action: "ACCEPT", proto: "tcp", dport: 90, source: "198.51.100.102" },
      { type: "out", action: "REJECT", proto: "tcp", dport: 81 },
    ],
  };

  it("lets through what it accepts, from the host, from outside and from the bridge, and nothing else", async () => {
    await host().sh([BRIDGE, container(101), container(102), OUTSIDE, ROUTED].join("\n"));
    for (const port of [80, 81, 90]) await host().sh(listening("ct101", port));
    for (const port of [80, 81]) await host().sh(listening("ct102", port));
    for (const [netns, port] of [
      ["ct101", 90],
      ["ct102", 81],
    ] as const)
      await host().sh(untilListening(netns, port));
    for (const from of ["host", "outside", "ct102"])
      for (const port of [80, 81]) assert.deepEqual(await probe(from, addresses(101), port), both("open"), from);
    await apply(web);
    await together(["host", "outside", "ct102"], async (from) => {
      assert.deepEqual(await probe(from, addresses(101), 80), both("open"), from);
      assert.deepEqual(await probe(from, addresses(101), 81), both("silence"), from);
    });
    assert.deepEqual(await probe("ct102", addresses(101), 90), ["open", "silence"]);
    assert.deepEqual(await probe("outside", addresses(101), 90), both("silence"));
  });

  it("judges what comes from the guest, and answers for what it rejects", async () => {
    assert.deepEqual(await probe("ct101", addresses(102), 80), both("open"));
    assert.deepEqual(await probe("ct101", addresses(102), 81), both("refused"));
    assert.deepEqual(await probe("ct101", addresses(1), 22), both("open"));
    await apply({ ...web, policy_out: "DROP" });
    await together([102, 1], async (vmid) => {
      assert.deepEqual(await probe("ct101", addresses(vmid), 22), both("silence"));
    });
    assert.deepEqual(await probe("outside", addresses(101), 80), both("open"));
  });

  it("leaves other guests and the host alone", async () => {
    assert.deepEqual(await probe("outside", addresses(102), 81), both("open"));
    assert.deepEqual(await probe("ct102", addresses(1), 22), both("open"));
  });

  it("keeps a guest to its own addresses", async () => {
    const own = { ...web, ipset: { "ipfilter-net0": ["198.51.100.101", "fd00:98::101"] } };
    await apply(own);
    assert.deepEqual(await probe("ct101", addresses(102), 80), both("open"));
    await host().sh(
      "ip -n ct101 addr add 198.51.100.66/24 dev eth0; ip -n ct101 addr add fd00:98::66/64 dev eth0 nodad; " +
        "ip -n ct101 route replace 198.51.100.0/24 dev eth0 src 198.51.100.66; ip -n ct101 route replace fd00:98::/64 dev eth0 src fd00:98::66",
    );
    assert.deepEqual(await probe("ct101", addresses(102), 80), both("silence"));
  });

  it("counts for a container that starts later, and after a power cut", async () => {
    await apply(web);
    await host().powerCut();
    await host().sh([BRIDGE, container(101), OUTSIDE, ROUTED].join("\n"));
    for (const port of [80, 81]) await host().sh(listening("ct101", port));
    await host().sh(untilListening("ct101", 81));
    assert.deepEqual(await probe("outside", addresses(101), 80), both("open"));
    assert.deepEqual(await probe("outside", addresses(101), 81), both("silence"));
  });

  it("is taken back by the host itself when nobody confirms", async () => {
    const before = await host().sh("nft -s list table bridge phoenix-101");
    const want = GuestSpec.parse({ vmid: 101, rollback: 30 });
    const { facts, live, context } = await look(kind, session(), want);
    for (const command of kind.plan(live, want, context, facts).commands)
      assert.equal((await host().change(command)).code, 0);
    assert.notEqual(await host().sh("nft -s list table bridge phoenix-101"), before);
    await host().sh("until [ ! -e /run/phoenix-firewall-101/old ]; do sleep 0.2; done");
    assert.equal(await host().sh("nft -s list table bridge phoenix-101"), before);
  });

  it("is one command for any number of guests to look at, and gone in the end", async () => {
    for (const vmid of [103, 104]) await apply({ vmid });
    const one = openSession({ connect: async () => Promise.resolve(host()), secrets: {} });
    const seen = await Promise.all(
      [web, { vmid: 103 }, { vmid: 104 }].map(async (spec) => {
        const want = GuestSpec.parse(spec);
        return kind.plan((await look(kind, one, want)).live, want, { secret: () => assert.fail() }).changes;
      }),
    );
    assert.deepEqual(seen, [[], [], []]);
    for (const vmid of [101, 103, 104]) await end(kind, one, GuestSpec.parse({ vmid }));
    assert.equal(
      await host().sh("nft list tables bridge; ls /etc/nftables.d; ls /etc/systemd/system | grep phoenix || true"),
      "",
    );
  });
});
