/** What counts at once in a container of plain Debian that runs. Pure. */
import type { Change } from "../../kind.ts";
import { idsOf } from "./container.bind.ts";
import { entryNames } from "./container.compare.ts";
import type { Found } from "./container.state.ts";
import { entriesOf } from "./debian.conf.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { cgroupValue, type Simple } from "./debian.members.ts";
import { deviceEntry, mountEntry, MOUNT_ENTRY, nodeOf } from "./debian.mounts.ts";
import { attributesOf } from "./debian.script.plug.ts";
import { step, type Step } from "./debian.script.ts";
import { devicesAfter, netsAfter, type NetAfter, type Pen } from "./debian.write.ts";

/** A mount or a device that was not there: it is shown at once. One that is there stays as it is until the next start. */
export function isNewMount({ prop, from, to }: Change): boolean {
  return /^(mounts|devices)\./.test(prop) && from === undefined && typeof to === "object";
}

/** `text`: its configuration as it was. */
export function live(pen: Pen, text: string, found: Found, on: DebianFacts): Step[] {
  const { want, changes, id } = pen;
  const props = [...new Set(changes.map(({ prop }) => prop.replace(/\..*/, "")))];
  const group = props.flatMap((prop) => cgroupValue(prop as Simple, want, pen) ?? []);
  return [
    ...(group.length === 0 ? [] : [step("cgroup", id, ...group)]),
    ...(props.includes("hostname") ? [step("hostname", id, want.hostname ?? "")] : []),
    ...(props.includes("interfaces") ? netsAfter(text, pen).map((net) => plug(id, net)) : []),
    ...shown(pen, found, on),
  ];
}

function shown(pen: Pen, { unprivileged, idmap, devices: there }: Found, { running }: DebianFacts): Step[] {
  const { id, want } = pen;
  const fresh = pen.changes.filter(isNewMount);
  const ids = idsOf({ unprivileged, idmap });
  // What was taken out since the start is still there.
  const started = entriesOf(running.get(String(id))?.started ?? "");
  const isShown = (line: string) => started.some(({ key, value }) => key === MOUNT_ENTRY && value === line);
  const root = [ids.outside("u", 0) ?? 0, ids.outside("g", 0) ?? 0];
  return [
    ...entryNames("mounts", fresh, want.mounts).flatMap((path) => {
      const mount = want.mounts?.[path];
      if (mount === undefined) return [];
      const source = pen.source(path, mount);
      const attributes = attributesOf([...(mount.ro === true ? ["ro"] : []), ...(mount.mountoptions ?? [])]);
      const line = mountEntry(path, source, mount);
      return isShown(line) ? [] : [step("into", id, source, path, attributes, ...root, "dir", line)];
    }),
    ...[...devicesAfter({ ...pen, changes: fresh })].flatMap(([path, device]) => {
      const line = deviceEntry(path, id);
      if (device === undefined || path in there || isShown(line)) return [];
      return [step("into", id, nodeOf(path, id), path, 0, ...root, "file", line)];
    }),
  ];
}

function plug(id: number, { net, gone }: NetAfter): Step {
  if (gone) return step("unplug", net.veth);
  const { bridge, hwaddr = "", mtu = "", tag = "", trunks = [], ip, gw = "", ip6, gw6 = "" } = net.interface;
  const address = (value: string | undefined) => (value?.includes("/") === true ? value : "");
  return step(
    "plug",
    ...[id, net.veth, net.name, bridge, hwaddr, mtu, tag, trunks.join(" ")],
    ...[address(ip), gw, address(ip6), gw6],
  );
}
