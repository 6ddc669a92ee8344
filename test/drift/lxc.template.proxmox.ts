import type { z } from "zod";
import type { TemplateSpec } from "../../providers/kinds/lxc/template.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";
import { LARGE, SMALL, webServer } from "../support/templates.ts";

type Spec = z.input<typeof TemplateSpec>;

const sent: Spec = { ostemplate: "local:vztmpl/sent.tar.zst", sha256: LARGE.sha256, source: LARGE.file };
const fetched: Spec = {
  ostemplate: "moved:vztmpl/fetched.tar.gz",
  sha256: SMALL.sha256,
  url: "http://127.0.0.1:8000/a.tar.gz",
};

export const suite: DriftSuite<Spec> = {
  prepare: [
    becomePve,
    webServer("/srv/web", "a.tar.gz"),
    "mkdir /srv/moved; pvesm add dir moved --path /srv/moved --content vztmpl --content-dirs iso=iso,vztmpl=archives/ct --create-subdirs 0",
  ],
  foreign: ["echo other >/var/lib/vz/template/cache/other.tar.zst; echo other >/srv/moved/other"],
  foreignState: "ls -A /var/lib/vz/template/cache; cat /var/lib/vz/template/cache/other.tar.zst /srv/moved/other",
  apart: true,
  cases: [
    { prop: "sha256", spec: sent, byHand: "echo more >>/var/lib/vz/template/cache/sent.tar.zst" },
    { prop: "ostemplate", spec: sent, byHand: "rm /var/lib/vz/template/cache/sent.tar.zst" },
    { prop: "sha256", spec: fetched, byHand: ": >/srv/moved/archives/ct/fetched.tar.gz" },
  ],
};
