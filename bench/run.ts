/**
 * `npm run bench`: how a run compares with its floor, which is the same program with kinds that do nothing (the
 * engine's own time) and one plain `ssh` call that reads, or does, the same. What is compared runs by turns.
 * `npm run bench -- containers` runs the named parts only.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startLab, type Lab } from "../lab/host.ts";
import { makeProject } from "../test/support/project.ts";
import { startProxy } from "../test/support/proxy.ts";
import {
  containers,
  copies,
  host,
  NEW_POOL,
  POOL,
  READ_ALL,
  READ_CONTAINERS,
  READ_HOST,
  shellScript,
  stack,
} from "./stack.ts";

// Smaller ones are for trying the bench itself.
const SCALE = Number(process.env["PHOENIX_BENCH_SCALE"] ?? 1);
const ROUNDS = Math.ceil(5 * SCALE);
const DATASETS = Math.ceil(200 * SCALE);
const EXPORTS = Math.ceil(100 * SCALE);
const FIRST = Math.ceil(60 * SCALE);
const CONTAINERS = Math.ceil(50 * SCALE);

interface Target {
  readonly what: string;
  readonly shows: string;
  readonly value: number;
  readonly most: number;
}

const targets: Target[] = [];

function report(what: string, value: number, most: number, shows = ""): void {
  targets.push({ what, value, most, shows });
  const verdict = value <= most ? "ok" : "MISSED";
  console.log(
    `${what.padEnd(58)} ${value.toFixed(2).padStart(8)}  at most ${String(most).padEnd(5)} ${verdict}  ${shows}`,
  );
}

const lab = await startLab("bench");
const ours = await makeProject();
const idle = await makeProject({ providers: join(import.meta.dirname, "idle") });
const PARTS = { "first-apply": firstApply, "no-change": noChange, host: wholeHost, containers: manyContainers };
try {
  const named = process.argv.slice(2);
  for (const [name, measure] of Object.entries(PARTS)) if (named.length === 0 || named.includes(name)) await measure();
} finally {
  for (const project of [ours, idle]) project.remove();
  await lab.stop();
}
process.exit(targets.some(({ value, most }) => value > most) ? 1 : 0);

/** The first apply of some datasets against a shell script with the same commands. */
async function firstApply(): Promise<void> {
  for (const project of [ours, idle]) project.configure(stack(at(lab.port), FIRST, 0));
  const [applied, scripted, engine] = await byTurns(
    async () => {
      await ssh(lab, NEW_POOL);
      await ours.forget();
      return (await ours.must("up")).seconds;
    },
    async () => {
      await ssh(lab, NEW_POOL);
      return ssh(lab, "sh", shellScript(FIRST));
    },
    async () => {
      await idle.forget();
      return (await idle.must("up")).seconds;
    },
  );
  report(
    `first apply of ${String(FIRST)} datasets : a shell script + the engine`,
    applied / (scripted + engine),
    1.3,
    `${seconds(applied)} : ${seconds(scripted)} + ${seconds(engine)}`,
  );
}

/** Previews that look at everything and find nothing to do. */
async function noChange(): Promise<void> {
  await ssh(lab, NEW_POOL);
  for (const project of [ours, idle]) {
    await project.forget();
    project.configure(stack(at(lab.port), DATASETS, EXPORTS));
    await project.must("up");
  }
  const resources = ours.resources().length;
  report("bytes of state per resource", ours.state().length / resources, 1500, `${String(resources)} resources`);
  for (const roundTrip of [0, 50]) {
    const what = `no-op preview, ${String(DATASETS)} datasets and ${String(EXPORTS)} exports, +${String(roundTrip)} ms`;
    const roundTrips = await preview(what, (to) => stack(to, DATASETS, EXPORTS), READ_ALL, roundTrip, 1.2);
    report(`${what} : round trips`, roundTrips, 10);
  }
}

/** The same for a host of which everything is declared. */
async function wholeHost(): Promise<void> {
  await ssh(lab, `zpool destroy ${POOL}; rm -f /etc/exports.d/*; exportfs -ra`);
  for (const project of [ours, idle]) {
    await project.forget();
    project.configure(host(at(lab.port)));
    await project.must("up");
  }
  const what = `no-op preview of a whole host, ${String(ours.resources().length)} resources`;
  await preview(what, host, READ_HOST, 0, 1.3);
}

/** The same for containers, a fifth of which run. */
async function manyContainers(): Promise<void> {
  await ssh(lab, NEW_POOL);
  const declared = (connection: object) => containers(connection, CONTAINERS);
  for (const [project, count] of [
    [ours, 1],
    [ours, CONTAINERS],
    [idle, CONTAINERS],
  ] as const) {
    if (count === 1 || project === idle) await project.forget();
    else await ssh(lab, copies(CONTAINERS));
    project.configure(containers(at(lab.port), count));
    await project.must("up");
  }
  await preview(`no-op preview of ${String(CONTAINERS)} containers`, declared, READ_CONTAINERS, 0, 1.3);
}

/** A preview without changes against its floor; how many round trips it took. */
async function preview(
  what: string,
  declared: (connection: object) => Record<string, unknown>,
  readAll: string,
  roundTrip: number,
  most: number,
): Promise<number> {
  const proxy = await startProxy(lab.port, roundTrip);
  for (const project of [ours, idle]) project.configure(declared(at(proxy.port)));
  let roundTrips = 0;
  const [looked, engine, read] = await byTurns(
    async () => {
      proxy.roundTrips();
      const run = await ours.must("preview");
      roundTrips = proxy.roundTrips();
      if (run.tally.length + run.changes.length > 0)
        throw new Error(`it is no preview without changes:\n${run.output}`);
      return run.seconds;
    },
    async () => (await idle.must("preview")).seconds,
    async () => ssh({ ...lab, port: proxy.port }, readAll),
  );
  proxy.close();
  report(
    `${what} : floor`,
    looked / (engine + read),
    most,
    `${seconds(looked)} : ${seconds(engine)} + ${seconds(read)}`,
  );
  return roundTrips;
}

function at(port: number): object {
  return { host: "lab", sshConfig: lab.sshConfig, port };
}

/** Medians, in seconds, of what is measured by turns. */
async function byTurns<Each extends (() => Promise<number>)[]>(
  ...measures: Each
): Promise<{ [I in keyof Each]: number }> {
  const times = measures.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, measure] of measures.entries()) times[i]?.push(await measure());
  return times.map((each) => each.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN) as {
    [I in keyof Each]: number;
  };
}

/** One plain call of ssh; how long it took. */
async function ssh({ sshConfig, port }: Pick<Lab, "sshConfig" | "port">, line: string, input = ""): Promise<number> {
  const began = performance.now();
  const child = spawn("ssh", ["-F", sshConfig, "-p", String(port), "lab", line], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`ssh ended with ${String(code)}: ${line}`);
  return (performance.now() - began) / 1000;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
