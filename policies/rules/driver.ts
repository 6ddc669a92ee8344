import { z } from "zod";
import { definePolicy, type Finding } from "../policy.ts";
import { about, containers } from "./containers.ts";

/** All of the host's driver that concerns containers. */
const Driver = z.object({ version: z.string().optional() });

const version = z.string().regex(/^\d{3,4}(\.\d{1,3}){1,2}$/, "must be a driver's version, such as 550.163.01");

export const driverCoherent = definePolicy({
  name: "driver-coherent",
  rule: "A container that is handed a GPU has the driver's version of the host.",
  level: "mandatory",
  reason: "the libraries in a container and the modules of the host work together only where both are of one version.",
  remedy:
    "declare the host's driver with its version, and say in policies.driver-coherent.containers which version each container has.",
  settings: z.strictObject({
    containers: z
      .record(z.string().regex(/^\d+$/, "must be a container's number"), version)
      .default({})
      .describe('Versions of the libraries by container, `{ "901": 550.163.01 }`. Default: as the host\'s.'),
  }),
  find(stack, settings) {
    const [driver] = stack.of("nvidia:Driver", Driver);
    const users = containers(stack).filter(({ spec }) =>
      Object.keys(spec.devices ?? {}).some((name) => name.startsWith("gpu:")),
    );
    return users.flatMap((one): Finding[] => {
      if (driver === undefined) return [about(one, "is handed a GPU, and no driver of the host is declared")];
      const { version: ofHost } = driver.spec;
      if (ofHost === undefined)
        return [about(one, "is handed a GPU, and the host's driver has no version: it changes with the next upgrade")];
      const own = settings.containers[String(one.spec.vmid)] ?? ofHost;
      return own === ofHost ? [] : [about(one, `has the driver ${own}, and the host ${ofHost}`)];
    });
  },
});
