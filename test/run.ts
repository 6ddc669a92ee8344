/**
 * `npm test`: every test, a few jobs at a time. A job is a mocha process of its own: what needs no lab host is one,
 * each file of lab tests is one, and of the laws, which take longest, each kind is one. With arguments: plain mocha.
 * The lab's image and Pulumi may be in the making, which takes all processors: the tests wait for both. Those without a
 * lab come first: its first boot leaves a processor to them.
 */
import { spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter } from "node:path";
import { labImage } from "../lab/image.ts";
import { kinds } from "../providers/registry.ts";
import { pulumiFolder } from "../setup/pulumi.mjs";
import { main } from "../setup/run-step.mjs";
import { testFolders } from "../setup/test-tools.mjs";

const MOCHA = "node_modules/mocha/bin/mocha.js";
const LAWS = "test/laws.lab.test.ts";
const LAB = "test/**/*.lab.test.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const WITHOUT_LAB = ["--ignore", LAB, "test/**/*.test.ts"];

const args = process.argv.slice(2);

/** Those that take minutes come first, so that none of them is left to run alone: the longest one at the top. */
const LONGEST = [
  "test/lxc.engine.",
  "test/pipelines.",
  "test/lxc.debian.",
  "lxc:Container ",
  "test/nvidia.",
  "test/engine.",
  "test/lxc.pve.",
  "nvidia:Driver ",
  "test/samba.",
  "test/zfs.",
  "test/lxc.copies.",
  "test/firewall.pve.",
  "test/engine-killed.",
  "test/firewall.lab.",
  "test/firewall.guest.",
  "test/policies.each.",
  "zfs:Pool ",
];

function jobs(): (readonly string[])[] {
  const files = globSync(LAB).toSorted();
  const lab = [
    ...(files.includes(LAWS) ? kinds.map(({ type }) => [LAWS, "--fgrep", `on the lab host, ${type} `]) : []),
    ...files.filter((file) => file !== LAWS).map((file) => [file]),
  ];
  return [WITHOUT_LAB, ...lab.toSorted((one, other) => rank(one) - rank(other))];
}

function rank(job: readonly string[]): number {
  const at = LONGEST.findIndex((name) => shown(job).includes(name));
  return at === -1 ? LONGEST.length : at;
}

/** Puts folders on the path of the jobs. */
async function onPath(folders: Promise<readonly string[]>): Promise<void> {
  process.env["PATH"] = [...(await folders), process.env["PATH"]].join(delimiter);
}

/** All that tests need; a test that is named may do without the lab's image. */
async function prepared(): Promise<void> {
  await Promise.all([
    onPath(testFolders()),
    onPath(pulumiFolder(process.env).then((folder) => [folder])),
    args.length > 0 ? undefined : labImage(),
  ]);
}

/** Runs a job to its end, and shows then what it printed. */
async function run(args: readonly string[]): Promise<Counts> {
  const began = performance.now();
  const child = spawn(process.execPath, [MOCHA, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => printed.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.once("close", (status) => {
      resolve(status ?? 1);
    });
  });
  const text = Buffer.concat(printed).toString();
  console.log(`${text}\n${shown(args)}: ${String(Math.round((performance.now() - began) / 1000))} s\n`);
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m.exec(text) ?? [];
  const counts = { passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: Number(skipped ?? 0) };
  // A job that broke down before or after it has counted is a failure too; one that ran nothing was misnamed.
  const broken = counts.failed === 0 && (code !== 0 || counts.passed + counts.skipped === 0);
  return broken ? { ...counts, failed: 1 } : counts;
}

function shown(args: readonly string[]): string {
  return args.map((word) => (/[ *]/.test(word) ? `'${word}'` : word)).join(" ");
}

async function runAll(): Promise<number> {
  const waiting = jobs();
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  const bad: string[] = [];
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const { passed, failed, skipped } = await run(job);
      sum.passed += passed;
      sum.failed += failed;
      sum.skipped += skipped;
      if (failed > 0) bad.push(shown(job));
    }
  };
  // One more than processors: a job waits for this and that for an eighth of its time. Two more gain nothing.
  const side = Math.min(4, availableParallelism() + 1);
  console.log(
    `${String(waiting.length)} jobs, ${String(side)} at a time; each shows what it printed when it has ended`,
  );
  await Promise.all(Array.from({ length: side }, worker));
  for (const job of bad) console.log(`failed: npm test -- ${job}`);
  const skipped = sum.skipped > 0 ? `, ${String(sum.skipped)} skipped` : "";
  console.log(`${String(sum.passed)} passed, ${String(sum.failed)} failed${skipped}`);
  return sum.failed > 0 ? 1 : 0;
}

await main(async () => {
  await prepared();
  if (args.length === 0) return runAll();
  return spawnSync(process.execPath, [MOCHA, ...args], { stdio: "inherit" }).status ?? 1;
});
