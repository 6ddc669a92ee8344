/** A throw-away Pulumi project over this checkout's code, with a state, a configuration and a command log of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CommandLine, ConnectionLine } from "../../providers/host/log.ts";
import { ROOT } from "../../setup/cache.mjs";
import { stackEnvironment } from "../../setup/pulumi.mjs";

/** `time`: when it was over. */
export type LogLine = (CommandLine | ConnectionLine) & { readonly time: string };

/** What came of a pulumi command. */
export interface Run {
  readonly code: number | null;
  /** What it printed on stdout and stderr. */
  readonly output: string;
  /** The lines under `Resources:`, such as `~ 4 to update`, but for those that count what stayed as it was. */
  readonly tally: readonly string[];
  /** What it logged. */
  readonly log: readonly LogLine[];
  /** Labels of the changing commands in the log. */
  readonly changes: readonly string[];
  readonly seconds: number;
}

export interface Child {
  readonly pid: number;
  readonly command: string;
}

export interface Started {
  readonly done: Promise<Run>;
  /** Resolves when the log shows so many changing commands, or the run has ended. */
  changed(count: number): Promise<void>;
  /** SIGKILL: for the engine alone, or for every process it has started too. Returns the latter. */
  kill(whom: "engine" | "all"): readonly Child[];
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface Project {
  /** The folder with everything of the project in it. */
  readonly folder: string;
  /** Sets the whole configuration, keys without the project's name. */
  configure(config: Readonly<Record<string, unknown>>): void;
  /** Runs a pulumi command on the stack to its end. */
  run(command: string, ...args: readonly string[]): Promise<Run>;
  /** As {@link run}; it must succeed. */
  must(command: string, ...args: readonly string[]): Promise<Run>;
  start(command: string, ...args: readonly string[]): Started;
  /** Loses the stack's state. */
  forget(): Promise<void>;
  resources(): readonly StateResource[];
  /** The text of the file with the state. */
  state(): string;
  remove(): void;
}

/** The encryption salt that goes with the lab's passphrase. */
const SALT = /^encryptionsalt: (.*)$/m.exec(readFileSync(join(ROOT, "Pulumi.dev.yaml"), "utf8"))?.[1];

const PLAIN = ["--non-interactive", "--color=never"];
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  up: [...PLAIN, "--yes", "--skip-preview"],
  preview: [...PLAIN, "--diff"],
  refresh: [...PLAIN, "--yes", "--skip-preview"],
  destroy: [...PLAIN, "--yes", "--skip-preview"],
  cancel: ["--yes"],
  config: [],
};

/** `own`: files and folders that the project has in place of the checkout's, by name. */
export async function makeProject(own: Readonly<Record<string, string>> = {}): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-project-"));
  for (const name of ["providers", "stacks", "policies", "environments", "node_modules", "package.json", "Pulumi.yaml"])
    symlinkSync(own[name] ?? join(ROOT, name), join(folder, name));
  const stacks = join(folder, "state/.pulumi/stacks");
  const state = () => {
    const [file = ""] = readdirSync(stacks, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith("test.json"),
    );
    return readFileSync(join(stacks, file), "utf8");
  };
  const project: Project = {
    folder,
    configure(config) {
      const named = Object.fromEntries(Object.entries(config).map(([key, value]) => [`phoenix:${key}`, value]));
      // JSON is YAML.
      writeFileSync(join(folder, "Pulumi.test.yaml"), JSON.stringify({ config: named, encryptionsalt: SALT }));
    },
    start: (command, ...args) => start(folder, command, args),
    run: async (command, ...args) => start(folder, command, args).done,
    async must(command, ...args) {
      const run = await project.run(command, ...args);
      if (run.code !== 0) throw new Error(`pulumi ${command} ended with ${String(run.code)}:\n${run.output}`);
      return run;
    },
    async forget() {
      rmSync(join(folder, "state"), { recursive: true, force: true });
      mkdirSync(join(folder, "state"));
      await project.must("stack", "init", "test");
    },
    state,
    resources: () =>
      (JSON.parse(state()) as { checkpoint: { latest: { resources: StateResource[] } } }).checkpoint.latest.resources,
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  project.configure({});
  await project.forget();
  return project;
}

let runs = 0;

function start(folder: string, command: string, args: readonly string[]): Started {
  const began = performance.now();
  const log = join(folder, `commands-${String(++runs)}.jsonl`);
  const env = { ...process.env, ...stackEnvironment(folder), PHOENIX_LOG: log };
  const stack = command in FLAGS ? ["--stack", "test"] : [];
  const child = spawn("pulumi", [command, ...(FLAGS[command] ?? []), ...stack, ...args], { cwd: folder, env });
  child.stdin.end();
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  // Not "close": what outlives a killed engine keeps its output open.
  const done = once(child, "exit").then(() => {
    const output = printed.join("");
    const lines = readLog(log);
    return {
      code: child.exitCode,
      output,
      tally: tally(output),
      log: lines,
      changes: changesIn(lines),
      seconds: (performance.now() - began) / 1000,
    };
  });
  return {
    done,
    async changed(count) {
      while (!isOver() && changesIn(readLog(log)).length < count) await pause(20);
    },
    kill(whom) {
      const pid = child.pid ?? 0;
      // Stopped, it starts no more.
      process.kill(pid, "SIGSTOP");
      const others = [...descendants(pid)];
      const told = others.map((one) => ({ pid: one, command: readFileSync(`/proc/${String(one)}/cmdline`, "utf8") }));
      for (const one of [pid, ...(whom === "all" ? others : [])]) process.kill(one, "SIGKILL");
      return told;
    },
  };
}

/** What `preview --diff` says that it would do: by the object's id, the lines with a sign. What it refreshed is left out. */
export function differences(output: string): Record<string, string[]> {
  const objects = [...output.matchAll(/^ +[+~-]+ pulumi-nodejs:\S+: \((?!refresh)(\w+)\)\n((?: {6,}.*\n)*)/gm)];
  return Object.fromEntries(
    objects.map(([, step = "", text = ""]) => [
      `${step} ${/\[id=(.*)\]/.exec(text)?.[1] ?? "?"}`,
      text
        .split("\n")
        .flatMap((line) => (/^ +[+~-] /.test(line) ? [line.trim().replace(/ +:/, ":").replace(/ +/g, " ")] : [])),
    ]),
  );
}

function changesIn(log: readonly LogLine[]): string[] {
  return log.flatMap((line) => (line.event === "command" && line.effect === "change" ? [line.label] : []));
}

function readLog(file: string): LogLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // The last one may be half written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as LogLine);
}

function tally(output: string): string[] {
  const [, counts = ""] = /^Resources:\n((?: +.*\n)+)/m.exec(output) ?? [];
  return counts.split("\n").flatMap((line) => (line === "" || line.endsWith("unchanged") ? [] : [line.trim()]));
}

/** Every process that this one has started, and those that they have. */
function* descendants(pid: number): Generator<number> {
  for (const task of readdirSync(`/proc/${String(pid)}/task`))
    for (const child of readFileSync(`/proc/${String(pid)}/task/${task}/children`, "utf8")
      .trim()
      .split(" ")) {
      if (child === "") continue;
      yield* descendants(Number(child));
      yield Number(child);
    }
}
