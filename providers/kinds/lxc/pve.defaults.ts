import type { Held } from "./container.state.ts";

/** What Proxmox VE takes for granted where a container's file says nothing. */
export const DEFAULTS: Partial<Held> = {
  memory: 512,
  swap: 512,
  cpulimit: 0,
  cpuunits: 100,
  tty: 2,
  cmode: "tty",
  console: true,
  onboot: false,
  protection: false,
  template: false,
  unprivileged: false,
  apparmorProfile: "generated",
  description: "",
  tags: [],
  features: { nesting: false, keyctl: false, fuse: false, mknod: false, force_rw_sys: false },
};
