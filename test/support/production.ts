/** The stack for production, on a lab host. */
import { stackFile } from "./stack-files.ts";

/** As a stack's file has it. */
export type Config = Record<string, Record<string, unknown>>;

const disk = (n: number) => `/dev/disk/by-id/virtio-disk${String(n)}`;

/**
 * Production as it is declared here, on the disks, the memory and the network of a lab host; without what that has not:
 * GPUs and their driver, Proxmox VE, an archive from which containers are made, disks that smartd could watch.
 */
export function production(): Config {
  const { config } = stackFile("Pulumi.prod.yaml");
  const all = config as Config;
  const { firewall } = all["phoenix:network"] ?? {};
  const isProxmox = (area: string) => area === "phoenix:proxmox" || area === "phoenix:templates";
  const containers = Object.keys(all["phoenix:containers"] ?? {});
  return {
    ...Object.fromEntries(Object.entries(all).filter(([area]) => !isProxmox(area))),
    "phoenix:storage": {
      ...all["phoenix:storage"],
      arc: { max: "256M" },
      pools: {
        tank: { vdevs: [{ type: "mirror", disks: [disk(1), disk(2)] }] },
        fast: { vdevs: [{ type: "stripe", disks: [disk(3)] }] },
      },
    },
    "phoenix:network": { firewall: { ...(firewall as object), ipset: { trusted: ["desk", "10.0.2.2"] } } },
    "phoenix:gpu": { driver: false },
    "phoenix:containers": Object.fromEntries(containers.map((vmid) => [vmid, false])),
    "phoenix:system": {
      files: { "/etc/apt/sources.list.d/non-free.sources": false },
      packages: { smartmontools: false },
      services: { "smartmontools.service": false },
    },
    "phoenix:secrets": {},
  };
}
