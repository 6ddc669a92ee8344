import type { z } from "zod";
import type { UserSpec } from "../../providers/kinds/samba/user.ts";
import type { DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof UserSpec>;

const made = (name: string, more: Partial<Spec> = {}): Spec => ({ name, secret: "smb", createAccount: true, ...more });
const password = (name: string, text: string) => `printf '%s\\n%s\\n' '${text}' '${text}' | smbpasswd -s -a ${name}`;

export const suite: DriftSuite<Spec> = {
  prepare: ["useradd --no-create-home there"],
  foreign: [
    "useradd --no-create-home foreign",
    password("foreign", "theirs"),
    "useradd --no-create-home plain",
    "smbpasswd -d foreign",
  ],
  foreignState: "pdbedit -L -w | sed 's/:LCT.*//'; getent passwd foreign plain there; ls -A /home",
  secrets: { smb: "correct 'horse' $(reboot) \\ é漢😀" },
  apart: true,
  cases: [
    {
      prop: "password",
      spec: made("drift-password"),
      byHand: `${password("drift-password", "another")}; smbpasswd -d drift-password`,
      differs: ["password", "disabled"],
    },
    {
      prop: "name",
      spec: { name: "there", secret: "smb" },
      byHand: "pdbedit -x -u there",
    },
    { prop: "password", spec: made("drift-empty"), byHand: "smbpasswd -n drift-empty" },
    { prop: "disabled", spec: made("drift-disabled", { disabled: true }), byHand: "smbpasswd -e drift-disabled" },
    { prop: "password", spec: made("drift-entry"), byHand: "pdbedit -x -u drift-entry" },
    { prop: "account", spec: made("drift-account"), byHand: "userdel drift-account" },
  ],
};
