/** Turns a lab host into one that looks like Proxmox VE: the stand-ins of lab/pve. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../../lab/pve/", import.meta.url);

/** A shell line that does it, for a `prepare` or a {@link LabHost.sh}. */
export const becomePve: string = [
  "mkdir -p /usr/local/lib/pve-stand-in",
  ...readdirSync(FOLDER)
    .filter((name) => name !== "README.md")
    .map((name) => {
      const content = gzipSync(readFileSync(new URL(name, FOLDER))).toString("base64");
      return `echo ${content} | base64 -d | gzip -d >/usr/local/lib/pve-stand-in/${name}; chmod 755 /usr/local/lib/pve-stand-in/${name}`;
    }),
  "/usr/local/lib/pve-stand-in/install.sh",
].join("\n");
