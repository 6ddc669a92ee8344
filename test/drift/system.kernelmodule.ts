import type { KernelModuleSpec } from "../../providers/kinds/system/module.ts";
import type { DriftSuite } from "../support/drift.ts";

export const suite: DriftSuite<KernelModuleSpec> = {
  prepare: ["modprobe -r dummy"],
  foreign: [
    "echo 'options loop max_loop=9' >/etc/modprobe.d/foreign.conf",
    "echo 'blacklist floppy' >>/etc/modprobe.d/foreign.conf",
    "echo loop >/etc/modules-load.d/foreign.conf",
  ],
  foreignState: "tail -n 99 /etc/modprobe.d/* /etc/modules-load.d/*",
  cases: [
    { prop: "loaded.now", spec: { name: "dummy", loaded: true }, byHand: "modprobe -r dummy" },
    { prop: "loaded.now", spec: { name: "ifb", loaded: false }, byHand: "modprobe ifb" },
    {
      prop: "loaded.boot",
      spec: { name: "bonding", loaded: true },
      byHand: "rm /etc/modules-load.d/phoenix-bonding.conf",
    },
    {
      prop: "options.numifbs",
      spec: { name: "veth-like", options: { numifbs: 3, other: "x" } },
      byHand: "sed -i s/numifbs=3/numifbs=4/ /etc/modprobe.d/zz-phoenix-veth_like.conf",
    },
    {
      prop: "options.more",
      spec: { name: "tun", options: { a: 1 } },
      byHand: "sed -i 's/a=1/a=1 more=2/' /etc/modprobe.d/zz-phoenix-tun.conf",
    },
    {
      prop: "blacklist",
      spec: { name: "amdgpu", blacklist: true },
      byHand: "sed -i /^blacklist/d /etc/modprobe.d/zz-phoenix-amdgpu.conf",
    },
    {
      prop: "blacklist",
      spec: { name: "radeon", blacklist: false, loaded: false },
      byHand: "echo 'blacklist radeon' >/etc/modprobe.d/zz-phoenix-radeon.conf",
    },
  ],
  apart: true,
};
