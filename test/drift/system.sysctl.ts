import type { SysctlSpec } from "../../providers/kinds/system/sysctl.ts";
import type { DriftSuite } from "../support/drift.ts";

export const suite: DriftSuite<SysctlSpec> = {
  prepare: [],
  foreign: [
    "echo 'vm.dirty_ratio = 33' >/etc/sysctl.d/50-foreign.conf",
    "echo 'net/ipv4/ip_default_ttl=65' >/etc/sysctl.d/60-foreign.conf",
    "sysctl -q --system",
  ],
  // What is declared below has its value of before at the end: the foreign file's, or else the kernel's own. But for
  // vm.dirty_background_ratio, of which the record is deleted by hand.
  foreignState:
    "cat /etc/sysctl.d/*.conf; sysctl vm.swappiness vm.dirty_ratio net.ipv4.tcp_rmem net.ipv4.ip_default_ttl",
  cases: [
    { prop: "value.now", spec: { key: "vm.swappiness", value: 10 }, byHand: "sysctl vm.swappiness=20" },
    {
      prop: "value.now",
      spec: { key: "net.ipv4.tcp_rmem", value: "4096  131072 6291457" },
      byHand: "sysctl net.ipv4.tcp_rmem='4096 131072 6291458'",
    },
    {
      prop: "value.boot",
      spec: { key: "vm.dirty_ratio", value: "44" },
      byHand: "sed -i s/44/45/ /etc/sysctl.d/zz-phoenix-vm-dirty_ratio.conf",
    },
    {
      prop: "key",
      spec: { key: "vm.dirty_background_ratio", value: 11 },
      byHand: "rm /etc/sysctl.d/zz-phoenix-vm-dirty_background_ratio.conf",
    },
  ],
  apart: true,
};
