// Debian packages that the machine lacks.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { say } from "./cache.mjs";
import { step, StepFailed } from "./run-step.mjs";

/** @param {readonly string[]} names */
export async function installPackages(names) {
  const missing = names.filter((name) => !installed(name));
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get"))
    throw new StepFailed(
      `this needs the Debian packages ${missing.join(", ")}, or your system's own of the same programs`,
    );
  say(`installing the Debian packages ${missing.join(", ")}`);
  await step("package lists", [...asRoot, "apt-get", "-o", "DPkg::Lock::Timeout=600", "update"]);
  const install = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "--yes", "--no-install-recommends"];
  await step("packages", [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", ...install, ...missing]);
}

export const asRoot = process.getuid?.() === 0 ? [] : ["sudo"];

/** @param {string} name */
export function installed(name) {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f=${db:Status-Status}", name], { encoding: "utf8" });
  return stdout === "installed";
}
