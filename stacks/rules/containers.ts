/** Containers and their templates. */
import type { StackConfig } from "../config.ts";
import { numberOf } from "../containers.ts";
import type { Breach, Rule } from "./breach.ts";

export const CONTAINERS: readonly Rule[] = [afterNobody, snapshotOfTemplate, builtByNothing];

function afterNobody({ containers }: StackConfig): Breach[] {
  return containers.flatMap(({ vmid: id, after }) =>
    after.flatMap((one, i) => {
      const path = ["containers", String(id), "after", i];
      const other = numberOf(containers, one);
      if (other === id) return [{ path, message: "must be another container" }];
      return other === undefined ? [{ path, message: "must be the number or host name of a declared container" }] : [];
    }),
  );
}

/** A template never changes, and Proxmox VE makes none of a container that has snapshots. */
function snapshotOfTemplate({ containers }: StackConfig): Breach[] {
  return containers.flatMap(({ vmid, template, snapshots }) =>
    template !== true
      ? []
      : Object.keys(snapshots).map((name) => ({
          path: ["containers", String(vmid), "snapshots", name],
          message: "must not be declared: the container is a template, which never changes",
        })),
  );
}

/** So that a preview says it, and not the run that would build. */
function builtByNothing({ templates, system }: StackConfig): Breach[] {
  if (system.packages.some(({ name, state }) => name === "mmdebstrap" && state !== "absent")) return [];
  return templates.flatMap(({ ostemplate, build }) =>
    build === undefined
      ? []
      : [
          {
            path: ["templates", ostemplate, "build"],
            message: "needs the package mmdebstrap on the host: declare system.packages.mmdebstrap",
          },
        ],
  );
}
