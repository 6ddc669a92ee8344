import type { z } from "zod";
import type { ExportSpec } from "../../providers/kinds/nfs/export.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof ExportSpec>;

const NET = "10.0.0.0/24";
const spec = (name: string, more: Partial<Spec> = {}): Spec => ({
  path: `/srv/${name}`,
  clients: { [NET]: ["rw", "sync", "no_subtree_check"] },
  ...more,
});
const file = (name: string) => `$(grep -l '^"\\?/srv/${name}"\\? ' /etc/exports.d/phoenix-*.exports)`;

/** An option that somebody changes in the file: writing it back and exporting again are two commands. */
const edited = (name: string, from: string, to: string): DriftCase<Spec> => ({
  prop: `clients.${NET}`,
  spec: spec(name),
  byHand: `sed -i s/${from}/${to}/ ${file(name)} && exportfs -ra`,
  commands: 2,
});

export const suite: DriftSuite<Spec> = {
  prepare: ["mkdir -p /srv/ro /srv/lazy /srv/subtree /srv/live /srv/options /srv/gone /srv/owner /srv/group /srv/mode"],
  foreign: [
    "mkdir -p /srv/foreign && echo '/srv/foreign 10.1.0.0/24(ro,sync,no_subtree_check)' >/etc/exports.d/foreign.exports",
    "mkdir -p /srv/main && echo '/srv/main 10.2.0.0/24(ro,sync,no_subtree_check)' >>/etc/exports && exportfs -ra",
  ],
  foreignState: "cat /etc/exports /etc/exports.d/foreign.exports; exportfs -s | sort; ls /etc/exports.d",
  apart: true,
  cases: [
    edited("ro", "rw", "ro"),
    edited("lazy", "sync", "async"),
    edited("subtree", "no_subtree_check", "subtree_check"),
    { prop: `clients.${NET}`, spec: spec("live"), byHand: `exportfs -u ${NET}:/srv/live` },
    {
      prop: `clients.${NET}`,
      spec: spec("options"),
      byHand: `exportfs -o ro,sync,no_subtree_check ${NET}:/srv/options`,
    },
    { prop: "owner", spec: spec("owner", { owner: "nobody" }), byHand: "chown root /srv/owner" },
    { prop: "group", spec: spec("group", { group: "nogroup" }), byHand: "chgrp root /srv/group" },
    { prop: "mode", spec: spec("mode", { mode: "0770" }), byHand: "chmod 755 /srv/mode" },
    // The file is gone and the live table as well: written and exported anew.
    { prop: "path", spec: spec("gone"), byHand: `rm ${file("gone")} && exportfs -ra`, commands: 2 },
  ],
};
