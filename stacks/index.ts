/** A hypervisor, area by area. Every area is optional; what is not declared is left alone. */
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config.ts";
import { Sharing } from "./sharing.ts";
import { Storage } from "./storage.ts";

const project = pulumi.getProject();
const config = readConfig((key) => pulumi.runtime.getConfig(`${project}:${key}`));

const storage = new Storage(config.storage, { protect: config.protect });
const sharing = new Sharing(config.sharing, storage);

export const pools = storage.health;
export const exports = sharing.paths;
