/** Rules of a guest on Proxmox VE: its firewall file. Pure. */
import type { Command } from "../../host/command.ts";
import type { Plan } from "../../kind.ts";
import type { Found } from "./changes.ts";
import { edit, isSaid, option, sectionsOf, type Part } from "./fw-file.ts";
import type { On } from "./guest.facts.ts";
import { optionsOf, type GuestSpec } from "./guest.spec.ts";
import { changeOf } from "./pending.ts";
import { applyPve, confirmPve, daemonState, FOLDER, rollBackPve, takeBackPve } from "./pve.commands.ts";
import { namesView, optionsView, rulesView, written } from "./pve.view.ts";

type Options = ReturnType<typeof optionsOf>;
type PveOn = Extract<On, { is: "proxmox" }>;

/** What holds where a guest's file does not say it. Without `enable: 1` its rules do nothing. */
const STANDARD = { enable: "0", policy_in: "DROP", policy_out: "ACCEPT" };

/** What is there in the words of the spec; undefined: its file says nothing. */
export function pveGuestView(on: PveOn, spec: GuestSpec, was?: GuestSpec): (GuestSpec & Found) | undefined {
  const sections = sectionsOf(on.guest(String(spec.vmid)).file);
  if (!isSaid(sections, STANDARD)) return undefined;
  const { vmid, rollback } = spec;
  return {
    vmid,
    rollback,
    ...(optionsView(sections, { ...(was && optionsOf(was)), ...optionsOf(spec) }, STANDARD) as Options),
    ...namesView(sections, spec, was),
    rules: rulesView(sections, spec.rules),
    ...daemonState(on.daemon),
  };
}

/** The guest's file with what is declared in it. */
export function guestFile(text: string, spec: GuestSpec | undefined, was?: GuestSpec): string {
  const part = (one: GuestSpec): Part => ({ ...one, options: written(optionsOf(one)) });
  return edit(text, spec && part(spec), was && part(was), STANDARD);
}

function fileOf(on: PveOn, vmid: number, spec: GuestSpec | undefined, was?: GuestSpec) {
  return [{ path: `${FOLDER}/${String(vmid)}.fw`, text: guestFile(on.guest(String(vmid)).file, spec, was) }];
}

export function pveGuestSteps(
  on: PveOn,
  want: GuestSpec,
  was?: GuestSpec,
): Pick<Plan, "commands" | "confirm" | "undo"> {
  const [change, files] = [changeOf(want.vmid), fileOf(on, want.vmid, want, was)];
  return {
    commands: [applyPve(change, files, want.rollback)],
    confirm: confirmPve(change, files, want.rollback),
    undo: [rollBackPve(change)],
  };
}

export function pveGuestRemoval(on: PveOn, live: GuestSpec): Command {
  return takeBackPve(changeOf(live.vmid), fileOf(on, live.vmid, undefined, live));
}

/** Why rules that are there do nothing. */
export function idle(on: PveOn, id: string): string[] {
  const { file, nets } = on.guest(id);
  if (option(sectionsOf(file), "enable") !== "1") return [];
  const open = nets.filter((net) => !/[ ,]firewall=1(,|$)/.test(net)).map((net) => net.replace(/:.*/, ""));
  const [is, it] = open.length === 1 ? ["has", "it"] : ["have", "them"];
  return [
    ...(option(sectionsOf(on.cluster), "enable") === "1"
      ? []
      : ["the rules do nothing while the firewall of Proxmox VE as a whole is off: declare a firewall:Ruleset"]),
    ...(open.length === 0
      ? []
      : [
          `${open.join(", ")} of the guest ${is} no firewall=1, so the rules do nothing for ${it}: set it in the guest's own configuration`,
        ]),
  ];
}
