/** Templates on plain Debian; those of Proxmox VE are in lxc.template.proxmox.ts. */
import type { z } from "zod";
import type { TemplateSpec } from "../../providers/kinds/lxc/template.ts";
import type { DriftSuite } from "../support/drift.ts";
import { BUILDS, LARGE, mmdebstrap, SMALL, webServer } from "../support/templates.ts";

type Spec = z.input<typeof TemplateSpec>;

const sent: Spec = { ostemplate: "/srv/templates/sent.tar.zst", sha256: LARGE.sha256, source: LARGE.file };
const fetched: Spec = {
  ostemplate: "/srv/web/fetched.tar.gz",
  sha256: SMALL.sha256,
  url: "http://127.0.0.1:8000/a.tar.gz",
};
const built: Spec = { ostemplate: "/srv/templates/built.tar", build: { suite: "trixie", include: ["init"] } };
const over: Spec = { ...sent, ostemplate: "/srv/over/over.tar", overwrite: true };

export const suite: DriftSuite<Spec> = {
  prepare: [
    webServer("/srv/web", "a.tar.gz"),
    mmdebstrap(BUILDS),
    "mkdir -p /srv/templates /srv/over; echo a stranger >/srv/over/over.tar",
  ],
  foreign: ["echo other >/srv/templates/other.tar.zst; echo other >/srv/web/other.tar.gz"],
  foreignState: "cat /srv/templates/other.tar.zst /srv/web/other.tar.gz; ls -A /srv/templates /srv/web",
  apart: true,
  cases: [
    { prop: "sha256", spec: sent, byHand: "echo more >>/srv/templates/sent.tar.zst" },
    // As large, and as old, but not the same.
    {
      prop: "sha256",
      spec: sent,
      byHand: `cd /srv/templates; cp -p sent.tar.zst was; head -c ${String(LARGE.bytes)} /dev/zero >sent.tar.zst; touch -r was sent.tar.zst; rm was`,
    },
    { prop: "ostemplate", spec: sent, byHand: "rm /srv/templates/sent.tar.zst" },
    { prop: "sha256", spec: fetched, byHand: ": >/srv/web/fetched.tar.gz" },
    { prop: "ostemplate", spec: fetched, byHand: "rm /srv/web/fetched.tar.gz" },
    { prop: "sha256", spec: built, byHand: "echo more >>/srv/templates/built.tar" },
    { prop: "ostemplate", spec: built, byHand: "rm /srv/templates/built.tar" },
    // As if it had been built from another declaration.
    {
      prop: "build.variant",
      spec: built,
      byHand: "sed -i s/important/minbase/ /var/lib/phoenix-hypervisor/templates/srv/templates/built.tar",
    },
    { prop: "sha256", spec: over, byHand: "echo again a stranger >/srv/over/over.tar" },
  ],
};
