/** The program: the stack's configuration becomes a host. */
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../providers/index.ts";
import { readConfig } from "./config.ts";
import { declareHost } from "./host.ts";

const project = pulumi.getProject();
const keys = Object.keys(pulumi.runtime.allConfig()).flatMap((key) => {
  const [namespace, name = ""] = key.split(":");
  return namespace === project ? [name] : [];
});

const file = `Pulumi.${pulumi.getStack()}.yaml`;
const { storage, gpu: gpus } = told(() =>
  declareHost(readConfig((key) => pulumi.runtime.getConfig(`${project}:${key}`), keys, file)),
);

/** Health of each pool, by the pool's name. */
export const pools = Object.fromEntries([...storage.pools].map(([name, { health }]) => [name, health]));

/** NVIDIA's driver, where it is declared: the version that is loaded, the GPUs, and whether it takes a reboot. */
export const gpu =
  gpus.driver === undefined
    ? undefined
    : {
        loadedVersion: gpus.driver.loadedVersion,
        gpus: gpus.driver.gpus,
        rebootRequired: gpus.driver.rebootRequired,
      };

/** What the user can act on is told without a stack trace. */
function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof UserError ? new pulumi.RunError(error.message) : error;
  }
}
