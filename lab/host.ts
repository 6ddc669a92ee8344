/** A lab host: a virtual machine with real ZFS, NFS, Samba and LXC, to converge and to break. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { locked } from "../setup/cache.mjs";
import { accelerator } from "./accel.ts";
import { labImage } from "./image.ts";
import { end, ended, setClock, tell } from "./monitor.ts";
import { machineKey, start, type Begin, type Hardware, type Machine } from "./qemu.ts";
import { LAB, processOf, recordOf, removeStale, STOPPED, writeRecord } from "./record.ts";
import { writeSshFiles } from "./ssh-files.ts";
import { forwardedPort, isFree, sshdAnswers } from "./sshd.ts";
import { PRISTINE, pristine, wakeUp } from "./state.ts";

export interface Lab {
  readonly name: string;
  /** An ssh config with the hosts `lab` (root), `lab-admin` (may sudo) and `lab-nosudo`. */
  readonly sshConfig: string;
  /** Port on 127.0.0.1 that leads to sshd. */
  readonly port: number;
  /** Back to the pristine state: no pools, no exports, no files made since. Close your connections before. */
  reset(): Promise<void>;
  /** Power cut: the machine is gone in this instant, and boots again from its disks. A minute under emulation. */
  powerCut(): Promise<void>;
  /** Ends the machine. A kept one goes on from this moment when it is started again; any other is removed. */
  stop(): Promise<void>;
}

export interface LabOptions {
  /** True: its disks stay, and it outlives this process. False (default): it ends and is removed with this process. */
  readonly kept?: boolean;
  /**
   * Default: 2. Where it is emulated, two take more of this machine for the same work, since they wait for each other,
   * and what they share is emulated with more care: with one, several hosts side by side are sooner done.
   */
  readonly processors?: number;
}

type Host = Pick<Machine, "folder" | "image" | "accel" | "processors" | "kept"> & { readonly name: string };

/** Starts the host of that name, or finds it running. A new one is pristine and takes a second or two. */
export async function startLab(name: string, { kept = false, processors = 2 }: LabOptions = {}): Promise<Lab> {
  removeStale();
  const folder = join(LAB, kept ? name : `${name}-${String(process.pid)}`);
  const image = await labImage();
  const host: Host = { name, folder, image, accel: await accelerator(image), processors, kept };
  // A kept host may be wanted by several processes at once; any other is this process's own.
  const port = kept ? await locked(name, async () => keep(host), LAB) : await begin(host);
  return handle(host, port);
}

async function keep(host: Host): Promise<number> {
  const record = recordOf(host.folder);
  if (record !== undefined && processOf(record) !== undefined) return record.port;
  return existsSync(join(host.folder, "root.qcow2")) ? goOn(host) : begin(host);
}

/** A new, pristine machine. */
async function begin(host: Host): Promise<number> {
  mkdirSync(host.folder, { recursive: true });
  if (!host.kept) removeAtExit(host.folder);
  writeRecord(host.folder, { port: 0, ...owner(host) });
  return renew(host, 0);
}

async function renew(host: Host, port: number): Promise<number> {
  await pristine(host.folder, host.image, hardwareOf(host));
  return launch(host, port, PRISTINE);
}

/** A machine that was stopped, or whose power was cut. */
async function goOn(host: Host): Promise<number> {
  const { port = 0, stopped } = recordOf(host.folder) ?? {};
  const canGoOn = stopped === machineKey(hardwareOf(host));
  return launch(host, port, canGoOn ? { from: "snapshot", name: STOPPED } : { from: "boot" });
}

async function launch(host: Host, wanted: number, begin: Begin): Promise<number> {
  const pid = start({ ...host, port: (await isFree(wanted)) ? wanted : 0, begin });
  const machine = { pid, folder: host.folder };
  const port = await forwardedPort(machine);
  // From here on its disks differ from the snapshot in which it stopped: that one must never be loaded again.
  writeRecord(host.folder, { pid, port, machine: machineKey(hardwareOf(host)), ...owner(host) });
  if (begin.from === "snapshot") await tell(machine, `delvm ${STOPPED}`);
  if (begin.from === "waiting") await wakeUp(machine);
  writeSshFiles(host.folder, port, host.image);
  if (begin.from === "boot") await sshdAnswers(machine, port);
  await Promise.all([sshdAnswers(machine, port), setClock(machine)]);
  return port;
}

function handle(host: Host, port: number): Lab {
  const machine = () => {
    const pid = processOf(recordOf(host.folder));
    if (pid === undefined) throw ended(host);
    return { pid, folder: host.folder };
  };
  return {
    name: host.name,
    sshConfig: join(host.folder, "ssh_config"),
    port,
    async reset() {
      await end(machine(), "SIGKILL");
      samePort(port, await renew(host, port));
    },
    async powerCut() {
      await end(machine(), "SIGKILL");
      samePort(port, await launch(host, port, { from: "boot" }));
    },
    async stop() {
      const stopped = recordOf(host.folder)?.machine;
      if (host.kept) await tell(machine(), `savevm ${STOPPED}`);
      await end(machine());
      if (host.kept) writeRecord(host.folder, { port, ...(stopped === undefined ? {} : { stopped }) });
      else rmSync(host.folder, { recursive: true, force: true });
    },
  };
}

/** The process and port of this checkout's kept host, when it runs. */
export function runningLab(name: string): { readonly pid: number; readonly port: number } | undefined {
  const record = recordOf(join(LAB, name));
  const pid = processOf(record);
  return record === undefined || pid === undefined ? undefined : { pid, port: record.port };
}

function hardwareOf({ accel, processors }: Host): Hardware {
  return { accel, processors };
}

function samePort(before: number, after: number): void {
  if (after !== before) throw new Error(`port ${String(before)} of the lab host was taken while its power was off`);
}

function owner(host: Host): { readonly owner?: number } {
  return host.kept ? {} : { owner: process.pid };
}

function removeAtExit(folder: string): void {
  process.once("exit", () => {
    const pid = processOf(recordOf(folder));
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
}
