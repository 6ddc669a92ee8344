/** The virtual machine's command line, and what it takes to talk to its monitor. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, openSync, closeSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { join } from "node:path";

export const DISKS = 8;

export interface Machine {
  /** Folder with root.qcow2, disk1.qcow2 …, console.log. */
  readonly disks: string;
  /** Folder for sockets; its path is short. */
  readonly sockets: string;
  /** Folder of the image. */
  readonly image: string;
  readonly accel: "kvm" | "tcg";
  /** Port on 127.0.0.1 that leads to the guest's sshd; 0 = any that is free. */
  readonly port: number;
  /** Name of the saved state to wake up from; undefined = boot. */
  readonly wake?: string | undefined;
  /** True: the machine ends when this process does. */
  readonly dependent: boolean;
}

/** Everything about the machine that a saved state depends on. */
export function hardware(accel: "kvm" | "tcg"): string[] {
  const fast = accel === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,thread=multi", "-cpu", "max"];
  return ["-nodefaults", "-display", "none", "-machine", "pc", ...fast, "-smp", "2", "-m", "2048"];
}

// Ends QEMU when the pipe on standard input closes, that is when the process that asked for it is gone.
const LEASH = 'exec 3<&0; "$@" </dev/null & pid=$!; (read -r _ <&3; kill "$pid") & wait "$pid"';

export function start(machine: Machine): ChildProcess {
  const { disks, image, sockets, port, wake } = machine;
  const drive = (id: string, extra: string) => [
    ...["-drive", `if=none,id=${id},file=${join(disks, id)}.qcow2,format=qcow2,cache=unsafe,discard=unmap`],
    ...["-device", `virtio-blk-pci,drive=${id}${extra}`],
  ];
  const data = Array.from({ length: DISKS }, (_, i) => `disk${String(i + 1)}`);
  const argv = [
    "qemu-system-x86_64",
    ...hardware(machine.accel),
    ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd.img")],
    ...["-append", "root=LABEL=root ro console=ttyS0 net.ifnames=0 mitigations=off quiet"],
    ...drive("root", ""),
    ...data.flatMap((id) => drive(id, `,serial=${id}`)),
    ...["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(port)}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile="],
    ...["-qmp", `unix:${join(sockets, "qmp")},server=on,wait=off`],
    ...["-chardev", `file,id=console,path=${join(disks, "console.log")},append=on`, "-device", "isa-serial,chardev=console"],
    ...["-chardev", `socket,id=clock,path=${join(sockets, "clock")},server=on,wait=off`, "-device", "isa-serial,chardev=clock"],
    ...(wake === undefined ? [] : ["-loadvm", wake]),
  ];
  const log = openSync(join(disks, "qemu.log"), "a");
  const [program = "", ...args] = machine.dependent ? ["/bin/sh", "-c", LEASH, "leash", ...argv] : argv;
  const child = spawn(program, args, { stdio: [machine.dependent ? "pipe" : "ignore", log, log], detached: true });
  child.unref();
  // The pipe must not keep this process alive: its end is what the leash waits for.
  if (child.stdin !== null && "unref" in child.stdin) (child.stdin as Socket).unref();
  closeSync(log);
  return child;
}

/** Opens a unix socket that QEMU is about to make. */
async function open(path: string, child: ChildProcess): Promise<Socket> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the lab's virtual machine ended at once (see qemu.log beside its disks)`);
    if (existsSync(path)) {
      const socket = createConnection(path);
      const opened = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => { resolve(true); });
        socket.once("error", () => { resolve(false); });
      });
      if (opened) return socket;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Hands on each line. That QEMU is gone shows in its process; a socket that breaks with it is no news. */
function listen(socket: Socket, hear: (line: string) => void): void {
  const lines = createInterface({ input: socket });
  lines.on("line", hear);
  lines.on("error", () => { lines.close(); });
}

export interface Monitor {
  /** A command of QEMU's human monitor, and what it prints. */
  hmp(line: string): Promise<string>;
  quit(): Promise<void>;
}

export async function monitor(path: string, child: ChildProcess): Promise<Monitor> {
  const socket = await open(path, child);
  socket.unref();
  const waiting: ((answer: { return?: unknown; error?: { desc: string } }) => void)[] = [];
  listen(socket, (line) => {
    const said = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
    if ("return" in said || "error" in said) waiting.shift()?.(said);
  });
  const ask = async (execute: string, args: object = {}) =>
    new Promise<string>((resolve, reject) => {
      socket.ref();
      waiting.push(({ error, return: answer }) => {
        if (waiting.length === 0) socket.unref();
        if (error === undefined) resolve(typeof answer === "string" ? answer : "");
        else reject(new Error(error.desc));
      });
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
  await ask("qmp_capabilities");
  return {
    async hmp(line) {
      const answer = await ask("human-monitor-command", { "command-line": line });
      if (/error/i.test(answer)) throw new Error(`the lab's monitor refused \`${line}\`: ${answer.trim()}`);
      return answer;
    },
    async quit() {
      const gone = new Promise((resolve) => socket.once("close", resolve));
      socket.ref();
      socket.write(`${JSON.stringify({ execute: "quit" })}\n`);
      await gone;
    },
  };
}

/** Tells the guest the time: a machine that wakes up from a saved state believes it is the time of saving. */
export async function setClock(path: string, child: ChildProcess): Promise<void> {
  const socket = await open(path, child);
  const answered = new Promise<void>((resolve) => {
    listen(socket, (line) => {
      if (line.startsWith("set ")) resolve();
    });
  });
  // What is written before the guest's clock service listens is lost: say it again until it answers.
  const tell = () => socket.write(`${String(Math.floor(Date.now() / 1000))}\n`);
  tell();
  const again = setInterval(tell, 500);
  await answered;
  clearInterval(again);
  socket.destroy();
}

export function qemuVersion(): string {
  return spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout.split("\n")[0] ?? "";
}
