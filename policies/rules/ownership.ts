import { ExportSpec } from "../../providers/kinds/nfs/spec.ts";
import { ShareSpec } from "../../providers/kinds/samba/share.ts";
import { DatasetSpec } from "../../providers/kinds/zfs/dataset.spec.ts";
import { mountpoint } from "../../providers/kinds/zfs/mountpoint.ts";
import { PoolSpec } from "../../providers/kinds/zfs/pool.spec.ts";
import { definePolicy, none, type Finding } from "../policy.ts";
import type { Declared, Stack } from "../stack.ts";
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
    const directories = datasetDirectories(stack);
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
    ];
  },
});

/** The root directories of the file systems that are mounted. */
export function datasetDirectories(stack: Stack): Directory[] {
  const datasets = stack.of("zfs:Dataset", DatasetSpec).map(({ spec }) => spec);
  const pools = stack.of("zfs:Pool", PoolSpec).map(({ spec }) => spec);
  return datasets.flatMap((spec) => {
    const path = spec.type === "volume" ? undefined : mountpoint(spec.name, { datasets, pools });
    const { owner, group, mode } = spec;
    return path === undefined ? [] : [{ path, owner, group, mode, by: `dataset ${spec.name}` }];
  });
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
