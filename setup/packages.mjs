// Debian packages that the machine lacks.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { say } from "./cache.mjs";
import { step, StepFailed } from "./run-step.mjs";

/** The program by which a package's presence shows where there is no apt. */
const PROGRAMS = new Map([
  ["qemu-system-x86", "qemu-system-x86_64"],
  ["qemu-utils", "qemu-img"],
  ["mmdebstrap", "mmdebstrap"],
  ["e2fsprogs", "mke2fs"],
  ["openssh-client", "ssh"],
  ["golang-go", "go"],
  ["shellcheck", "shellcheck"],
]);

/** @param {readonly string[]} names */
export async function installPackages(names) {
  const apt = hasProgram("apt-get");
  const missing = names.filter((name) => (apt ? !installed(name) : !hasProgram(PROGRAMS.get(name) ?? "true")));
  if (missing.length === 0) return;
  if (!apt)
    throw new StepFailed(
      `this is neither Debian nor Ubuntu: install what these packages hold there, ${missing.join(", ")}`,
    );
  if (asRoot[0] === "sudo" && !hasProgram("sudo"))
    throw new StepFailed(
      `the packages ${missing.join(", ")} are missing: install them as root (there is no sudo here)`,
    );
  say(`installing the Debian packages ${missing.join(", ")}`);
  await step("package lists", [...asRoot, "apt-get", "-o", "DPkg::Lock::Timeout=600", "update"]);
  const install = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "--yes", "--no-install-recommends"];
  await step("packages", [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", ...install, ...missing]);
}

export const asRoot = process.getuid?.() === 0 ? [] : ["sudo"];

/** @param {string} program */
function hasProgram(program) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** @param {string} name */
function installed(name) {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Status}", name], { encoding: "utf8" });
  return stdout === "installed";
}
