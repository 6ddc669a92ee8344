import { RECORDS } from "../../providers/kinds/system/group.facts.ts";
import type { GroupSpec } from "../../providers/kinds/system/group.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

const defaults = { members: [], exclusiveMembers: false, system: false };

function drifts(name: string, prop: string, byHand: string, props: Partial<GroupSpec> = {}): DriftCase<GroupSpec> {
  return { prop, spec: { name, ...defaults, ...props }, byHand: byHand.replaceAll("NAME", name) };
}

export const suite: DriftSuite<GroupSpec> = {
  prepare: ["useradd ann", "useradd ben"],
  foreign: [
    "groupadd lab-foreign && gpasswd -M ann lab-foreign",
    // These two are adopted, and must be as they were at the end.
    "groupadd -g 7000 adopted && gpasswd -M ann adopted",
    "groupadd joined && gpasswd -M ben joined",
  ],
  foreignState: `grep -E '^(root|sudo|ann|ben|lab-foreign|adopted|joined):' /etc/group /etc/gshadow; ls ${RECORDS} 2>/dev/null | grep -v -e adopted -e joined || :`,
  cases: [
    drifts("gone", "name", "groupdel NAME"),
    drifts("gid", "gid", "groupmod -g 1501 NAME", { gid: 1500 }),
    drifts("system", "name", "groupdel NAME", { system: true }),
    drifts("member-out", "members", "gpasswd -d ann NAME", { members: ["ann", "ben"] }),
    drifts("member-in", "members", "gpasswd -a ben NAME", { members: ["ann"], exclusiveMembers: true }),
    drifts("none-in", "members", "gpasswd -a ben NAME", { exclusiveMembers: true }),
    drifts("adopted", "gid", "groupmod -g 1502 NAME", { gid: 7000, members: ["ann"] }),
    drifts("joined", "members", "gpasswd -d ann NAME", { members: ["ann"] }),
  ],
  apart: true,
};
