/** KVM only where it is proven to work: /dev/kvm can be there and hang every kernel. */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { release } from "node:os";
import { join } from "node:path";
import { CACHE, say } from "../setup/cache.mjs";
import { hardware } from "./qemu.ts";

/** Seconds in which a kernel must have come as far as looking for its root file system. */
const PROBE_LIMIT = 15;

export async function accelerator(image: string): Promise<"kvm" | "tcg"> {
  const wish = process.env["PHOENIX_ACCEL"];
  if (wish === "kvm" || wish === "tcg") return wish;
  if (wish !== undefined) throw new Error(`PHOENIX_ACCEL must be kvm or tcg; found: ${wish}`);
  if (!usable()) return "tcg";
  const verdict = join(CACHE, `kvm-verdict-${release()}`);
  if (!existsSync(verdict)) {
    const works = await boots(image);
    say(`lab host: KVM ${works ? "works" : "does not boot a kernel here; using emulation (TCG), which is slower"}`);
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(verdict, works ? "kvm" : "tcg");
  }
  return readFileSync(verdict, "utf8") === "kvm" ? "kvm" : "tcg";
}

function usable(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function boots(image: string): Promise<boolean> {
  const kernel = [
    "-kernel",
    join(image, "vmlinuz"),
    "-initrd",
    join(image, "initrd.img"),
    "-append",
    "console=ttyS0 panic=-1",
  ];
  const child = spawn(
    "qemu-system-x86_64",
    [...hardware({ accel: "kvm", processors: 1 }), ...kernel, "-serial", "stdio", "-no-reboot"],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const works = await new Promise<boolean>((resolve) => {
    const limit = setTimeout(() => {
      resolve(false);
    }, PROBE_LIMIT * 1000);
    const decide = (answer: boolean) => {
      clearTimeout(limit);
      resolve(answer);
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (/Run \/init as init process|Begin: /.test(line)) decide(true);
    });
    child.once("error", () => {
      decide(false);
    });
    child.once("exit", () => {
      decide(false);
    });
  });
  child.kill("SIGKILL");
  return works;
}
