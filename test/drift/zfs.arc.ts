import { DROP_IN } from "../../providers/kinds/zfs/arc.facts.ts";
import type { ArcSpec } from "../../providers/kinds/zfs/arc.ts";
import type { DriftSuite } from "../support/drift.ts";

const spec: ArcSpec = { max: "512M", min: "64M" };
const parameters = "/sys/module/zfs/parameters";

export const suite: DriftSuite<ArcSpec> = {
  prepare: ["modprobe zfs"],
  foreign: [
    "echo 'options zfs zfs_arc_max=700000000 zfs_txg_timeout=7' >/etc/modprobe.d/zfs.conf",
    `echo 700000000 >${parameters}/zfs_arc_max`,
  ],
  foreignState: `cat /etc/modprobe.d/*.conf ${parameters}/zfs_arc_* && grep -E '^c_(max|min) ' /proc/spl/kstat/zfs/arcstats`,
  cases: [
    { prop: "max.now", spec, byHand: `echo 600000000 >${parameters}/zfs_arc_max` },
    { prop: "max.now", spec, byHand: `echo 0 >${parameters}/zfs_arc_max` },
    // Written and ignored: the ARC goes by 600000000 still.
    {
      prop: "max.now",
      spec,
      byHand: `cd ${parameters}; echo 600000000 >zfs_arc_max; echo 99000000 >zfs_arc_min; echo 600000000 >zfs_arc_min; echo 536870912 >zfs_arc_max`,
      differs: ["max.now", "min.now"],
    },
    { prop: "min.now", spec, byHand: `echo 99000000 >${parameters}/zfs_arc_min` },
    { prop: "max.boot", spec, byHand: `sed -i s/536870912/600000000/ ${DROP_IN}` },
    { prop: "min.boot", spec, byHand: `sed -i s/67108864/99000000/ ${DROP_IN}` },
    { prop: "max.boot", spec, byHand: `sed -i /^options/d ${DROP_IN}`, differs: ["max.boot", "min.boot"] },
  ],
  // There is one ARC.
  apart: false,
};
