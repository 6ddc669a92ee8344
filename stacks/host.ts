/** A hypervisor, area by area. Every area is optional; what is not declared is left alone. */
import { Access } from "./access.ts";
import { newWhole } from "./area.ts";
import type { StackConfig } from "./config.ts";
import { Network } from "./network.ts";
import { Proxmox } from "./proxmox.ts";
import { Sharing } from "./sharing.ts";
import { Storage } from "./storage.ts";
import { System } from "./system.ts";

export function declareHost(config: StackConfig) {
  const whole = newWhole(config);
  const areas = {
    storage: new Storage(config.storage, whole),
    sharing: new Sharing(config.sharing, whole),
    network: new Network(config.network, whole),
    proxmox: new Proxmox(config.proxmox, whole),
    access: new Access(config.access, whole),
    system: new System(config.system, whole),
  };
  whole.complete();
  return areas;
}
