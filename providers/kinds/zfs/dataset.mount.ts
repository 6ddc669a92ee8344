/** Where a file system is mounted, whether it is, and whose its root directory is. */
import { mounted, owned, vacant, type Part, type Step } from "./dataset.commands.ts";
import { parentOf, poolOf, type DatasetFacts, type Property } from "./dataset.facts.ts";
import type { DatasetState } from "./dataset.state.ts";
import { valueOf } from "./dataset.view.ts";

type Found = ReadonlyMap<string, Property>;

/** The path where ZFS mounts it once it is as declared. Undefined: nowhere. */
export function mountPoint(
  live: DatasetState | undefined,
  want: DatasetState,
  facts: DatasetFacts,
): string | undefined {
  const declared = want.properties["mountpoint"];
  const now = facts.datasets.get(live?.name ?? "")?.get("mountpoint");
  // What the view does not show is not managed, and stays.
  const stays = live?.properties["mountpoint"] === undefined && (now?.source === "local" || now?.source === "received");
  const path =
    declared === undefined ? (stays ? now.value : inherited(want.name, facts)) : rooted(declared, want, facts);
  return path.startsWith("/") && want.type === "filesystem" ? path : undefined;
}

function inherited(name: string, { datasets }: DatasetFacts): string {
  const parent = parentOf(name);
  const above = datasets.get(parent)?.get("mountpoint")?.value ?? "none";
  return above.startsWith("/") ? `${above === "/" ? "" : above}${name.slice(parent.length)}` : above;
}

function rooted(path: string, { name }: DatasetState, { pools }: DatasetFacts): string {
  const altroot = pools.get(poolOf(name))?.altroot ?? "";
  if (altroot === "" || !path.startsWith("/")) return path;
  return path === "/" ? altroot : altroot + path;
}

/** Before anything is mounted at a place where it is not mounted yet: that nothing there is hidden by it. */
export function unhidden(live: DatasetState | undefined, want: DatasetState, facts: DatasetFacts | undefined): Step[] {
  if (facts === undefined || want.properties["overlay"] === "on" || canmount(live, want, facts) !== "on") return [];
  const path = mountPoint(live, want, facts);
  const now = facts.datasets.get(live?.name ?? "");
  const there = now !== undefined && valueOf(now, "mounted") === "yes" && valueOf(now, "mountpoint") === path;
  return path === undefined || there ? [] : [vacant(want.name, path)];
}

/** A file system that is not mounted and should be: `zfs set` does not always see to that itself. */
export function mount(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): Part {
  const note = "it is not mounted; zfs mount ends that";
  return {
    changes: live.mounted === false ? [{ prop: "mounted", from: false, to: undefined, note }] : [],
    refusals: live.mounted === false ? locked(live, want, facts) : [],
    steps: mounts(live, want, facts) ? [mounted(want.name)] : [],
  };
}

/** The key of what declares none is another dataset's, or only known to somebody. */
function locked(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): string[] {
  const now = facts?.datasets.get(live.name);
  if (now === undefined || want.encryption !== undefined || valueOf(now, "keystatus") !== "unavailable") return [];
  const root = valueOf(now, "encryptionroot");
  return [
    `it cannot be mounted: the key of ${root} is not loaded. Declare \`encryption\` for ${root}, or by hand: zfs load-key ${root}`,
  ];
}

function mounts(live: DatasetState, want: DatasetState, facts: DatasetFacts | undefined): boolean {
  const now = facts?.datasets.get(live.name);
  if (facts === undefined || now === undefined || valueOf(now, "mounted") !== "no") return false;
  return (
    canmount(live, want, facts) === "on" && !isZoned(live, want, now) && mountPoint(live, want, facts) !== undefined
  );
}

function isZoned(live: DatasetState, want: DatasetState, now: Found): boolean {
  const dropped = live.properties["zoned"] !== undefined;
  return (want.properties["zoned"] ?? (dropped ? "off" : valueOf(now, "zoned"))) === "on";
}

function canmount(live: DatasetState | undefined, want: DatasetState, facts: DatasetFacts | undefined): string {
  const now = facts?.datasets.get(live?.name ?? "");
  const dropped = live?.properties["canmount"] !== undefined;
  return want.properties["canmount"] ?? (now === undefined || dropped ? "on" : valueOf(now, "canmount"));
}

/** Owner, group and mode of the root directory: what differs, or all where nobody could look before it is mounted. */
export function directory(live: DatasetState | undefined, want: DatasetState, facts: DatasetFacts | undefined): Part {
  const declared = (["owner", "group", "mode"] as const).filter((key) => want[key] !== undefined);
  const differ = declared.filter((key) => live !== undefined && !sameDirectory(key, live, want));
  const changes = differ.map((prop) => ({ prop, from: live?.[prop], to: want[prop] }));
  const blind = live === undefined || mounts(live, want, facts);
  if (facts === undefined || (blind ? declared : differ).length === 0) return { changes };
  const path = mountPoint(live, want, facts);
  if (path === undefined || canmount(live, want, facts) !== "on")
    return {
      changes,
      refusals: [`${declared.join(", ")} cannot be set: ZFS mounts it nowhere (mountpoint, canmount)`],
    };
  const chowned = blind || differ.some((key) => key !== "mode");
  const pick = (key: "owner" | "group" | "mode") => blind || differ.includes(key) || (key === "mode" && chowned);
  const { owner, group, mode } = want;
  const set = {
    ...(pick("owner") ? { owner } : {}),
    ...(pick("group") ? { group } : {}),
    ...(pick("mode") ? { mode } : {}),
  };
  return { changes, steps: owned(path, set) };
}

function sameDirectory(key: "owner" | "group" | "mode", live: DatasetState, want: DatasetState): boolean {
  const octal = (mode: unknown) => Number.parseInt(String(mode), 8);
  return key === "mode" ? octal(live.mode) === octal(want.mode) : String(live[key]) === String(want[key]);
}
