/** What must not be exported as declared, each with the way out. */
import { canonicalClient } from "./clients.ts";
import { dropIn } from "./exports-file.ts";
import type { Facts } from "./facts.ts";
import { settings } from "./settings.ts";
import type { State } from "./view.ts";

export function refusals(facts: Facts, want: State): string[] {
  return [
    ...directory(facts, want.path),
    ...datasets(facts, want.path),
    ...foreign(facts, want),
    ...fsids(facts, want),
  ];
}

/** A directory is never made here: beneath a dataset that is not mounted it would hold data of another file system. */
function directory(facts: Facts, path: string): string[] {
  const real = facts.real.get(path);
  if (real !== undefined && real !== path) return [`${path} leads through a symbolic link to ${real}: export ${real}`];
  const type = facts.directories.get(path)?.type;
  if (type === undefined) return [`${path} does not exist: create and mount the dataset, or make the directory, first`];
  return type === "directory" ? [] : [`${path} is no directory but a ${type}`];
}

function datasets(facts: Facts, path: string): string[] {
  const here = facts.datasets.filter(({ mountpoint, canmount }) => mountpoint === path && canmount !== "off");
  const mounted = here.find((dataset) => dataset.mounted);
  const absent = mounted === undefined ? here.find(({ canmount }) => canmount === "on") : undefined;
  if (absent !== undefined)
    return [
      `dataset ${absent.name} is not mounted at ${path}, so what is beneath would be exported: zfs mount ${absent.name}`,
    ];
  if (mounted === undefined || mounted.sharenfs === "off") return [];
  return [
    `dataset ${mounted.name} is exported by ZFS itself (sharenfs=${mounted.sharenfs}): zfs set sharenfs=off ${mounted.name}`,
  ];
}

/** The first file that names a path and client wins, and exportfs complains for ever after: one of the two must go. */
function foreign(facts: Facts, want: State): string[] {
  const clients = new Map(Object.keys(want.clients).map((client) => [canonicalClient(client), client]));
  return facts.entries.flatMap(({ path, client, file, line }) => {
    const declared = clients.get(canonicalClient(client));
    if (path !== want.path || file === dropIn(path) || declared === undefined) return [];
    const where = `${file} line ${String(line)}`;
    return [`${path} is exported to ${declared} by ${where}: remove it there (it stays live), and run again`];
  });
}

function fsids(facts: Facts, want: State): string[] {
  const wanted = new Set(Object.values(want.clients).map((options) => settings(options)["fsid"]));
  return facts.entries.flatMap(({ path, options, file, line }) => {
    const fsid = settings(options)["fsid"];
    if (path === want.path || fsid === undefined || !wanted.has(fsid)) return [];
    return [`fsid=${fsid} is taken by ${path} (${file} line ${String(line)}): every export needs its own`];
  });
}
