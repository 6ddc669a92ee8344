/** A runner of a CI, as far as a job's steps see one: a checkout, a home, and what the CI puts into the environment. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CACHE, ROOT } from "../../setup/cache.mjs";
import type { Env } from "./workflows.ts";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/**
 * A folder with a checkout of its own (`code`), as a runner has it, and folders for its home and temporary files.
 * @param has which files of the repository the checkout has. Default: all but the tests
 */
export function makeRunner(has = (name: string) => !name.startsWith("test/")): string {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-runner-"));
  const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const name of stdout.split("\n").filter((one) => one !== "" && has(one))) {
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
