/** The program: the stack's configuration becomes a host. */
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config.ts";
import { declareHost } from "./host.ts";

const project = pulumi.getProject();
const config = readConfig((key) => pulumi.runtime.getConfig(`${project}:${key}`));
const { storage } = declareHost(config);

/** Health of each pool. */
export const pools = Object.fromEntries(config.storage.pools.map(({ name }, i) => [name, storage.pools[i]?.health]));
