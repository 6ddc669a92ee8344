/** What several containers make together: names, addresses, the order in which they start. */
import { z } from "zod";
import { holds } from "../../providers/kinds/firewall/addresses.ts";
import { canonicalClient } from "../../providers/kinds/nfs/clients.ts";
import { definePolicy, none, type Finding } from "../policy.ts";
import type { Stack } from "../stack.ts";
import { about, containers, type Container } from "./containers.ts";

export const unique = definePolicy({
  name: "guest-unique",
  rule: "No two containers have the same number, host name, MAC address or address.",
  level: "mandatory",
  reason: "two machines with one address answer in turns, and each is reached by chance.",
  remedy: "give one of them another; without `hwaddr` a MAC address is drawn that nobody has.",
  settings: none,
  find(stack) {
    const all = containers(stack);
    return [
      ...twins(all, "number", ({ spec }) => [String(spec.vmid)]),
      ...twins(all, "host name", ({ spec }) => (spec.hostname === undefined ? [] : [spec.hostname.toLowerCase()])),
      ...twins(all, "MAC address", (one) => interfaces(one).flatMap(({ hwaddr }) => hwaddr?.toLowerCase() ?? [])),
      ...twins(all, "address", (one) =>
        interfaces(one)
          .flatMap(addresses)
          .map(([address]) => address),
      ),
    ];
  },
});

function twins(all: readonly Container[], what: string, keys: (one: Container) => readonly string[]): Finding[] {
  const first = new Map<string, Container>();
  return all.flatMap((one) =>
    keys(one).flatMap((key) => {
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, one);
      return earlier === undefined
        ? []
        : [about(one, `has the ${what} ${key}, and so has ${String(earlier.spec.vmid)}`)];
    }),
  );
}

function interfaces({ spec }: Container) {
  return Object.entries(spec.interfaces ?? {}).map(([name, one]) => ({ name, ...one }));
}

/** Fixed addresses, each with its network and gateway. */
function addresses({ ip, gw, ip6, gw6 }: ReturnType<typeof interfaces>[number]) {
  const both = [
    [ip, gw],
    [ip6, gw6],
  ] as const;
  return both.flatMap(([text, gateway]) => {
    const [address = "", length] = (text ?? "").split("/");
    return length === undefined ? [] : [[address, canonicalClient(`${address}/${length}`), gateway] as const];
  });
}

export const inNetwork = definePolicy({
  name: "guest-network",
  rule: "The addresses of containers are in the network of their bridge, and so are their gateways.",
  level: "mandatory",
  reason: "with an address of another network a container reaches nobody, and nobody reaches it.",
  remedy:
    "correct the address, its prefix or the bridge; where a bridge has several networks, name them in policies.guest-network.bridges.",
  settings: z.strictObject({
    bridges: z
      .record(z.string(), z.array(z.cidrv4().or(z.cidrv6())))
      .default({})
      .describe(
        "Networks by bridge, `{ vmbr0: [10.0.0.0/24] }`; with a VLAN `vmbr0.20`. Default: that of the first container.",
      ),
  }),
  find(stack, { bridges }) {
    const known = new Map(Object.entries(bridges));
    return containers(stack).flatMap((one) =>
      interfaces(one).flatMap((port) => {
        const bridge = port.tag === undefined ? port.bridge : `${port.bridge}.${String(port.tag)}`;
        return addresses(port).flatMap(([address, network, gateway]) => {
          const family = address.includes(":") ? "6" : "4";
          const networks = bridges[bridge] ?? known.get(bridge + family) ?? [network];
          known.set(bridge + family, networks);
          const outside = networks.some((each) => network === canonicalClient(each))
            ? []
            : [about(one, `has ${address} in ${network} at ${bridge}, where ${networks.join(" and ")} is`)];
          const lost =
            gateway === undefined || (holds([network], gateway) && gateway !== address)
              ? []
              : [about(one, `has the gateway ${gateway}, which is no other machine of ${network}`)];
          return [...outside, ...lost];
        });
      }),
    );
  },
});

export const bootOrder = definePolicy({
  name: "boot-order",
  rule: "What a container needs starts with the host before it.",
  level: "mandatory",
  reason: "after a reboot nobody is there to start things in the right order by hand.",
  remedy: "give the one that is needed onboot: true and a smaller startup.order.",
  settings: none,
  find(stack) {
    const all = containers(stack);
    return all.flatMap((one) => {
      if (one.spec.onboot !== true) return [];
      const needed = all.filter(
        ({ resource, spec }) => one.resource.needs.includes(resource.urn) && spec.vmid !== one.spec.clone?.from,
      );
      return needed.flatMap(({ spec }) => {
        const name = `${String(spec.vmid)}${spec.hostname === undefined ? "" : ` (${spec.hostname})`}`;
        if (spec.onboot !== true) return [about(one, `starts with the host and needs ${name}, which does not`)];
        const [mine, theirs] = [orderOf(one), spec.startup?.order ?? Infinity];
        return theirs < mine ? [] : [about(one, `is no later in startup.order than ${name}, which it needs`)];
      });
    });
  },
});

/** Without an order it starts last. */
function orderOf({ spec }: Container): number {
  return spec.startup?.order ?? Infinity;
}

/** The containers that run after a boot. */
export function startedAtBoot(stack: Stack): Container[] {
  return containers(stack).filter(({ spec }) => spec.onboot === true && spec.template !== true);
}
