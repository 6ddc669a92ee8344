/** The virtual machine: QEMU's command line, and its process. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Accelerator = "kvm" | "tcg";

/** Number of data disks, disk1 …, in the guest /dev/disk/by-id/virtio-disk1 …. */
export const DISKS = 8;

export interface Machine {
  /** Folder of the machine: disks, sockets, console.log, qemu.log. */
  readonly folder: string;
  /** Folder of the image: kernel and initrd. */
  readonly image: string;
  readonly accel: Accelerator;
  /** Port on 127.0.0.1 that leads to the guest's sshd; 0 = any that is free. */
  readonly port: number;
  /** Name of the saved state to wake up from; undefined = boot. */
  readonly wake: string | undefined;
  /** True: it lives on without this process. False: it is killed when this process ends, however that ends. */
  readonly kept: boolean;
}

/** Starts QEMU; returns its process id. */
export function start(machine: Machine): number {
  const { folder, wake, kept } = machine;
  const argv = [...commandLine(machine), ...(wake === undefined ? [] : ["-loadvm", wake])];
  const leash = kept ? [] : ["setpriv", "--pdeathsig", "KILL"];
  const [program = "", ...args] = [...leash, ...argv];
  const log = openSync(join(folder, "qemu.log"), "a");
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`cannot start ${program}: is it installed?`);
  return child.pid;
}

/** Paths of disks and sockets are relative to the machine's folder. */
function commandLine({ image, accel, port }: Pick<Machine, "image" | "accel" | "port">): string[] {
  const disks = Array.from({ length: DISKS }, (_, i) => `disk${String(i + 1)}`);
  return [
    "qemu-system-x86_64",
    ...hardware(accel),
    ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd.img")],
    ...["-append", "root=LABEL=root ro console=ttyS0 net.ifnames=0 mitigations=off quiet"],
    ...drive("root"),
    ...disks.flatMap((id) => drive(id, `,serial=${id}`)),
    ...["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(port)}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
    ...["-qmp", "unix:qmp,server=on,wait=off"],
    ...["-chardev", "file,id=console,path=console.log,append=on", "-device", "isa-serial,chardev=console"],
    ...["-chardev", "socket,id=clock,path=clock,server=on,wait=off", "-device", "isa-serial,chardev=clock"],
  ];
}

/** Machine type, processor and memory. */
export function hardware(accel: Accelerator): string[] {
  const fast = accel === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,thread=multi", "-cpu", "max"];
  return ["-nodefaults", "-display", "none", "-machine", "pc", ...fast, "-smp", "2", "-m", "2048"];
}

// A lost host loses the lab's data; in exchange the guest's flushes cost nothing.
function drive(id: string, extra = ""): string[] {
  const file = `if=none,id=${id},file=${id}.qcow2,format=qcow2,cache=unsafe,discard=unmap`;
  return ["-drive", file, "-device", `virtio-blk-pci,drive=${id}${extra}`];
}

/** A key of everything that a saved state holds for, the image aside. */
export function machineKey(accel: Accelerator): string {
  const hash = createHash("sha256").update(commandLine({ image: "", accel, port: 0 }).join("\0"));
  hash.update(spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout);
  if (accel === "kvm") hash.update(/^model name.*$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[0] ?? "");
  return hash.digest("hex").slice(0, 8);
}
