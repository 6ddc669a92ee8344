/** Exports, and what else exports or stores the same. */
import type { StackConfig } from "../config.ts";
import { mountpoint } from "../../providers/index.ts";
import { type Breach, type Rule, twins } from "./breach.ts";

export const SHARING: readonly Rule[] = [exportedByZfsToo, fsidOfTwoExports, storageOfTwo];

/** Each exported path with the dataset that is mounted there. */
function exportedDatasets({ storage, sharing }: StackConfig) {
  return sharing.exports.flatMap((entry) => {
    const dataset = storage.datasets.find(
      ({ name, type }) => type === "filesystem" && mountpoint(name, storage) === entry.path,
    );
    return dataset === undefined ? [] : [{ entry, dataset }];
  });
}

function exportedByZfsToo(config: StackConfig): Breach[] {
  return exportedDatasets(config).flatMap(({ entry, dataset: { name, properties } }) => {
    const { sharenfs = "off" } = properties;
    const path = ["sharing", "exports", entry.path];
    const message = `must not be exported by dataset ${name} too, which has sharenfs=${sharenfs}`;
    return sharenfs === "off" ? [] : [{ path, message }];
  });
}

function fsidOfTwoExports({ sharing }: StackConfig): Breach[] {
  const fsids = sharing.exports.flatMap(({ path, clients }) => {
    const options = new Set(Object.values(clients).flat());
    return [...options].flatMap((option) => (option.startsWith("fsid=") ? [{ path, option }] : []));
  });
  return twins(fsids, ({ option }) => option).flatMap(([first, { path, option }]) =>
    first.path === path
      ? []
      : [{ path: ["sharing", "exports", path, "clients"], message: `${option} must not be that of ${first.path} too` }],
  );
}

function storageOfTwo({ sharing, proxmox }: StackConfig): Breach[] {
  const declared = new Set(proxmox.storage.map(({ storage }) => storage));
  const shared = sharing.exports.flatMap(({ path, proxmox: of }) =>
    of === undefined ? [] : [{ path, id: of.storage }],
  );
  const at = (path: string) => ["sharing", "exports", path, "proxmox", "storage"];
  return [
    ...shared.flatMap(({ path, id }) =>
      declared.has(id) ? [{ path: at(path), message: "must not be declared in proxmox.storage too" }] : [],
    ),
    ...twins(shared, ({ id }) => id).map(([first, { path }]) => ({
      path: at(path),
      message: `must not be that of ${first.path} too`,
    })),
  ];
}
