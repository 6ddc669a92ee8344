/** A lab host: a virtual machine with real ZFS, NFS, Samba and LXC, to converge and to break. */
import { spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alive, CACHE, locked, ROOT, say } from "../setup/cache.mjs";
import { accelerator } from "./accel.ts";
import { labImage, recipeKey } from "./image.ts";
import { DISKS, hardware, monitor, qemuVersion, setClock, start, type Machine, type Monitor } from "./qemu.ts";

/** The folder of this checkout's lab hosts. */
export const LAB = join(ROOT, ".lab");

export interface Lab {
  readonly name: string;
  /** An ssh config with the hosts `lab` (root), `lab-admin` (may sudo) and `lab-nosudo`. */
  readonly sshConfig: string;
  /** Port on 127.0.0.1 that leads to sshd. */
  readonly port: number;
  /** Back to the pristine state: no pools, no exports, no files made since. Open connections break. */
  reset(): Promise<void>;
  /** Power cut: the machine is gone in this instant, and boots again from its disks. Takes a minute under emulation. */
  powerCut(): Promise<void>;
  /** Ends the machine. A kept one can be started again from its disks. */
  stop(): Promise<void>;
}

export interface LabOptions {
  /** True: its disks stay, and it outlives this process. False (default): it ends and is removed with this process. */
  readonly kept?: boolean;
}

interface Record {
  readonly pid: number;
  readonly port: number;
  readonly sockets: string;
  /** The process that a machine which is not kept depends on. */
  readonly owner?: number;
}

/** Starts the host of that name, or finds it running. A new one is pristine and takes about three seconds. */
export async function startLab(name: string, { kept = false }: LabOptions = {}): Promise<Lab> {
  removeStale();
  const folder = join(LAB, kept ? name : `${name}-${String(process.pid)}`);
  const image = await labImage();
  const accel = await accelerator(image);
  const running = kept ? recordOf(folder) : undefined;
  if (running !== undefined && alive(running.pid)) return found(name, folder, image, accel, running);
  const fresh = !existsSync(join(folder, "root.qcow2"));
  if (fresh) await pristine(folder, image, accel);
  const port = recordOf(folder)?.port ?? 0;
  return launch({ name, folder, image, accel, port, wake: fresh ? "clean" : undefined, kept });
}

interface Launch {
  readonly name: string;
  readonly folder: string;
  readonly image: string;
  readonly accel: Machine["accel"];
  readonly port: number;
  readonly wake: string | undefined;
  readonly kept: boolean;
}

async function launch(how: Launch): Promise<Lab> {
  const { folder, image, accel, wake, kept } = how;
  const sockets = mkdtempSync(join(tmpdir(), "lab-"));
  const child = start({ disks: folder, sockets, image, accel, port: how.port, wake, dependent: !kept });
  const talk = await monitor(join(sockets, "qmp"), child);
  const port = Number(/HOST_FORWARD\]?\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(await talk.hmp("info usernet"))?.[1]);
  const owner = kept ? {} : { owner: process.pid };
  writeFileSync(join(folder, "record.json"), JSON.stringify({ pid: child.pid, port, sockets, ...owner }));
  writeSshConfig(folder, port, image);
  if (!kept) process.once("exit", () => { rmSync(folder, { recursive: true, force: true }); rmSync(sockets, { recursive: true, force: true }); });
  await answers(port, child);
  if (wake !== undefined) await setClock(join(sockets, "clock"), child);
  return handle({ ...how, port }, child, talk, sockets);
}

/** A machine that an earlier process started. */
async function found(name: string, folder: string, image: string, accel: Machine["accel"], record: Record): Promise<Lab> {
  const child = { exitCode: null, pid: record.pid } as ChildProcess;
  const talk = await monitor(join(record.sockets, "qmp"), child);
  return handle({ name, folder, image, accel, port: record.port, wake: undefined, kept: true }, child, talk, record.sockets);
}

function handle(how: Launch, child: ChildProcess, talk: Monitor, sockets: string): Lab {
  let current = { child, talk, sockets };
  const end = async () => {
    await current.talk.quit();
    rmSync(current.sockets, { recursive: true, force: true });
  };
  const lab: Lab = {
    name: how.name,
    sshConfig: join(how.folder, "ssh_config"),
    port: how.port,
    async reset() {
      await current.talk.hmp("loadvm clean");
      await setClock(join(current.sockets, "clock"), current.child);
      await answers(how.port, current.child);
    },
    async powerCut() {
      await end();
      const again = await relaunch(how);
      current = again;
    },
    async stop() {
      await end();
      if (!how.kept) rmSync(how.folder, { recursive: true, force: true });
    },
  };
  return lab;
}

