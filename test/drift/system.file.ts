import type { FileSpec } from "../../providers/kinds/system/file.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

const folder = "/srv/files";
const root = { owner: "root", group: "root" };

function drifts(prop: string, name: string, byHand: string, more: Partial<FileSpec> = {}): DriftCase<FileSpec> {
  const path = `${folder}/${name}`;
  return { prop, spec: { path, content: "a\nb\n", ...root, ...more }, byHand: byHand.replaceAll("FILE", `'${path}'`) };
}

export const suite: DriftSuite<FileSpec> = {
  prepare: [`mkdir -p ${folder}`],
  foreign: [
    `echo theirs >${folder}/foreign`,
    // This one is taken over, and must be back as it was at the end.
    `echo theirs >${folder}/kept && chown nobody:daemon ${folder}/kept && chmod 604 ${folder}/kept`,
  ],
  foreignState: `stat -c '%n %U %G %a' ${folder}/* && tail -n 99 ${folder}/*`,
  cases: [
    drifts("path", "gone", "rm FILE"),
    drifts("content", "content", "echo c >>FILE"),
    drifts("content", "long", "echo c >>FILE", { content: "long line\n".repeat(9000) }),
    drifts("content", "empty", "echo c >FILE", { content: "" }),
    drifts("content", "binary", "printf '\\377\\000' >FILE"),
    drifts("content", "kept", "echo c >>FILE"),
    drifts("content", "$(id) é; -rf", "echo c >FILE"),
    { ...drifts("content", "checked", "echo c >FILE", { check: ["grep", "-q", "b"] }) },
    // The second command makes the service read its configuration again.
    { ...drifts("content", "reloads", "echo c >FILE", { reloads: "ssh.service" }), commands: 2 },
    // As when a run was cut off between the two.
    drifts(
      "reloads",
      "unread",
      `cd /var/lib/phoenix-hypervisor/files; mkdir -p unread${folder}; echo ssh.service >unread${folder}/unread`,
      { reloads: "ssh.service" },
    ),
    drifts("owner", "owner", "chown daemon FILE", { owner: "nobody" }),
    drifts("group", "group", "chgrp daemon FILE", { group: "65534" }),
    drifts("mode", "mode", "chmod 666 FILE", { mode: "0640" }),
    {
      prop: "secret",
      spec: { path: `${folder}/secret`, secret: "token", ...root },
      byHand: `echo c >${folder}/secret`,
    },
  ],
  secrets: { token: "hush\nhush" },
  apart: true,
};
