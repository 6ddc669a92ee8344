/** Where the tables of a plain Debian host are, and what loads them at boot. */
import { guestName } from "./nft.guest.ts";
import { TABLE } from "./nft.host.ts";
import { CHANGE, changeOf } from "./pending.ts";

export interface Place {
  /** With its family: `inet phoenix`. */
  readonly table: string;
  readonly file: string;
  readonly unit: string;
  readonly unitFile: string;
  readonly unitText: string;
  /** The folder of a change that waits. */
  readonly change: string;
  /** Names of all files that the unit file is for, as `find` has them; empty: it is for one only. */
  readonly others: string;
}

export const FOLDER = "/etc/nftables.d";
const UNITS = "/etc/systemd/system";

/**
 * A unit of our own: /etc/nftables.conf is other people's, and loading it flushes all tables. So ours are loaded after
 * nftables.service, and again whenever that one starts, reloads or restarts.
 */
function unitText(what: string, file: string, table: string): string {
  return `# Managed by phoenix-hypervisor: what is changed here by hand is changed back.
[Unit]
Description=${what}
ConditionPathExists=${file}
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
StandardInput=null
ExecStart=/usr/sbin/nft -f ${file}
ExecReload=/usr/sbin/nft -f ${file}
ExecStop=-/usr/sbin/nft delete table ${table}

[Install]
WantedBy=sysinit.target nftables.service
`;
}

const FILE = `${FOLDER}/phoenix.nft`;

export const HOST: Place = {
  table: TABLE,
  file: FILE,
  unit: "phoenix-firewall.service",
  unitFile: `${UNITS}/phoenix-firewall.service`,
  unitText: unitText("The firewall rules of phoenix-hypervisor", FILE, TABLE),
  change: CHANGE,
  others: "",
};

/** A file of rules for each guest, all loaded by instances of one unit. */
export const GUEST_FILES = "phoenix-guest-*.nft";
const guestFile = (id: number | string) => `${FOLDER}/${GUEST_FILES.replace("*", String(id))}`;

export const GUEST_UNIT_FILE = `${UNITS}/phoenix-firewall-guest@.service`;
const GUEST_UNIT_TEXT = unitText("Firewall rules of guest %i", guestFile("%i"), `bridge ${guestName("%i")}`);

export function guestPlace(vmid: number): Place {
  return {
    table: `bridge ${guestName(vmid)}`,
    file: guestFile(vmid),
    unit: `phoenix-firewall-guest@${String(vmid)}.service`,
    unitFile: GUEST_UNIT_FILE,
    unitText: GUEST_UNIT_TEXT,
    change: changeOf(vmid),
    others: GUEST_FILES,
  };
}