/** Boots the machine from its disks, at the same port. */
async function relaunch(how: Launch) {
  const sockets = mkdtempSync(join(tmpdir(), "lab-"));
  const child = start({ disks: how.folder, sockets, image: how.image, accel: how.accel, port: how.port, dependent: !how.kept });
  const talk = await monitor(join(sockets, "qmp"), child);
  writeFileSync(join(how.folder, "record.json"), JSON.stringify({ pid: child.pid, port: how.port, sockets, ...(how.kept ? {} : { owner: process.pid }) }));
  await answers(how.port, child);
  return { child, talk, sockets };
}

/** Fills a folder with the disks of a machine that has booted and done nothing yet. */
async function pristine(folder: string, image: string, accel: Machine["accel"]): Promise<void> {
  const what = createHash("sha256").update(qemuVersion()).update(hardware(accel).join(" ")).update(machineFiles());
  const state = join(CACHE, `lab-state-${recipeKey()}-${what.digest("hex").slice(0, 8)}`);
  await locked("lab-state", async () => {
    if (!existsSync(state)) await saveState(state, image, accel);
  });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(state)) if (file.endsWith(".qcow2")) copy(join(state, file), join(folder, file));
}

/** What else a saved state depends on: how the machine is put together. */
function machineFiles(): string {
  return readFileSync(join(import.meta.dirname, "qemu.ts"), "utf8");
}

function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["--reflink=auto", "--sparse=always", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot copy the lab's disk: ${stderr}`);
}

/** Boots once, and saves the machine as it is when sshd answers. */
async function saveState(state: string, image: string, accel: Machine["accel"]): Promise<void> {
  say("lab host: first boot (a minute or two, once)");
  const draft = `${state}.${String(process.pid)}`;
  const sockets = mkdtempSync(join(tmpdir(), "lab-"));
  mkdirSync(draft, { recursive: true });
  qemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", join(image, "root.img"), join(draft, "root.qcow2"));
  for (let i = 1; i <= DISKS; i++) qemuImg("create", "-q", "-f", "qcow2", join(draft, `disk${String(i)}.qcow2`), "2G");
  const child = start({ disks: draft, sockets, image, accel, port: 0, dependent: true });
  const talk = await monitor(join(sockets, "qmp"), child);
  const port = Number(/HOST_FORWARD\]?\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(await talk.hmp("info usernet"))?.[1]);
  await answers(port, child);
  // The clock service is the last to start: when it answers, the boot is over.
  await setClock(join(sockets, "clock"), child);
  await talk.hmp("savevm clean");
  await talk.quit();
  rmSync(sockets, { recursive: true, force: true });
  renameSync(draft, state);
}

function qemuImg(...args: string[]): void {
  const { status, stderr } = spawnSync("qemu-img", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`qemu-img ${args.join(" ")}: ${stderr}`);
}

/** Resolves when sshd says who it is. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + 900_000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error("the lab's virtual machine ended while it booted (see console.log, qemu.log)");
    if (await greets(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the lab host did not answer within fifteen minutes (see console.log)");
}

async function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const done = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(3000, () => { done(false); });
    socket.once("data", (bytes) => { done(bytes.toString().startsWith("SSH-")); });
    socket.once("error", () => { done(false); });
    socket.once("close", () => { done(false); });
  });
}

function writeSshConfig(folder: string, port: number, image: string): void {
  const keys = join(image, "keys");
  const [type, key] = readFileSync(join(keys, "host_ed25519.pub"), "utf8").split(" ");
  writeFileSync(join(folder, "known_hosts"), `phoenix-lab ${type ?? ""} ${key ?? ""}\n`);
  const users = { lab: "root", "lab-admin": "admin", "lab-nosudo": "nosudo" };
  const entries = Object.entries(users).map(([host, user]) => `Host ${host}\n  User ${user}\n`);
  const common = {
    HostName: "127.0.0.1",
    Port: String(port),
    HostKeyAlias: "phoenix-lab",
    UserKnownHostsFile: `"${join(folder, "known_hosts")}"`,
    IdentityFile: `"${join(keys, "id_ed25519")}"`,
    IdentitiesOnly: "yes",
  };
  const rest = Object.entries(common).map(([key, value]) => `  ${key} ${value}\n`);
  writeFileSync(join(folder, "ssh_config"), `${entries.join("")}Host lab lab-admin lab-nosudo\n${rest.join("")}`);
}

function recordOf(folder: string): Record | undefined {
  const file = join(folder, "record.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record) : undefined;
}

/** Removes what processes that were killed left behind. */
function removeStale(): void {
  if (!existsSync(LAB)) return;
  for (const name of readdirSync(LAB)) {
    const record = recordOf(join(LAB, name));
    if (record?.owner === undefined || alive(record.owner)) continue;
    rmSync(record.sockets, { recursive: true, force: true });
    rmSync(join(LAB, name), { recursive: true, force: true });
  }
}

/** The record of this checkout's kept host, when it runs. */
export function runningLab(name: string): { readonly pid: number; readonly port: number } | undefined {
  const record = recordOf(join(LAB, name));
  return record !== undefined && alive(record.pid) ? record : undefined;
}
