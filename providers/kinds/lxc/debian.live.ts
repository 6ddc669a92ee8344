/** What counts at once in a container of plain Debian that runs. Pure. */
import type { Change } from "../../kind.ts";
import { idsOf } from "./container.bind.ts";
import { entryNames } from "./container.compare.ts";
import type { Found } from "./container.state.ts";
import { entriesOf } from "./debian.conf.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { mountsOf } from "./debian.found.ts";
import { cgroupValue, type Simple } from "./debian.members.ts";
import { deviceEntry, mountEntry, MOUNT_ENTRY, nodeOf } from "./debian.mounts.ts";
import { attributesOf } from "./debian.script.plug.ts";
import { step, type Step } from "./debian.script.ts";
import { devicesAfter, netsAfter, type NetAfter, type Pen } from "./debian.write.ts";

/** A mount or a device that was not there: it is shown at once. One that is there stays as it is until the next start. */
export function isNewMount({ prop, from, to }: Change): boolean {
  return /^(mounts|devices)\./.test(prop) && from === undefined && typeof to === "object";
}

/** A mount that goes, which it does at once where nothing uses it. */
export function isGoneMount({ prop, from, to }: Change): boolean {
  return prop.startsWith("mounts.") && typeof from === "object" && to === undefined;
}

/** `text`: its configuration as it was. */
export function live(pen: Pen, text: string, found: Found, on: DebianFacts): Step[] {
  const { want, changes, id } = pen;
  const props = [...new Set(changes.map(({ prop }) => prop.replace(/\..*/, "")))];
  const group = props.flatMap((prop) => cgroupValue(prop as Simple, want, pen) ?? []);
  return [
    ...(group.length === 0 ? [] : [step("cgroup", id, ...group)]),
    ...(props.includes("hostname") ? [step("hostname", id, want.hostname ?? "")] : []),
    ...(props.includes("interfaces") ? netsAfter(text, pen).flatMap((net) => plug(pen, net)) : []),
    ...hidden(pen, text, on),
    ...shown(pen, found, on),
  ];
}

/** What it was not started with is not there: whatever is mounted in that place is the container's own. */
function hidden({ id, changes }: Pen, text: string, { running }: DebianFacts): Step[] {
  const there = entriesOf(running.get(String(id))?.started ?? text);
  const paths = mountsOf(there).flatMap(({ is, ...one }) => (is === "mount" && "path" in one ? [one.path] : []));
  return changes
    .filter(isGoneMount)
    .map(({ prop }) => prop.slice("mounts.".length))
    .flatMap((path) => (paths.includes(path) ? [step("out", id, path)] : []));
}

function shown(pen: Pen, { unprivileged, idmap, devices: there }: Found, { running }: DebianFacts): Step[] {
  const { id, want } = pen;
  const fresh = pen.changes.filter(isNewMount);
  const ids = idsOf({ unprivileged, idmap });
  // What was taken out since the start is still there.
  const { started = "", mounted } = running.get(String(id)) ?? {};
  const before = entriesOf(started);
  const isShown = (line: string, path: string) =>
    mounted?.has(path) !== false && before.some(({ key, value }) => key === MOUNT_ENTRY && value === line);
  const root = [ids.outside("u", 0) ?? 0, ids.outside("g", 0) ?? 0];
  return [
    ...entryNames("mounts", fresh, want.mounts).flatMap((path) => {
      const mount = want.mounts?.[path];
      if (mount === undefined) return [];
      const source = pen.source(path, mount);
      const { ro, mountoptions = [], idmap } = mount;
      const attributes = attributesOf([
        ...(ro === true ? ["ro"] : []),
        ...mountoptions,
        ...(idmap === undefined ? [] : ["idmap"]),
      ]);
      const line = mountEntry(path, source, mount);
      return isShown(line, path) ? [] : [step("into", id, source, path, attributes, ...root, "dir", line)];
    }),
    ...[...devicesAfter({ ...pen, changes: fresh })].flatMap(([path, device]) => {
      const line = deviceEntry(path, id);
      if (device === undefined || path in there || isShown(line, path)) return [];
      return [step("into", id, nodeOf(path, id), path, 0, ...root, "file", line)];
    }),
  ];
}

function plug({ id, changes }: Pen, { net, gone }: NetAfter): Step[] {
  if (gone) return [step("unplug", net.veth)];
  const { bridge, hwaddr = "", mtu = "", tag = "", trunks = [], ip, gw = "", ip6, gw6 = "" } = net.interface;
  const { rate, link_down } = net.interface;
  const address = (value: string | undefined) => (value?.includes("/") === true ? value : "");
  const wasLimited = changes.some(({ prop }) => prop === `interfaces.${net.name}.rate`);
  return [
    step(
      "plug",
      ...[id, net.veth, net.name, bridge, hwaddr, mtu, tag, trunks.join(" ")],
      ...[link_down === true ? "down" : "up", address(ip), gw, address(ip6), gw6],
    ),
    ...(rate !== undefined || wasLimited ? [step("rate", net.veth, rate ?? "")] : []),
  ];
}
