/** The files with which ssh, and anything else that reads an ssh config, reaches a lab host. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const USERS = { lab: "root", "lab-admin": "admin", "lab-nosudo": "nosudo" };

/** Writes ssh_config and known_hosts into the host's folder; returns the path of the former. */
export function writeSshFiles(folder: string, port: number, image: string): string {
  const keys = join(image, "keys");
  const hostKey = readFileSync(join(keys, "host_ed25519.pub"), "utf8").split(" ").slice(0, 2).join(" ").trim();
  writeFileSync(join(folder, "known_hosts"), `phoenix-lab ${hostKey}\n`);
  const settings = {
    HostName: "127.0.0.1",
    Port: String(port),
    HostKeyAlias: "phoenix-lab",
    UserKnownHostsFile: `"${join(folder, "known_hosts")}"`,
    IdentityFile: `"${join(keys, "id_ed25519")}"`,
    IdentitiesOnly: "yes",
  };
  const lines = [
    ...Object.entries(USERS).flatMap(([host, user]) => [`Host ${host}`, `  User ${user}`]),
    `Host ${Object.keys(USERS).join(" ")}`,
    ...Object.entries(settings).map(([key, value]) => `  ${key} ${value}`),
  ];
  const file = join(folder, "ssh_config");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
