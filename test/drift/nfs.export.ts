import { dropIn } from "../../providers/kinds/nfs/exports-file.ts";
import type { State } from "../../providers/kinds/nfs/view.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

const CLIENT = "10.0.0.0/24";

/** Each option, declared; what it is changed to in the file by hand. Nothing makes the change count: one write heals. */
const options: readonly [declared: string, changed: string][] = [
  ["rw", "ro"],
  ["async", "sync"],
  ["no_wdelay", "wdelay"],
  ["nohide", "hide"],
  ["crossmnt", "nocrossmnt"],
  ["subtree_check", "no_subtree_check"],
  ["no_auth_nlm", "auth_nlm"],
  ["no_acl", "acl"],
  ["pnfs", "no_pnfs"],
  ["insecure", "secure"],
  ["no_root_squash", "root_squash"],
  ["all_squash", "no_all_squash"],
  ["anonuid=1000", "anonuid=1001"],
  ["anongid=1000", "anongid=1001"],
  ["fsid=100", "fsid=101"],
  ["mp", "mp=/srv"],
  ["refer=/x@10.9.9.1", "refer=/y@10.9.9.1"],
  ["replicas=/x@10.9.9.1", "replicas=/x@10.9.9.2"],
  ["sec=krb5:sys", "sec=sys:krb5"],
  ["xprtsec=tls", "xprtsec=mtls"],
  ["nordirplus", "sync"],
  ["security_label", "sync"],
];

function directory(name: string): string {
  return `/srv/drift/${name.replace(/\W/g, "_")}`;
}

function drifts(name: string, change: (path: string, file: string) => Pick<DriftCase<State>, "prop" | "byHand">) {
  const path = directory(name);
  return { ...change(path, dropIn(path)), spec: { path, clients: { [CLIENT]: ["rw"], "*.example.com": [] } } };
}

const inFile = options.map(([declared, changed]): DriftCase<State> => {
  const path = directory(declared);
  return {
    prop: `clients.${CLIENT}`,
    spec: { path, clients: { [CLIENT]: [declared], "10.0.1.1": ["ro"] } },
    byHand: `sed -i '\\,${CLIENT}(,s,(${declared},(${changed},' ${dropIn(path)}`,
  };
});

const others: readonly DriftCase<State>[] = [
  drifts("client-out", (_, file) => ({ prop: `clients.${CLIENT}`, byHand: `sed -i '\\,${CLIENT},d' ${file}` })),
  drifts("client-in", (path, file) => ({
    prop: "clients.10.0.9.0/24",
    byHand: `echo '${path} 10.0.9.0/24(rw)' >>${file}`,
  })),
  drifts("line-in", (_, file) => ({ prop: "file", byHand: `echo '/srv *(ro)' >>${file}` })),
  drifts("half-a-line", (path, file) => ({ prop: "file", byHand: `echo '${path} box(' >>${file}` })),
  {
    ...drifts("no-file", (_, file) => ({ prop: `clients.${CLIENT}`, byHand: `rm ${file}` })),
    differs: [`clients.${CLIENT}`, "clients.*.example.com"],
  },
  drifts("live-in", (path) => ({ prop: "clients.10.0.9.9", byHand: `exportfs -i -o rw 10.0.9.9:${path}` })),
  {
    prop: "owner",
    spec: { path: directory("owner"), clients: { [CLIENT]: [] }, owner: "nobody" },
    byHand: `chown daemon ${directory("owner")}`,
  },
  {
    prop: "group",
    spec: { path: directory("group"), clients: { [CLIENT]: [] }, group: 65534 },
    byHand: `chgrp daemon ${directory("group")}`,
  },
  {
    prop: "mode",
    spec: { path: directory("mode"), clients: { [CLIENT]: [] }, mode: "2770" },
    byHand: `chmod g-s ${directory("mode")}`,
  },
  // The second of its object, so in a round of its own: what heals it makes all files count, other exports' too.
  drifts("no-file", (path) => ({ prop: `clients.${CLIENT}`, byHand: `exportfs -u ${CLIENT}:${path}` })),
];

const cases = [...inFile, ...others];

export const suite: DriftSuite<State> = {
  prepare: [`mkdir -p ${cases.map(({ spec }) => spec.path).join(" ")}`],
  foreign: [
    "mkdir -p /srv/foreign/file /srv/foreign/drop-in /srv/foreign/live",
    "echo '/srv/foreign/file 10.1.0.0/16(rw,sync) \\' >>/etc/exports",
    "echo '  10.2.0.0/16(ro)' >>/etc/exports",
    "echo '/srv/foreign/drop-in -async,ro 10.0.0.0/24' >/etc/exports.d/foreign.exports",
    "zpool_patiently create foreign /dev/disk/by-id/virtio-disk1",
    "zfs create -o sharenfs=rw=@10.0.0.0/8 foreign/shared",
    "exportfs -ra",
    // Nothing but the live table knows this one.
    "exportfs -i -o rw,no_root_squash 10.0.0.0/24:/srv/foreign/live",
  ],
  foreignState:
    "cat /etc/exports /etc/exports.d/foreign.exports /etc/exports.d/zfs.exports && " +
    "grep foreign /var/lib/nfs/etab | sort && stat -c '%n %U %G %a' /srv/foreign/*",
  cases,
  apart: true,
};
