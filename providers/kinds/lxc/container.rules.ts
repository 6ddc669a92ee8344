/** What is wrong with a container although each value by itself is right. */
import { isIPv4, isIPv6 } from "node:net";
import type { Device, IdMap, Interface, Mount } from "./container.parts.ts";

/** The members that the rules look at. */
interface Looked {
  readonly ostemplate?: string | undefined;
  readonly clone?: { readonly from: number } | undefined;
  readonly vmid: number;
  readonly storage?: string | undefined;
  readonly size?: string | undefined;
  readonly interfaces?: Readonly<Record<string, Interface>> | undefined;
  readonly mounts?: Readonly<Record<string, Mount>> | undefined;
  readonly devices?: Readonly<Record<string, Device>> | undefined;
  readonly idmap?: readonly IdMap[] | undefined;
  readonly apparmorProfile?: string | undefined;
  readonly lxc?: readonly string[] | undefined;
  readonly unprivileged?: boolean | undefined;
  readonly template?: boolean | undefined;
  readonly running?: boolean | undefined;
}

type Complaint = readonly [path: readonly string[], message: string];

export function complaints(spec: Looked): Complaint[] {
  return [
    ...sourceOf(spec),
    ...Object.entries(spec.interfaces ?? {}).flatMap(([name, one]) => gateways(["interfaces", name], one)),
    ...Object.entries(spec.mounts ?? {}).flatMap(([at, mount]) => mountOf(["mounts", at], mount)),
    ...Object.entries(spec.mounts ?? {}).flatMap(([at, { idmap }]): Complaint[] =>
      idmap === undefined || spec.unprivileged !== false
        ? []
        : [[["mounts", at, "idmap"], "must not be declared: a privileged container has no id map"]],
    ),
    ...idmapOf(spec),
    ...raw(spec),
    ...(spec.template === true && spec.running === true
      ? [[["running"], "must not be true: a template never runs"] as const]
      : []),
  ];
}

function sourceOf({ vmid, ostemplate, clone }: Looked): Complaint[] {
  if (clone === undefined) return [];
  if (clone.from === vmid) return [[["clone", "from"], "must be another container"]];
  return ostemplate === undefined
    ? []
    : [[["clone"], "must not be declared beside ostemplate: it is made of one of them"]];
}

function gateways(at: readonly string[], { ip, gw, ip6, gw6 }: Interface): Complaint[] {
  const needs = (gateway: string | undefined, address: string | undefined, is: (text: string) => boolean) =>
    gateway !== undefined && (address === undefined || !is(address.replace(/\/.*/, "")));
  return [
    ...(needs(gw, ip, isIPv4) ? [[[...at, "gw"], "must stand beside an address in `ip`"] as const] : []),
    ...(needs(gw6, ip6, isIPv6) ? [[[...at, "gw6"], "must stand beside an address in `ip6`"] as const] : []),
  ];
}

const OF_BINDS = ["uid", "gid", "mode"] as const;
const OF_VOLUMES = ["storage", "size", "volume", "backup", "acl", "quota", "replicate", "mountoptions"] as const;

function mountOf(at: readonly string[], mount: Mount): Complaint[] {
  const { source, storage, volume, size } = mount;
  if (source !== undefined)
    return OF_VOLUMES.filter((key) => mount[key] !== undefined).map((key) => [
      [...at, key],
      "must not be declared beside `source`: it is a matter of volumes",
    ]);
  const foreign = OF_BINDS.filter((key) => mount[key] !== undefined);
  if (foreign.length > 0)
    return foreign.map((key) => [[...at, key], "must stand beside `source`: in a volume, the container sees to it"]);
  if (storage === undefined && volume === undefined)
    return [[at, "must have `source` (a directory of the host), or `storage` and `size` (a volume)"]];
  return storage !== undefined && size === undefined && volume === undefined
    ? [[[...at, "size"], "must be declared: how large the volume is"]]
    : [];
}

function idmapOf({ idmap, unprivileged }: Looked): Complaint[] {
  if (idmap === undefined) return [];
  if (unprivileged === false) return [[["idmap"], "must not be declared: a privileged container has none"]];
  const overlaps = (key: "container_id" | "host_id") =>
    idmap.some((one, i) =>
      idmap.some(
        (other, j) =>
          i < j && one.type === other.type && one[key] < other[key] + other.size && other[key] < one[key] + one.size,
      ),
    );
  if (overlaps("container_id")) return [[["idmap"], "must not have a number in the container twice"]];
  return overlaps("host_id") ? [[["idmap"], "must not have a number on the host twice"]] : [];
}

/** Lines that have a member of their own, or none that Proxmox VE takes. */
function raw({ lxc = [] }: Looked): Complaint[] {
  const reason = (key: string) => {
    if (key === "lxc.idmap") return "must be declared in `idmap`";
    if (key === "lxc.apparmor.profile") return "must be declared in `apparmorProfile`";
    return key.startsWith("lxc.rootfs.") && key !== "lxc.rootfs.mount" ? "is settled by `storage`" : undefined;
  };
  return lxc.flatMap((line, i): Complaint[] => {
    const message = reason(line.replace(/:.*/, ""));
    return message === undefined ? [] : [[["lxc", String(i)], message]];
  });
}
