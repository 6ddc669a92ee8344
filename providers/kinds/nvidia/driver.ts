import { defineKind } from "../../kind.ts";
import { ownGpus, parse, type Facts } from "./facts.ts";
import { absence, destroy, plan } from "./plan.ts";
import { query } from "./query.ts";
import { DriverSpec } from "./spec.ts";
import { buildable, installedVersion, kernels, loading, otherContainers, view, type State } from "./state.ts";

export { DriverSpec };

/** NVIDIA's driver: one per host. */
export const driver = defineKind<State, Facts>({
  type: "nvidia:Driver",
  holdsData: false,
  spec: DriverSpec,
  id: () => "driver",
  query,
  parse,
  outputNames: ["installedVersion", "loadedVersion", "gpus", "containers", "rebootRequired"],
  outputs: (facts) => ({
    installedVersion: installedVersion(facts),
    loadedVersion: facts.loaded,
    gpus: facts.gpus.map(({ address, device }) => `${address} ${named(facts, address) ?? `10de:${device}`}`),
    containers: Object.fromEntries([...facts.containers].map(([name, { version }]) => [name, version])),
    rebootRequired: loading(facts, installedVersion(facts)).by === "reboot",
  }),
  warnings,
  view,
  plan: (live, want, _context, facts) => plan(live, want, facts),
  destroy,
});

function named({ smi }: Facts, address: string): string | undefined {
  return typeof smi === "object" ? smi.find((gpu) => gpu.address === address)?.name : undefined;
}

function warnings(facts: Facts, _id: string, { inContainers }: DriverSpec): string[] {
  const installed = installedVersion(facts);
  if (installed === undefined) return [];
  const how = loading(facts, installed);
  const gpus = ownGpus(facts).length > 0;
  const bare = Object.values(kernels(facts)).filter((kernel) => !buildable(kernel) && kernel.module !== installed);
  return [
    ...(gpus ? [] : [absence(facts)]),
    ...(how.by === "reboot"
      ? [`${how.why}; ${installed} is installed: it takes effect with a reboot of the host`]
      : []),
    ...(typeof facts.smi === "string" ? [`nvidia-smi: ${facts.smi}`] : []),
    ...(gpus && facts.loaded === undefined && facts.secureBoot
      ? [
          "secure boot is on: the kernel takes modules only of a signer that it knows (mokutil --import /var/lib/dkms/mok.pub)",
        ]
      : []),
    ...otherContainers(facts, installed).map(
      ([name, { version }]) =>
        `container ${name} has the user-space driver ${version}, the host ${installed}: in it, GPUs do not work; ` +
        (inContainers === "match"
          ? `it gets ${installed} in the run that finds it running`
          : `install ${installed} in it (the run file with --no-kernel-modules, or its packages), or declare inContainers: match`),
    ),
    ...bare.map(
      ({ release }) =>
        `kernel ${release} has no headers, and apt knows no package with them: the driver cannot be built for it`,
    ),
  ];
}
