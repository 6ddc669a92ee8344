/** How a pool is, for people. */
import type { LivePool } from "./pool.facts.ts";
import { pathOf } from "./pool.members.ts";
import { leaves, type Node } from "./pool.status.ts";

export const OUTPUTS = ["health", "size", "allocated", "errors", "guid"] as const;

/** What the state remembers. `allocated` moves in steps of a hundredth of the size, so that quiet runs stay quiet. */
export function outputsOf({ status, properties }: LivePool): Record<(typeof OUTPUTS)[number], string> {
  const number = (name: string) => Number(properties.get(name)?.value ?? 0);
  const step = number("size") / 100;
  const troubles = troublesOf(status);
  return {
    health: status.state,
    size: human(number("size")),
    allocated: human(step === 0 ? 0 : Math.round(number("allocated") / step) * step),
    errors: troubles.length === 0 ? "none" : troubles.join("; "),
    guid: properties.get("guid")?.value ?? "",
  };
}

/** What the user should know although no command of ours changes it. */
export function warningsOf({ status }: LivePool): string[] {
  const troubles = troublesOf(status).join("; ");
  if (status.state !== "ONLINE") return [`is ${status.state}${troubles === "" ? "" : `: ${troubles}`}`];
  return troubles === "" ? [] : [`has trouble: ${troubles}`];
}

function troublesOf({ classes, errors }: LivePool["status"]): string[] {
  const nodes = Object.values(classes).flat().flatMap(leaves);
  const data = /^(No known data errors)?$/.test(errors) ? [] : [errors.replace(/, use .*$/, "")];
  return [...nodes.flatMap(troubleOf), ...data];
}

const WELL = ["ONLINE", "AVAIL", "INUSE", ""];

function troubleOf(node: Node): string[] {
  const name = pathOf(node) ?? node.name;
  const state = WELL.includes(node.state) ? [] : [`${name} is ${node.state}`];
  const counted = (["read", "write", "checksum"] as const).flatMap((kind, i) => {
    const count = node.faults[i] ?? 0;
    return count === 0 ? [] : [`${String(count)} ${kind}`];
  });
  return counted.length === 0 ? state : [...state, `${name} has had ${counted.join(", ")} errors`];
}

/** Three digits and a unit, as `zpool list` prints sizes. */
function human(bytes: number): string {
  const units = ["", "K", "M", "G", "T", "P", "E"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${units[power] ?? ""}`;
}
