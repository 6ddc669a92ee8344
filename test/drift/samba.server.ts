import type { z } from "zod";
import type { ServerSpec } from "../../providers/kinds/samba/server.ts";
import { GLOBAL_FILE, SMB_CONF } from "../../providers/kinds/samba/smb-conf.ts";
import type { DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof ServerSpec>;

/** Each parameter with a declared value, in any of Samba's notations, and one that somebody writes by hand. */
const VALUES: Readonly<Record<string, readonly [declared: NonNullable<Spec["parameters"]>[string], byHand: string]>> = {
  workgroup: ["home", "OTHER"],
  "server string": ["it's a b'; $(reboot) # é", "other"],
  "min protocol": ["SMB2_10", "NT1"],
  "server max protocol": ["SMB3", "SMB2"],
  "server signing": ["required", "default"],
  "map to guest": ["Never", "Bad User"],
  "guest account": ["nobody", "daemon"],
  "log level": ["1 auth:2", "1"],
  "max log size": ["5K", "1000"],
  logging: ["syslog@1 file", "file"],
  "unix password sync": [false, "yes"],
  "obey pam restrictions": ["no", "yes"],
  "usershare max shares": [0, "100"],
  "load printers": [false, "yes"],
  "enable spoolss": [false, "yes"],
  "printcap name": ["/dev/null", "cups"],
  deadtime: [30, "0"],
  "dns proxy": [false, "yes"],
  "wins support": [true, "no"],
  "local master": ["No", "yes"],
  "os level": ["0x20", "20"],
  "preferred master": ["auto", "no"],
  "name resolve order": [["bcast", "host"], "host bcast"],
  "hosts allow": [["127.0.0.0/8", "10.0.0.0/8"], "127."],
  "use sendfile": [true, "no"],
  "create mask": ["0664", "0644"],
  "vfs objects": ["catia", ""],
  "fruit:aapl": ["yes", "no"],
  "idmap config * : range": ["3000-7999", "1-2"],
};

const parameters = Object.fromEntries(Object.entries(VALUES).map(([name, [declared]]) => [name, declared]));
const byHand = Object.entries(VALUES).map(([name, [, value]]) => `${name} = ${value}`);
const spec: Spec = { parameters, nmbd: true };

export const suite: DriftSuite<Spec> = {
  prepare: [],
  foreign: [
    `sed -i 's,^\\[global\\],&\\n  realm = EXAMPLE.ORG\\n  log level = 3,' ${SMB_CONF}`,
    `printf '\\n[Foreign]\\n\\tpath = /srv\\n\\tguest ok = yes\\n' >>${SMB_CONF}`,
  ],
  foreignState:
    `cat ${SMB_CONF}; ls -la --time-style=+ /etc/samba | grep -v ' [.]*$'; ` +
    "systemctl show smbd nmbd --property=ActiveState,UnitFileState",
  // There is one server.
  apart: false,
  cases: [
    {
      prop: "parameters.*",
      spec,
      // The first lines stay: they are where we remember what ran before.
      byHand: `sed -i '3,$d' ${GLOBAL_FILE}; cat >>${GLOBAL_FILE} <<'END'\n${["[global]", ...byHand, "[stray]", "path = /srv"].join("\n")}\nEND`,
      differs: [...Object.keys(VALUES).map((name) => `parameters.${name}`), "file"],
    },
    {
      prop: "smbd.active",
      spec,
      byHand: "systemctl disable --quiet --now smbd nmbd",
      differs: ["smbd.enabled", "smbd.active", "nmbd"],
    },
  ],
};
