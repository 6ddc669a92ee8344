import type { z } from "zod";
import type { ArcSpec } from "../../providers/kinds/zfs/arc.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Spec = z.input<typeof ArcSpec>;

const spec: Spec = { max: "256M", min: "64M" };
const by = (prop: string, byHand: string): DriftCase<Spec> => ({ prop, spec, byHand });
const parameters = "/sys/module/zfs/parameters";
const file = "/etc/modprobe.d/zz-phoenix-arc.conf";

export const suite: DriftSuite<Spec> = {
  prepare: [],
  foreign: ["echo 'options zfs zfs_vdev_scrub_max_active=3' >/etc/modprobe.d/foreign.conf"],
  foreignState: `cat /etc/modprobe.d/foreign.conf ${parameters}/zfs_arc_max ${parameters}/zfs_arc_min; ls /etc/modprobe.d`,
  apart: false,
  cases: [
    by("max.now", `echo 134217728 >${parameters}/zfs_arc_max`),
    by("min.now", `echo 33554432 >${parameters}/zfs_arc_min`),
    by("max.boot", `sed -i s/zfs_arc_max=268435456/zfs_arc_max=134217728/ ${file}`),
    by("min.boot", `sed -i s/zfs_arc_min=67108864/zfs_arc_min=33554432/ ${file}`),
  ],
};
