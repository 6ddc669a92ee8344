/** What is remembered of a machine between processes: record.json in its folder. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alive, ROOT } from "../setup/cache.mjs";

/** The folder of this checkout's lab hosts. */
export const LAB = join(ROOT, ".lab");

/** Name of the snapshot in which a stopped machine waits to go on. */
export const STOPPED = "stopped";

export interface Record {
  /** Process of QEMU, while it runs. */
  readonly pid?: number;
  /** Port on 127.0.0.1 that leads to sshd; a later start asks for the same one. */
  readonly port: number;
  /** Key of the machine that runs: a snapshot of it holds for that one only. */
  readonly machine?: string;
  /** Key of the machine whose snapshot STOPPED is on the disks; absent = its disks can only be booted from. */
  readonly stopped?: string;
  /** The process that a machine which is not kept belongs to. */
  readonly owner?: number;
}

export function recordOf(folder: string): Record | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "record.json"), "utf8")) as Record;
  } catch (error) {
    // Another process may be removing its machine at this moment; ENOTDIR: this is no folder of a machine.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

export function writeRecord(folder: string, record: Record): void {
  const draft = join(folder, "record.json.new");
  writeFileSync(draft, JSON.stringify(record));
  renameSync(draft, join(folder, "record.json"));
}

/** The process of a machine that runs. After a restart of the computer its old number may be anybody's. */
export function processOf(record: Record | undefined): number | undefined {
  const pid = record?.pid;
  if (pid === undefined || !alive(pid)) return undefined;
  return readFileSync(`/proc/${String(pid)}/comm`, "utf8").startsWith("qemu-system") ? pid : undefined;
}

/** Removes the machines of processes that are gone; their QEMU went with them. */
export function removeStale(): void {
  if (!existsSync(LAB)) return;
  for (const name of readdirSync(LAB)) {
    const owner = recordOf(join(LAB, name))?.owner;
    if (owner !== undefined && !alive(owner)) rmSync(join(LAB, name), { recursive: true, force: true });
  }
}
