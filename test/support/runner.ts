/** A runner of a CI, as far as a job's steps see one: a checkout, a home, and what the CI puts into the environment. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CACHE, ROOT } from "../../setup/cache.mjs";
import { load, textOf } from "./stack-files.ts";

export type Env = Readonly<Record<string, string>>;
export type ForgeName = "GitHub" | "GitLab";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A folder with a checkout of its own (`code`), as a runner has it, and folders for its home, temporary files, and a state. */
export function makeRunner(): string {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-runner-"));
  const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const name of stdout.split("\n").filter((one) => one !== "" && !one.startsWith("test/"))) {
    mkdirSync(dirname(join(folder, "code", name)), { recursive: true });
    cpSync(join(ROOT, name), join(folder, "code", name));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "code", "node_modules"));
  // What is installed is newer than the lock.
  utimesSync(join(folder, "code", "package-lock.json"), 0, 0);
  for (const name of ["home", "tmp"]) mkdirSync(join(folder, name));
  return folder;
}

/** Runs a line there, with no more of our own environment than a runner has. */
export async function inRunner(folder: string, run: string, env: Env): Promise<Ran> {
  const clean = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    TMPDIR: join(folder, "tmp"),
    CI: "true",
  };
  const child = spawn("bash", ["-c", run], {
    cwd: join(folder, "code"),
    env: { ...clean, PHOENIX_CACHE: CACHE, ...env },
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  await once(child, "close");
  return { code: child.exitCode, output: said.join("") };
}

interface Job {
  readonly steps?: readonly { readonly run?: string; readonly env?: Env }[];
  readonly script?: readonly string[];
  readonly after_script?: readonly string[];
}

/**
 * The commands of a job as its file has them, each with its own environment.
 * @param known what GitHub puts in the place of `${{ … }}`; all else is empty
 */
export function stepsOf(forge: ForgeName, name: string, known: Env): { readonly run: string; readonly env: Env }[] {
  const file = load(textOf(forge === "GitHub" ? ".github/workflows/hypervisor.yml" : ".gitlab-ci.yml")) as {
    jobs?: Record<string, Job>;
  } & Record<string, unknown>;
  const job = (file.jobs?.[name] ?? file[name]) as Job;
  const lines = [...(job.script ?? []), ...(job.after_script ?? [])].map((run) => ({ run, env: {} }));
  const value = (text: string) => text.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, key: string) => known[key] ?? "");
  const steps = (job.steps ?? []).flatMap(({ run, env = {} }) =>
    run === undefined
      ? []
      : [{ run, env: Object.fromEntries(Object.entries(env).map(([key, text]) => [key, value(text)])) }],
  );
  return [...lines, ...steps];
}

/** A forge that takes comments on change requests, and has none from before. */
export async function startForge(): Promise<{ url: string; comments: string[]; stop(): void }> {
  const comments: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { body } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { body?: string };
      if (body !== undefined) comments.push(body);
      response.end("[]");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: `http://127.0.0.1:${String(port)}`, comments, stop: () => server.close() };
}
