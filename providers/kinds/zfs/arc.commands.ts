/** The commands that change the limits of ZFS's memory cache, and its drop-in file. */
import { script, type Command } from "../../host/command.ts";
import { refreshInitramfs } from "../initramfs.ts";
import { LIMITS, theirs, type Facts, type Limit, type Limits } from "./arc.facts.ts";

/** What was in force before, written down: ZFS has no way back to its defaults but a reboot. */
const BEFORE = "# Before: ";

/** The drop-in's content. What is in force now is only remembered where it does not come from us. */
export function render(facts: Facts, set: readonly [Limit, bigint][]): string {
  const rest = theirs(facts);
  const fresh = LIMITS.filter((name) => facts.now[name] === rest[name]).map(
    (name) => `${name}=${String(facts.inForce[name])}`,
  );
  const before = facts.dropIn?.find((line) => line.startsWith(BEFORE)) ?? `${BEFORE}${fresh.join(" ")}`;
  const options = set.map(([name, value]) => `zfs_arc_${name}=${String(value)}`).join(" ");
  return `# Managed by phoenix-hypervisor: what is changed here by hand is changed back.\n${before}\noptions zfs ${options}\n`;
}

/** What was in force before us, as far as the drop-in remembers it. */
export function limitsBefore({ dropIn }: Facts): [Limit, bigint][] {
  const line = dropIn?.find((one) => one.startsWith(BEFORE)) ?? "";
  return [...line.matchAll(/\b(max|min)=(\d+)/g)].map(([, name, value = "0"]) => [name as Limit, BigInt(value)]);
}

export function pairs(limits: Limits): [Limit, bigint][] {
  return LIMITS.map((name) => [name, limits[name]]);
}

/** One after the other: ZFS looks at all limits whenever one is written, so a pair may pass through odd states. */
export function setNow(values: readonly (readonly [Limit, bigint])[]): Command {
  return script(
    "arc-limits",
    SET_NOW,
    values.flatMap(([name, value]) => [name, String(value)]),
  );
}

const SET_NOW = `
while [ $# -gt 0 ]
do
  echo "$2" >"/sys/module/zfs/parameters/zfs_arc_$1"
  shift 2
done
`;

/** An initramfs that loads ZFS does so with its own copy of the options. */
export function refresh({ images }: Facts): Command[] {
  return images.length === 0 ? [] : [refreshInitramfs];
}
