import type { z } from "zod";
import type { UserSpec } from "../../providers/kinds/proxmox/user.ts";
import type { DriftSuite } from "../support/drift.ts";
import { becomePve } from "../support/pve.ts";

const full = {
  userid: "alice@pam",
  enable: true,
  expire: 0,
  firstname: "Alice",
  lastname: "Müller",
  email: "alice@example.com",
  comment: "a b'; $(reboot): 100 %",
  groups: ["ops", "admins"],
};

export const suite: DriftSuite<z.input<typeof UserSpec>> = {
  prepare: [
    becomePve,
    "printf 'user:root@pam:1:0::::::\\n\\ngroup:admins:bob@pve:of all:\\ngroup:ops::of some:\\n\\n\\n\\n' >/etc/pve/user.cfg",
  ],
  foreign: [
    "sed -i '1i user:bob@pve:1:0:Bob::bob@example.com:by hand::' /etc/pve/user.cfg",
    "echo 'acl:1:/:bob@pve:PVEAuditor:' >>/etc/pve/user.cfg",
    "printf 'of bob, too\\nof bob, too\\n' | pveum passwd bob@pve",
  ],
  foreignState: "cat /etc/pve/user.cfg /etc/pve/priv/shadow.cfg",
  secrets: { dave: "dave's \\ own: é" },
  apart: true,
  cases: [
    {
      prop: "enable",
      spec: full,
      byHand: `pveum user modify alice@pam --enable 0 --expire 99 --firstname B --lastname C --email d@example.com \
--comment E --groups admins`,
      differs: ["enable", "expire", "firstname", "lastname", "email", "comment", "groups"],
    },
    {
      prop: "comment",
      spec: { userid: "carol@pve", comment: "c" },
      byHand: "sed -i 's/^\\(user:carol.*\\):c:/\\1:d:/' /etc/pve/user.cfg",
    },
    {
      prop: "password",
      spec: { userid: "dave@pve", password: "dave" },
      byHand: "printf 'another one\\nanother one\\n' | pveum passwd dave@pve",
    },
    { prop: "userid", spec: { userid: "gone@pve" }, byHand: "pveum user delete gone@pve" },
  ],
};
