/** What LXC has no word for of an interface: lines that it runs on the host whenever the container starts. Pure. */
import type { Entry } from "./debian.conf.ts";
import type { Interface } from "./container.parts.ts";

const HOOK = "lxc.hook.start-host";

/**
 * Limits both ways to so many MiB a second, with the burst that Proxmox VE allows. `$0` is the host's end, `$2` the
 * number. The index is how the look tells whose the limit of what comes in is; LXC appends words of its own.
 */
export const LIMIT = [
  'tc qdisc replace dev "$0" root tbf rate "$2"MiBps burst 1mb latency 50ms',
  'tc qdisc add dev "$0" ingress',
  'tc filter add dev "$0" ingress matchall action police index $((0x50000000 + $(cat /sys/class/net/"$0"/ifindex))) ' +
    'rate "$2"MiBps burst 1mb mtu 64kb conform-exceed drop',
].join(" && ");

const TEXTS = { rate: LIMIT, link_down: 'ip link set "$0" down' } as const;
type Hooked = keyof typeof TEXTS;

interface Hook {
  readonly veth: string;
  readonly member: Hooked;
  readonly value: string;
}

/** Reads such a line, whatever the text of it: an older one counts, too. */
export function hookOf({ key, value }: Entry): Hook | undefined {
  const [, veth, member, of] = /^sh -c '[^']*' (\S+) (rate|link_down) ([\d.e-]+)$/.exec(value) ?? [];
  if (key !== HOOK || veth === undefined || of === undefined) return undefined;
  return { veth, member: member as Hooked, value: of };
}

export function hookEntries(veth: string, { rate, link_down }: Interface): Entry[] {
  const line = (member: Hooked, value: number) => ({
    key: HOOK,
    value: `sh -c '${TEXTS[member]}' ${veth} ${member} ${String(value)}`,
  });
  return [...(rate === undefined ? [] : [line("rate", rate)]), ...(link_down === true ? [line("link_down", 1)] : [])];
}

export function hooked(entries: readonly Entry[], veth: string): Pick<Interface, "rate" | "link_down"> {
  const mine = entries.flatMap((entry) => hookOf(entry) ?? []).filter((hook) => hook.veth === veth);
  const rate = mine.findLast(({ member }) => member === "rate")?.value;
  return {
    ...(rate === undefined ? {} : { rate: Number(rate) }),
    ...(mine.some(({ member }) => member === "link_down") ? { link_down: true } : {}),
  };
}
