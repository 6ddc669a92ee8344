import type { UserSpec } from "../../providers/kinds/system/user.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";
import { alice, bob, carol } from "../support/keys.ts";

const defaults = {
  groups: [],
  exclusiveGroups: false,
  system: false,
  authorizedKeys: [],
  exclusiveKeys: false,
  sudo: [],
  removeHome: true,
};
const SUDO = "ALL=(ALL:ALL) NOPASSWD: ALL";

function drifts(name: string, prop: string, byHand: string, props: Partial<UserSpec>): DriftCase<UserSpec> {
  const keys = `/home/${name}/.ssh/authorized_keys`;
  return {
    prop,
    spec: { name, ...defaults, ...props },
    byHand: byHand.replaceAll("NAME", name).replaceAll("KEYS", keys),
  };
}

export const suite: DriftSuite<UserSpec> = {
  prepare: [],
  foreign: [
    "groupadd lab-extra",
    "useradd -m -G lab-extra -p '$6$foreign' foreign",
    "echo 'foreign ALL=(ALL) /bin/true' >/etc/sudoers.d/foreign && chmod 440 /etc/sudoers.d/foreign",
    `install -d -o foreign -m 700 /home/foreign/.ssh && echo 'no-pty ${carol.line} theirs' >/home/foreign/.ssh/authorized_keys`,
  ],
  foreignState:
    "grep -E '^(root|admin|nosudo|foreign|daemon):' /etc/passwd /etc/shadow; ls -l /etc/sudoers /etc/sudoers.d; cat /etc/sudoers.d/foreign; " +
    "tail -n 99 /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys; ls /home; id foreign",
  cases: [
    drifts("gone", "name", "userdel -r NAME", {}),
    drifts("uid", "uid", "usermod -u 3000 NAME", { uid: 1500 }),
    drifts("group", "group", "usermod -g daemon NAME", { group: "users" }),
    drifts("groups-out", "groups", "gpasswd -d NAME lab-extra", { groups: ["lab-extra", "users"] }),
    drifts("groups-in", "groups", "gpasswd -a NAME lab-extra", { groups: ["users"], exclusiveGroups: true }),
    drifts("home", "home", "usermod -d /tmp NAME", { home: "/home/home" }),
    drifts("shell", "shell", "usermod -s /bin/sh NAME", { shell: "/bin/bash" }),
    drifts("comment", "comment", "usermod -c other NAME", { comment: "A person; $(id)" }),
    drifts("locked", "locked", "chage -E -1 NAME", { locked: true }),
    drifts("unlocked", "locked", "usermod -e 1 NAME", { locked: false }),
    drifts("password", "password", "usermod -p '$6$other$hash' NAME", { password: "hash" }),
    drifts("key-out", "authorizedKeys", `sed -i '/${alice.line.slice(-20)}/d' KEYS`, {
      authorizedKeys: [alice.line, `no-pty ${bob.line}`],
    }),
    drifts("key-options", "authorizedKeys", "sed -i s/no-pty/no-X11-forwarding/ KEYS", {
      authorizedKeys: [`no-pty ${bob.line} bob`],
    }),
    drifts("key-in", "authorizedKeys", `echo '${carol.line}' >>KEYS`, {
      authorizedKeys: [alice.line],
      exclusiveKeys: true,
    }),
    drifts("key-mode", "authorizedKeys", "chmod 666 KEYS", { authorizedKeys: [alice.line] }),
    drifts("sudo-out", "sudo", "rm /etc/sudoers.d/zz-phoenix-NAME", { sudo: [SUDO] }),
    drifts("sudo-in", "sudo", "echo 'NAME ALL=(root) /bin/sh' >/etc/sudoers.d/zz-phoenix-NAME", {}),
  ],
  secrets: {
    hash: "$6$phoenix$qBLo3zx4Md0MHsDkvDdcWEXlvvAVc5NyEG9H1hRGQ5IzCNKU9U1mvqwxSJGUyyF9R0jX1mEDKZ5XrJqyJnCoj0",
  },
  apart: true,
};
