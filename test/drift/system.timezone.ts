import type { TimeZoneSpec } from "../../providers/kinds/system/timezone.ts";
import type { DriftSuite } from "../support/drift.ts";

const spec: TimeZoneSpec = { zone: "Europe/Berlin" };

export const suite: DriftSuite<TimeZoneSpec> = {
  prepare: ["echo Etc/UTC >/etc/timezone"],
  foreign: [],
  foreignState: "ls /usr/share/zoneinfo | wc -l",
  cases: [
    { prop: "zone", spec, byHand: "ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime" },
    { prop: "zone", spec, byHand: "echo Asia/Tokyo >/etc/timezone" },
  ],
  // There is one time zone.
  apart: false,
};
