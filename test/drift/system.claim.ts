import { CLAIM_FILE, type ClaimSpec } from "../../providers/kinds/system/claim.ts";
import type { DriftSuite } from "../support/drift.ts";

const OLD = "organization/phoenix/old";
const spec: ClaimSpec = { stack: "organization/phoenix/lab" };

export const suite: DriftSuite<ClaimSpec> = {
  prepare: [],
  foreign: ["mkdir -p /var/lib/phoenix-hypervisor", "echo kept >/var/lib/phoenix-hypervisor/foreign"],
  foreignState: "cat /var/lib/phoenix-hypervisor/foreign",
  cases: [
    { prop: "stack", spec, byHand: `rm ${CLAIM_FILE}` },
    { prop: "stack", spec: { ...spec, takeOver: OLD }, byHand: `echo ${OLD} >${CLAIM_FILE}` },
  ],
  // There is one.
  apart: false,
};
