import { ExportSpec } from "../../providers/kinds/nfs/spec.ts";
import { ShareSpec } from "../../providers/kinds/samba/share.ts";
import { DirectorySpec } from "../../providers/kinds/system/directory.ts";
import { DatasetSpec } from "../../providers/kinds/zfs/dataset.spec.ts";
import { mountpoint } from "../../providers/kinds/zfs/mountpoint.ts";
import { PoolSpec } from "../../providers/kinds/zfs/pool.spec.ts";
import { definePolicy, none, type Finding } from "../policy.ts";
import type { Declared, Stack } from "../stack.ts";
import { containers, about, type Container } from "./containers.ts";
import { canonicals } from "./samba.ts";

/** Who a directory belongs to, as far as somebody declares it. */
export interface Directory {
  readonly path: string;
  readonly owner?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly mode?: string | undefined;
  /** Who declares it: `dataset tank/media`. */
  readonly by: string;
}

export const ownership = definePolicy({
  name: "ownership-consistent",
  rule: "Whoever writes to a shared directory may do so, and nobody else is said to own it.",
  level: "mandatory",
  reason:
    "a share that hands files to somebody who may not write there fails for its users, and two owners take turns at each run.",
  remedy:
    "let the dataset declare owner, group and mode, and let shares and exports act as that owner, or leave it out.",
  settings: none,
  find(stack) {
    const directories = directoriesOf(stack);
    const at = (path: string | undefined) => directories.find((one) => one.path === path);
    return [
      ...stack
        .of("samba:Share", ShareSpec)
        .flatMap((share) => [
          ...twoMinds(share, share.spec.name, at(share.spec.path)),
          ...actsAs(share, at(share.spec.path)),
        ]),
      ...stack
        .of("nfs:Export", ExportSpec)
        .flatMap((entry) => [
          ...twoMinds(entry, entry.spec.path, at(entry.spec.path)),
          ...squashesTo(entry, at(entry.spec.path)),
        ]),
      ...inContainers(stack, at),
    ];
  },
});

/** The root directories of the file systems that are mounted, and those that are declared themselves. */
function directoriesOf(stack: Stack): Directory[] {
  const datasets = stack.of("zfs:Dataset", DatasetSpec).map(({ spec }) => spec);
  const pools = stack.of("zfs:Pool", PoolSpec).map(({ spec }) => spec);
  const mounted = datasets.flatMap((spec): Directory[] => {
    const path = spec.type === "volume" ? undefined : mountpoint(spec.name, { datasets, pools });
    const { owner, group, mode } = spec;
    return path === undefined ? [] : [{ path, owner, group, mode, by: `dataset ${spec.name}` }];
  });
  const declared = stack
    .of("system:Directory", DirectorySpec)
    .map(({ spec: { path, owner, group, mode } }) => ({ path, owner, group, mode, by: `directory ${path}` }));
  return [...mounted, ...declared];
}

function twoMinds(
  { resource, spec }: Declared<Pick<Directory, "owner" | "group" | "mode">>,
  subject: string,
  directory: Directory | undefined,
): Finding[] {
  return (["owner", "group", "mode"] as const).flatMap((key) => {
    const [one, other] = [directory?.[key], spec[key]];
    if (one === undefined || other === undefined || String(one) === String(other)) return [];
    const message = `${key} ${String(other)}, and ${directory?.by ?? ""} says ${String(one)} of the same directory`;
    return [{ on: resource, subject, message }];
  });
}

/** A writable share that acts as one user: may that user write? */
function actsAs({ resource, spec }: Declared<ShareSpec>, directory: Directory | undefined): Finding[] {
  const own = canonicals(spec.parameters);
  const user = own["force user"];
  if (own["read only"] !== "No" || user === undefined || directory?.owner === undefined) return [];
  const group = own["force group"]?.replace(/^\+/, "");
  if (mayWrite(directory, user, group)) return [];
  const message = `it writes as ${user} (force user), and ${described(directory)}`;
  return [{ on: resource, subject: spec.name, message }];
}

