/** The lab's disk image: built once per recipe, cached outside the checkout. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { CACHE, locked, ROOT, say } from "../setup/cache.mjs";
import { asRoot } from "../setup/packages.mjs";
import { main, step } from "../setup/run-step.mjs";

const RECIPE = join(ROOT, "lab", "image");

/** The folder that has root.img, vmlinuz, initrd.img and keys/. */
export async function labImage(): Promise<string> {
  const home = join(CACHE, `lab-image-${recipeKey()}`);
  await locked("lab-image", async () => {
    if (existsSync(home)) return;
    for (const rest of readdirSync(CACHE).filter((name) => name.startsWith(`${basename(home)}.draft`)))
      await step("removing an unfinished image", [...asRoot, "rm", "-rf", "--one-file-system", join(CACHE, rest)]);
    const draft = `${home}.draft.${String(process.pid)}`;
    say(`lab host: building its disk image (Debian with ZFS, NFS, Samba, LXC; 5 to 10 minutes, once)`);
    mkdirSync(join(draft, "keys"), { recursive: true });
    for (const key of ["id_ed25519", "host_ed25519"]) await makeKey(join(draft, "keys", key));
    const owner = `${String(process.getuid?.())}:${String(process.getgid?.())}`;
    await step("lab image", [...asRoot, ...apart(), join(RECIPE, "build.sh"), draft, owner, ...mirror()]);
    renameSync(draft, home);
  });
  return home;
}

/** A view of the mounts of its own, where there may be one: what a killed build has mounted ends with it. */
function apart(): string[] {
  const unshare = ["unshare", "--mount", "--propagation", "private"];
  const [program, ...args] = [...asRoot, ...unshare, "true"];
  return spawnSync(program, args).status === 0 ? unshare : [];
}

/** A key of everything the image is made from. */
export function recipeKey(): string {
  const hash = createHash("sha256").update(process.arch);
  for (const entry of readdirSync(RECIPE, { recursive: true, withFileTypes: true }).sort(byPath)) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) hash.update(path.slice(RECIPE.length)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

async function makeKey(file: string): Promise<void> {
  await step("a key for the lab", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", file]);
}

/** Where the machine's own apt gets Debian from, when that is not the place mmdebstrap would ask. */
function mirror(): string[] {
  const targets = [
    "indextargets",
    "--format",
    "$(REPO_URI)",
    "Created-By: Packages",
    "Origin: Debian",
    "Label: Debian",
  ];
  const { stdout } = spawnSync("apt-get", targets, { encoding: "utf8" });
  const site = stdout
    .split("\n")
    .find((line) => line !== "")
    ?.replace(/\/$/, "");
  return site === undefined || /^https?:\/\/deb\.debian\.org\/debian$/.test(site)
    ? []
    : [`deb ${site} trixie main contrib non-free non-free-firmware`];
}

if (import.meta.main)
  await main(async () => {
    await labImage();
    return 0;
  });
