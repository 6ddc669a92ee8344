/** Saved states: a machine that has booted and done nothing yet, which many machines can go on from. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CACHE, locked, say } from "../setup/cache.mjs";
import { end, setClock, tell, type Running } from "./monitor.ts";
import { DISKS, machineKey, start, type Begin, type Hardware } from "./qemu.ts";
import { forwardedPort, sshdAnswers } from "./sshd.ts";

/** In a machine's folder, a link to the saved state that its disks are backed by. */
const STATE = "state";

/** How a machine begins whose folder {@link pristine} has filled; {@link wakeUp} is the rest of it. */
export const PRISTINE: Begin = { from: "waiting", memory: `${STATE}/memory` };

/** Fills a folder with the disks of a pristine machine: of what is not changed, nothing is copied. */
export async function pristine(folder: string, image: string, on: Hardware): Promise<void> {
  const state = await savedState(image, on);
  rmSync(join(folder, STATE), { force: true });
  symlinkSync(state, join(folder, STATE));
  // The root disk last: a folder that has it is complete.
  for (const disk of [...diskNames(), "root"])
    cpSync(join(state, "new", `${disk}.qcow2`), join(folder, `${disk}.qcow2`));
}

/** Makes a waiting machine go on from where the saved one was. */
export async function wakeUp(machine: Running): Promise<void> {
  await tell(machine, "migrate_set_capability x-ignore-shared on");
  await tell(machine, `migrate_incoming "exec:cat ${STATE}/devices"`);
  await migrated(machine);
  // A snapshot of it must hold its memory, shared or not.
  await tell(machine, "migrate_set_capability x-ignore-shared off");
  await tell(machine, "cont");
}

/** The folder of the saved state for this image on this machine; makes it where it is missing. */
export async function savedState(image: string, on: Hardware): Promise<string> {
  const state = join(CACHE, `${basename(image).replace("image", "state")}-${machineKey(on)}`);
  await locked(basename(state), async () => {
    if (existsSync(state)) return;
    for (const rest of readdirSync(CACHE).filter((name) => name.startsWith(`${basename(state)}.draft`)))
      rmSync(join(CACHE, rest), { recursive: true });
    await bootAndSave(state, image, on);
  });
  return state;
}

async function bootAndSave(state: string, image: string, on: Hardware): Promise<void> {
  const began = Date.now();
  const seconds = () => `${String(Math.round((Date.now() - began) / 1000))} s`;
  say(`lab host: first boot, ${on.accel === "kvm" ? "with KVM" : "emulated: a minute or two"}, once`);
  const progress = setInterval(() => {
    say(`lab host: first boot … ${seconds()}`);
  }, 20_000);
  const folder = `${state}.draft.${String(process.pid)}`;
  mkdirSync(folder);
  makeDisks(folder, image);
  try {
    const pid = start({ folder, image, ...on, port: 0, begin: { from: "boot", memory: "memory" }, kept: false });
    const machine = { pid, folder };
    await sshdAnswers(machine, await forwardedPort(machine));
    await setClock(machine);
    await saveDevices(machine);
    await end(machine);
  } finally {
    clearInterval(progress);
  }
  renameSync(folder, state);
  say(`lab host: first boot done in ${seconds()}`);
}

/** The memory is in its file already, where machines that wake up can share it: the rest is small. */
async function saveDevices(machine: Running): Promise<void> {
  await tell(machine, "stop");
  await tell(machine, "migrate_set_capability x-ignore-shared on");
  await tell(machine, 'migrate -d "exec:cat >devices"');
  await migrated(machine);
}

/** QEMU calls it a migration when it writes or reads the devices of a machine. */
async function migrated(machine: Running): Promise<void> {
  for (;;) {
    const status = /Migration status: (\S+)/.exec(await tell(machine, "info migrate"))?.[1];
    if (status === "completed") return;
    if (status === "failed" || status === "cancelled") throw new Error("the lab's machine cannot save or load a state");
    await pause(20);
  }
}

function makeDisks(folder: string, image: string): void {
  const create = ["create", "-q", "-f", "qcow2"];
  must("qemu-img", ...create, "-F", "raw", "-b", join(image, "root.img"), join(folder, "root.qcow2"));
  for (const disk of diskNames()) must("qemu-img", ...create, join(folder, `${disk}.qcow2`), "2G");
  // What a machine's own disks begin as. They find the ones behind them through the link in the machine's folder.
  mkdirSync(join(folder, "new"));
  for (const disk of [...diskNames(), "root"]) {
    const behind = ["-u", "-F", "qcow2", "-b", `${STATE}/${disk}.qcow2`];
    must("qemu-img", ...create, ...behind, join(folder, "new", `${disk}.qcow2`), disk === "root" ? "10G" : "2G");
  }
}

function diskNames(): string[] {
  return Array.from({ length: DISKS }, (_, i) => `disk${String(i + 1)}`);
}

function must(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: exit ${String(status)}: ${stderr}`);
}
