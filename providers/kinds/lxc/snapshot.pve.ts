/** Snapshots of containers on Proxmox VE: sections of /etc/pve/lxc/ID.conf, and pct. Pure. */
import { UserError } from "../../host/host.ts";
import type { sections } from "../../host/sections.ts";
import { parseSections } from "../proxmox/section-config.ts";
import { inOrder, notes, type Step } from "./pve.commands.ts";
import { isOn, notesOf, parseConf, type Conf, type Section } from "./pve.conf.ts";
import { filesOf } from "./pve.facts.ts";
import { BEGUN } from "./pve.mend.ts";
import { CONTENT_LINE, type SnapshotSpec } from "./snapshot.spec.ts";
import type { Found, Holder, Side } from "./snapshot.state.ts";

/** Prints sections; the containers' numbers are the arguments. */
export const PVE_QUERY = `
echo == pve
! mountpoint -q /etc/pve || echo mounted
echo == begun
for id
do for note in "${BEGUN}/$id@"*; do [ ! -e "$note" ] || echo "\${note##*/} $(cat "$note")"; done
done
echo == files
for id do set -- "$@" "/etc/pve/lxc/$id.conf"; shift; done
[ $# -eq 0 ] || held -H "$@"
echo == storage
[ ! -f /etc/pve/storage.cfg ] || cat /etc/pve/storage.cfg
echo == origins
[ ! -e /sys/module/zfs ] || zfs list -H -t filesystem,volume -o name,origin
`;

export function parsePve(section: ReturnType<typeof sections>): ReadonlyMap<number, Holder> {
  if (section("pve").length === 0)
    throw new UserError("/etc/pve is not mounted, so there are no containers to see: systemctl start pve-cluster");
  const storages = parseSections(section("storage"));
  const origins = section("origins").map((line) => line.split("\t"));
  /** Snapshots are of volumes: their datasets are found by the storages' pools. */
  const clones = ({ name, values }: Section): string[] => {
    const datasets = [...values].flatMap(([key, text]) => {
      const [, storage = "", volume] = /^(?:volume=)?([^:,/]+):(?:[^,]*\/)?([^,/]+)/.exec(text) ?? [];
      const pool = storages.get(storage)?.options.get("pool");
      return /^(rootfs|mp\d+)$/.test(key) && pool !== undefined && volume !== undefined
        ? [`${pool}/${volume}@${name}`]
        : [];
    });
    return origins.flatMap(([dataset = "", origin = ""]) => (datasets.includes(origin) ? [dataset] : []));
  };
  const begun = new Map(section("begun").map((line) => line.split(" ") as [string, string]));
  return new Map(
    [...filesOf(section("files"))].map(([id, lines]) => {
      const conf = parseConf(lines);
      const lock = conf.current.values.get("lock");
      const quiet = conf.snapshots.every(({ values }) => !values.has("snapstate"));
      const snapshots = conf.snapshots.map((one) => {
        const ours = begun.get(`${String(id)}@${one.name}`);
        // Proxmox VE locks the container first, and then says which snapshot it deletes.
        const deleting = quiet && lock === "snapshot-delete" && ours === "delsnapshot" ? "delete" : undefined;
        const snapstate = one.values.get("snapstate") ?? deleting;
        const half = snapstate === undefined ? {} : { snapstate, ...(ours === undefined ? {} : { begun: true }) };
        return [one.name, { ...foundOf(one, clones(one)), ...half }] as const;
      });
      return [
        id,
        { snapshots: new Map(snapshots), impossible: impossible(conf), ...(lock === undefined ? {} : { lock }) },
      ];
    }),
  );
}

function foundOf({ description, values }: Section, clones: readonly string[]): Found {
  const snaptime = values.get("snaptime");
  const lines = description?.split("\n") ?? [];
  const content = lines.findLast((line) => line.startsWith(CONTENT_LINE))?.slice(CONTENT_LINE.length);
  const text = lines.filter((line) => !line.startsWith(CONTENT_LINE)).join("\n");
  return {
    ...(snaptime === undefined ? {} : { snaptime: Number(snaptime) }),
    ...(text === "" ? {} : { description: text }),
    ...(content === undefined ? {} : { content }),
    clones,
  };
}

function impossible({ current: { values } }: Conf): string[] {
  const binds = [...values].flatMap(([key, text]) =>
    /^mp\d+$/.test(key) && /^(volume=)?\//.test(text) ? [text.replace(/^volume=|,.*/g, "")] : [],
  );
  return [
    ...(isOn(values.get("template")) ? ["it is a template, which never changes: clone it as it is"] : []),
    ...(binds.length === 0
      ? []
      : [`it has bind mounts (${binds.join(", ")}), and Proxmox VE takes no snapshot of a container that has`]),
  ];
}

export const proxmox: Side = {
  take: (want) => inOrder([take(want)], 1200),
  replace: (want) => inOrder([remove(want), take(want)], 1200),
  describe: ({ vmid, snapname, description }, { content }) =>
    inOrder([notes(String(vmid), snapname, notesOf(text(description, content)))], 180),
  remove: (live) => inOrder([remove(live)], 600),
};

function take({ vmid, snapname, description, content }: SnapshotSpec): Step {
  const told = text(description, content);
  return ["watched", "snapshot", String(vmid), snapname, ...(told === "" ? [] : ["--description", told])];
}

function remove({ vmid, snapname }: SnapshotSpec): Step {
  return ["watched", "delsnapshot", String(vmid), snapname];
}

function text(description: string | undefined, content: string | undefined): string {
  const lines = [description ?? "", content === undefined ? "" : `${CONTENT_LINE}${content}`];
  return lines.filter((line) => line !== "").join("\n");
}
