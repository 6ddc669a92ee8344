import { record } from "../../providers/kinds/system/directory.facts.ts";
import type { DirectorySpec } from "../../providers/kinds/system/directory.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

const folder = "/srv/directories";

function drifts(
  prop: string,
  name: string,
  byHand: string,
  more: Partial<DirectorySpec> = {},
): DriftCase<DirectorySpec> {
  const path = `${folder}/${name}`;
  return { prop, spec: { path, ...more }, byHand: byHand.replaceAll("DIR", `'${path}'`) };
}

export const suite: DriftSuite<DirectorySpec> = {
  prepare: [`mkdir -p ${folder}`],
  foreign: [
    // These two are adopted, and must be there at the end: one with what is in it, one empty.
    `mkdir -m 2750 ${folder}/full ${folder}/empty; chown nobody:daemon ${folder}/full; echo theirs >${folder}/full/theirs`,
    `mkdir -m 700 ${folder}/foreign`,
  ],
  foreignState: `stat -c '%n %U %G %a' ${folder}/*; cat ${folder}/full/theirs; ls ${record("/").replace(/\/[^/]*$/, "")} | wc -l`,
  cases: [
    drifts("path", "gone", "rmdir DIR"),
    drifts("path", "$(id) é; -rf", "rmdir DIR"),
    drifts("owner", "owner", "chown daemon DIR", { owner: "nobody" }),
    drifts("group", "group", "chgrp daemon DIR", { group: "65534" }),
    drifts("mode", "mode", "chmod 666 DIR", { mode: "2770" }),
    // chmod leaves the set-group-id bit alone where it is given four digits.
    drifts("mode", "bit", "chmod g+s DIR", { mode: "0750" }),
    drifts("mode", "full", "chmod 755 DIR", { owner: "nobody", group: "daemon", mode: "2750" }),
    drifts("owner", "empty", "chown daemon DIR", { owner: "root" }),
  ],
  apart: true,
};
