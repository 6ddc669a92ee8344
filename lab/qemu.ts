/** The virtual machine: QEMU's command line, and its process. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Accelerator = "kvm" | "tcg";

/** Number of data disks, disk1 …, in the guest /dev/disk/by-id/virtio-disk1 …. */
export const DISKS = 8;

/**
 * `boot`: from its disks, with its memory in the file `memory` where one is wanted. `snapshot`: where it was when the
 * snapshot of that name was taken of it. `waiting`: for the devices of a saved state, the memory of which it gets to
 * see at once; what it writes stays its own.
 */
export type Begin =
  | { readonly from: "boot"; readonly memory?: string }
  | { readonly from: "snapshot"; readonly name: string }
  | { readonly from: "waiting"; readonly memory: string };

const MEMORY = "2048M";

/**
 * An emulated processor translates code once per address: where each program lies at another place each time, all of it
 * is translated each time, and a process takes four times as long to start.
 */
const FAST_KERNEL = "mitigations=off norandmaps";

/** What a machine is emulated by, or runs on, and how many processors it has. */
export interface Hardware {
  readonly accel: Accelerator;
  readonly processors: number;
}

export interface Machine extends Hardware {
  /** Folder of the machine: disks, sockets, console.log, qemu.log. */
  readonly folder: string;
  /** Folder of the image: kernel and initrd. */
  readonly image: string;
  /** Port on 127.0.0.1 that leads to the guest's sshd; 0 = any that is free. */
  readonly port: number;
  /** How it begins. */
  readonly begin: Begin;
  /** True: it lives on without this process. False: it is killed when this process ends, however that ends. */
  readonly kept: boolean;
}

/** Starts QEMU; returns its process id. */
export function start(machine: Machine): number {
  const { folder, begin, kept } = machine;
  const argv = [...commandLine(machine), ...memory(begin), ...beginning(begin)];
  const leash = kept ? [] : ["setpriv", "--pdeathsig", "KILL"];
  const [program = "", ...args] = [...leash, ...argv];
  const log = openSync(join(folder, "qemu.log"), "a");
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`cannot start ${program}: is it installed?`);
  return child.pid;
}

/** The memory has the same name in every case: only then can a machine go on from what another one was. */
function memory(begin: Begin): string[] {
  const file = begin.from === "snapshot" ? undefined : begin.memory;
  const shared = begin.from === "boot" ? "on" : "off";
  const backend = file === undefined ? "memory-backend-ram" : `memory-backend-file,mem-path=${file},share=${shared}`;
  return ["-object", `${backend},id=memory,size=${MEMORY}`, "-machine", "memory-backend=memory"];
}

function beginning(begin: Begin): string[] {
  if (begin.from === "snapshot") return ["-loadvm", begin.name];
  return begin.from === "waiting" ? ["-incoming", "defer"] : [];
}

/** Paths of disks and sockets are relative to the machine's folder. */
function commandLine({ image, port, ...on }: Hardware & Pick<Machine, "image" | "port">): string[] {
  const disks = Array.from({ length: DISKS }, (_, i) => `disk${String(i + 1)}`);
  return [
    "qemu-system-x86_64",
    ...hardware(on),
    ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd.img")],
    ...["-append", `root=LABEL=root ro console=ttyS0 net.ifnames=0 quiet ${FAST_KERNEL}`],
    ...drive("root"),
    ...disks.flatMap((id) => drive(id, `,serial=${id}`)),
    ...["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(port)}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
    ...["-qmp", "unix:qmp,server=on,wait=off"],
    ...["-chardev", "file,id=console,path=console.log,append=on", "-device", "isa-serial,chardev=console"],
    ...["-chardev", "socket,id=clock,path=clock,server=on,wait=off", "-device", "isa-serial,chardev=clock"],
  ];
}

/** Machine type, processors and memory. */
export function hardware({ accel, processors }: Hardware): string[] {
  const fast = accel === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg", "-cpu", "max"];
  return ["-nodefaults", "-display", "none", "-machine", "pc", ...fast, "-smp", String(processors), "-m", MEMORY];
}

// A lost host loses the lab's data; in exchange the guest's flushes cost nothing.
function drive(id: string, extra = ""): string[] {
  const file = `if=none,id=${id},file=${id}.qcow2,format=qcow2,cache=unsafe,discard=unmap`;
  return ["-drive", file, "-device", `virtio-blk-pci,drive=${id}${extra}`];
}

/** A key of everything that a saved state or a snapshot holds for, the image aside. */
export function machineKey(on: Hardware): string {
  const name = JSON.stringify(on);
  const known = keys.get(name);
  if (known !== undefined) return known;
  const line = [...commandLine({ image: "", port: 0, ...on }), ...memory({ from: "boot" })];
  const hash = createHash("sha256").update(line.join("\0"));
  hash.update(spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout);
  if (on.accel === "kvm") hash.update(/^model name.*$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[0] ?? "");
  const key = hash.digest("hex").slice(0, 8);
  keys.set(name, key);
  return key;
}

const keys = new Map<string, string>();
