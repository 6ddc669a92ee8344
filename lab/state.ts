/** Saved states: a machine that has booted and done nothing yet, ready to be copied and woken up. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { CACHE, locked, say } from "../setup/cache.mjs";
import { end, setClock, tell } from "./monitor.ts";
import { DISKS, machineKey, start, type Accelerator } from "./qemu.ts";
import { forwardedPort, sshdAnswers } from "./sshd.ts";

/** Name of the state of a pristine host, on the disks of every machine. */
export const CLEAN = "clean";

/** Fills a folder with the disks of a pristine machine. */
export async function pristine(folder: string, image: string, accel: Accelerator): Promise<void> {
  const state = await savedState(image, accel);
  mkdirSync(folder, { recursive: true });
  // The root disk last: a folder that has it is complete.
  for (const disk of [...diskNames(), "root"]) must("cp", "--sparse=always", join(state, `${disk}.qcow2`), folder);
}

/** The folder of the saved state for this image on this machine; makes it where it is missing. */
export async function savedState(image: string, accel: Accelerator): Promise<string> {
  const state = join(CACHE, `${basename(image).replace("image", "state")}-${machineKey(accel)}`);
  await locked(basename(state), async () => {
    if (existsSync(state)) return;
    for (const rest of readdirSync(CACHE).filter((name) => name.startsWith(`${basename(state)}.draft`)))
      rmSync(join(CACHE, rest), { recursive: true });
    await bootAndSave(state, image, accel);
  });
  return state;
}

async function bootAndSave(state: string, image: string, accel: Accelerator): Promise<void> {
  const began = Date.now();
  const seconds = () => `${String(Math.round((Date.now() - began) / 1000))} s`;
  say(`lab host: first boot, ${accel === "kvm" ? "with KVM" : "emulated: a minute or two"}, once`);
  const progress = setInterval(() => {
    say(`lab host: first boot … ${seconds()}`);
  }, 20_000);
  const folder = `${state}.draft.${String(process.pid)}`;
  mkdirSync(folder);
  makeDisks(folder, image);
  try {
    const pid = start({ folder, image, accel, port: 0, wake: undefined, kept: false });
    const machine = { pid, folder };
    await sshdAnswers(machine, await forwardedPort(machine));
    await setClock(machine);
    await tell(machine, `savevm ${CLEAN}`);
    await end(machine);
  } finally {
    clearInterval(progress);
  }
  renameSync(folder, state);
  say(`lab host: first boot done in ${seconds()}`);
}

function makeDisks(folder: string, image: string): void {
  const create = ["create", "-q", "-f", "qcow2"];
  must("qemu-img", ...create, "-F", "raw", "-b", join(image, "root.img"), join(folder, "root.qcow2"));
  for (const disk of diskNames()) must("qemu-img", ...create, join(folder, `${disk}.qcow2`), "2G");
}

function diskNames(): string[] {
  return Array.from({ length: DISKS }, (_, i) => `disk${String(i + 1)}`);
}

function must(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: exit ${String(status)}: ${stderr}`);
}
