/** A hypervisor, area by area. Every area is optional; what is not declared is left alone. */
import * as pulumi from "@pulumi/pulumi";
import { Claim } from "../providers/index.ts";
import { Access } from "./access.ts";
import { newWhole } from "./area.ts";
import type { StackConfig } from "./config.ts";
import { Containers } from "./containers.ts";
import { Gpu } from "./gpu.ts";
import { Network } from "./network.ts";
import { Proxmox } from "./proxmox.ts";
import { Sharing } from "./sharing.ts";
import { Storage } from "./storage.ts";
import { System } from "./system.ts";
import { Templates } from "./templates.ts";

export function declareHost(config: StackConfig) {
  const whole = newWhole(config);
  const areas = {
    storage: new Storage(config.storage, whole),
    sharing: new Sharing(config.sharing, whole),
    network: new Network(config.network, whole),
    proxmox: new Proxmox(config.proxmox, whole),
    templates: new Templates(config.templates, whole),
    containers: new Containers(config.containers, whole),
    access: new Access(config.access, whole),
    gpu: new Gpu(config.gpu, config.system.files, whole),
    system: new System(config.system, whole),
  };
  // A stack without resources connects to nothing.
  whole.complete(() => new Claim("claim", { stack: ownName(), ...takeOver(config) }));
  if (Object.keys(config.policies).length > 0) new Policies(config.policies);
  return areas;
}

function ownName(): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}

function takeOver({ takeOver: other }: StackConfig): { takeOver?: string } {
  return other === undefined ? {} : { takeOver: other };
}

/** The stack's settings for the policies, where the policy pack finds them: it sees resources and nothing else. */
class Policies extends pulumi.ComponentResource {
  constructor(settings: StackConfig["policies"]) {
    super("phoenix:host:Policies", "policies", {});
    this.registerOutputs({ settings });
  }
}
