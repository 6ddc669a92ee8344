import type { ServiceSpec } from "../../providers/kinds/system/service.ts";
import type { DriftCase, DriftSuite } from "../support/drift.ts";

type Props = Omit<ServiceSpec, "name">;

function drifts(name: string, prop: string, props: Props, byHand: string): DriftCase<ServiceSpec> {
  return { prop, spec: { name: `lab-${name}.service`, ...props }, byHand: `${byHand} lab-${name}` };
}

const cases = [
  drifts("enabled", "enabled", { enabled: true }, "systemctl disable"),
  drifts("disabled", "enabled", { enabled: false }, "systemctl enable"),
  drifts("running", "running", { running: true }, "systemctl stop"),
  drifts(
    "killed",
    "running",
    { running: true, enabled: true },
    "systemctl kill --signal=KILL lab-killed; until systemctl is-failed --quiet lab-killed; do sleep 0.1; done; systemctl is-failed",
  ),
  drifts("stopped", "running", { running: false }, "systemctl start"),
  drifts("masked", "masked", { masked: true }, "systemctl unmask"),
  drifts("free", "masked", { masked: false }, "systemctl mask"),
  drifts("free", "masked", { masked: false }, "systemctl mask --runtime"),
  drifts("masked", "masked", { masked: true }, "systemctl unmask lab-masked; systemctl mask --runtime"),
  drifts("enabled", "enabled", { enabled: true }, "systemctl disable lab-enabled; systemctl enable --runtime"),
];

/** Not in /etc/systemd/system: a unit there could not be masked. */
const folder = "/usr/local/lib/systemd/system";

export const suite: DriftSuite<ServiceSpec> = {
  prepare: [
    `mkdir -p ${folder}`,
    ...["lab-foreign.service", ...cases.map(({ spec }) => spec.name)].map(
      (unit) =>
        `printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >${folder}/${unit}`,
    ),
    "systemctl daemon-reload",
  ],
  foreign: ["systemctl enable --now lab-foreign"],
  foreignState:
    "systemctl show --property=ActiveState,UnitFileState,MainPID lab-foreign.service; ls /etc/systemd/system/*.wants | grep foreign",
  cases,
  apart: true,
};
