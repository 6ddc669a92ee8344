import type { z } from "zod";
import { INDEX, SMB_CONF, shareFile } from "../../providers/kinds/samba/smb-conf.ts";
import type { ShareSpec } from "../../providers/kinds/samba/share.ts";
import type { DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof ShareSpec>;

/** Each parameter with a declared value, in any of Samba's notations, and one that somebody writes by hand. */
const VALUES: Readonly<Record<string, readonly [declared: NonNullable<Spec["parameters"]>[string], byHand: string]>> = {
  comment: ["it's a b'; $(reboot) # é", "other"],
  "valid users": [["alice", "@a group"], "alice, bob"],
  "invalid users": ["mallory", ""],
  "read list": [["bob"], "alice"],
  "write list": ["alice,@staff", "alice"],
  "admin users": [["alice"], ""],
  writable: [true, "no"],
  public: ["yes", "no"],
  browsable: ["off", "yes"],
  "create mode": ["664", "0644"],
  "directory mask": ["0775", "0755"],
  "force create mode": ["0020", "0000"],
  "force directory mode": ["2000", "0000"],
  "force user": ["nobody", ""],
  "force group": ["nogroup", ""],
  "inherit acls": [true, "no"],
  "inherit owner": ["yes", "no"],
  "inherit permissions": ["1", "no"],
  "vfs objects": [["catia", "streams_xattr"], "catia"],
  "catia:mappings": ["0x22:0xa8", "0x2a:0xa4"],
  "veto files": ["/.DS_Store/._*/", "/.DS_Store/"],
  "hide files": ["/desktop.ini/", ""],
  "delete veto files": ["true", "no"],
  "hide dot files": [false, "yes"],
  "hosts allow": ["10.0.0.0/24, 127.", "10.0.0.0/24"],
  "hosts deny": [["ALL"], ""],
  "case sensitive": ["auto", "yes"],
  "default case": ["upper", "lower"],
  "preserve case": [false, "yes"],
  "short preserve case": [false, "yes"],
  "mangled names": ["illegal", "no"],
  "map archive": [false, "yes"],
  "map hidden": [true, "no"],
  "map readonly": ["permissions", "no"],
  "store dos attributes": [false, "yes"],
  "ea support": [false, "yes"],
  "acl allow execute always": [true, "no"],
  "follow symlinks": [false, "yes"],
  "smb encrypt": ["desired", "off"],
  "max connections": [8, "9"],
  "block size": ["4K", "1024"],
  "aio read size": ["0", "1"],
  "strict sync": [false, "yes"],
  "strict allocate": [true, "no"],
  "strict locking": ["yes", "auto"],
  oplocks: [false, "yes"],
  "level2 oplocks": [false, "yes"],
  "kernel oplocks": [true, "no"],
  "use sendfile": [true, "no"],
  "root preexec": ["/bin/true %u", "/bin/false"],
  volume: ["Media", "Other"],
  "fruit:time machine": [true, "no"],
};

const directory = (name: string) => `/srv/samba/${name}`;
const plain = (name: string, more: Partial<Spec> = {}): Spec => ({ name, path: directory(name), ...more });

const parameters = Object.fromEntries(Object.entries(VALUES).map(([name, [declared]]) => [name, declared]));
const byHand = Object.entries(VALUES).map(([name, [, value]]) => `${name} = ${value}`);

export const suite: DriftSuite<Spec> = {
  prepare: ["mkdir -p /srv/samba", `cd /srv/samba && mkdir included all moved "with blanks" gone other owned`],
  foreign: [
    `printf '\\n[Foreign]\\n\\tpath = /srv\\n\\tguest ok = yes\\n# kept\\n\\n[other share]\\npath=/srv' >>${SMB_CONF}`,
    "printf '[included elsewhere]\\npath = /srv\\n' >/etc/samba/elsewhere.conf",
    `sed -i 's,^\\[homes\\],include = /etc/samba/elsewhere.conf\\n&,' ${SMB_CONF}`,
  ],
  foreignState: `cat ${SMB_CONF}; ls -la --time-style=+ /etc/samba | grep -v ' [.]*$'`,
  apart: true,
  cases: [
    // The first one: what heals any of them includes them all again.
    {
      prop: "file",
      spec: plain("included"),
      byHand: `sed -i '\\,${shareFile("included")},d' ${INDEX}`,
    },
    {
      prop: "parameters.*",
      spec: plain("all", { parameters }),
      byHand: `cat >${shareFile("all")} <<'END'\n${["[all]", `path = ${directory("all")}`, ...byHand].join("\n")}\nEND`,
      differs: Object.keys(VALUES).map((name) => `parameters.${name}`),
    },
    {
      prop: "path",
      spec: plain("moved"),
      byHand: `printf '[moved]\\npath=/srv\\nguest ok=yes\\n[stray]\\npath=/srv\\n' >${shareFile("moved")}`,
      differs: ["path", "parameters.guest ok", "file"],
    },
    // A section of the same name in smb.conf is one with ours, and what stands below our include counts.
    {
      prop: "parameters.write list",
      spec: plain("With Blanks", { path: directory("with blanks"), parameters: { "read only": false } }),
      byHand: `printf '[With  Blanks]\\npath=/srv\\nwrite list = bob\\n' >>${SMB_CONF}`,
      differs: ["path", "parameters.write list"],
    },
    { prop: "name", spec: plain("gone"), byHand: `rm ${shareFile("gone")}` },
    {
      prop: "mode",
      spec: plain("owned", { owner: "nobody", group: 65534, mode: "2770" }),
      byHand: `cd ${directory("owned")} && chown daemon:daemon . && chmod g-s .`,
      differs: ["owner", "group", "mode"],
    },
  ],
};