/** A writable export that makes everybody one user: may that user write? */
function squashesTo({ resource, spec }: Declared<ExportSpec>, directory: Directory | undefined): Finding[] {
  return Object.entries(spec.clients).flatMap(([client, options]) => {
    const uid = options.find((option) => option.startsWith("anonuid="))?.slice("anonuid=".length);
    const gid = options.find((option) => option.startsWith("anongid="))?.slice("anongid=".length);
    const concerns = options.includes("rw") && options.includes("all_squash") && uid !== undefined;
    if (!concerns || typeof directory?.owner !== "number" || mayWrite(directory, uid, gid)) return [];
    const message = `${client} writes as number ${uid} (anonuid), and ${described(directory)}`;
    return [{ on: resource, subject: spec.path, message }];
  });
}

function mayWrite({ owner, group, mode = "0755" }: Directory, user: string, of: string | undefined): boolean {
  const bits = parseInt(mode, 8);
  if (user === "root" || user === "0") return true;
  if (user === String(owner)) return (bits & 0o200) !== 0;
  return (of !== undefined && of === String(group) && (bits & 0o020) !== 0) || (bits & 0o002) !== 0;
}

function described({ by, owner, group, mode }: Directory): string {
  const words = { owner, group, mode };
  const said = Object.entries(words).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${String(value)}`],
  );
  return `${by} has ${said.join(", ")}`;
}

/** Bind mounts: one directory has one owner, whoever looks at it, and one that the container can see. */
function inContainers(stack: Stack, at: (path: string) => Directory | undefined): Finding[] {
  const first = new Map<string, Directory>();
  return containers(stack).flatMap((one) =>
    Object.entries(one.spec.mounts ?? {}).flatMap(([path, { source, uid, gid, mode }]) => {
      if (source === undefined) return [];
      const said = { path: source, owner: onHost(one, "u", uid), group: onHost(one, "g", gid), mode };
      const known = at(source) ?? first.get(source);
      if (known === undefined) first.set(source, { ...said, by: `container ${String(one.spec.vmid)}` });
      return [...differ(one, path, said, known), ...unseen(one, path, known)];
    }),
  );
}

function differ(one: Container, path: string, said: Omit<Directory, "by">, known: Directory | undefined): Finding[] {
  return (["owner", "group"] as const).flatMap((key) => {
    const [mine, theirs] = [said[key], known?.[key]];
    if (typeof mine !== "number" || typeof theirs !== "number" || mine === theirs) return [];
    return [
      about(
        one,
        `has ${said.path} at ${path} with ${key} ${String(mine)} on the host, and ${known?.by ?? ""} says ${String(theirs)}`,
      ),
    ];
  });
}

/** What belongs to a number that the container does not have belongs to nobody there. */
function unseen(one: Container, path: string, known: Directory | undefined): Finding[] {
  if (known === undefined) return [];
  const { owner, mode = "0755" } = known;
  const open = (parseInt(mode, 8) & 0o005) === 0o005;
  if (
    typeof owner !== "number" ||
    open ||
    ranges(one, "u").some(({ host_id, size }) => host_id <= owner && owner < host_id + size)
  )
    return [];
  return [about(one, `cannot read ${known.path} at ${path}: ${described(known)}, which is nobody in its id map`)];
}

/** Where nothing is said, Proxmox VE maps 65536 numbers to 100000 and on; a privileged container has the host's. */
function ranges({ spec: { unprivileged, idmap } }: Container, type: "u" | "g") {
  if (unprivileged === false) return [{ container_id: 0, host_id: 0, size: 2 ** 32 }];
  return idmap?.filter((one) => one.type === type) ?? [{ container_id: 0, host_id: 100_000, size: 65_536 }];
}

function onHost(one: Container, type: "u" | "g", number: number | undefined): number | undefined {
  if (number === undefined) return undefined;
  const range = ranges(one, type).find(({ container_id: from, size }) => from <= number && number < from + size);
  return range === undefined ? undefined : range.host_id + number - range.container_id;
}
