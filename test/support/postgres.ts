/** A Postgres of one's own, where the machine has the programs. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const NOBODY = 65534;

export interface Postgres {
  /** Where its database is, with user and password. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The folder with its programs; Debian has them off the PATH. */
export function postgresFolder(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...globSync("/usr/lib/postgresql/*/bin")];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

export async function startPostgres(bin: string, password: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-postgres-"));
  const data = join(folder, "data");
  const isRoot = process.getuid?.() === 0;
  // It refuses to be root's.
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  writeFileSync(join(folder, "password"), password, { mode: 0o644 });
  const init = ["-D", data, "-U", "pulumi", "-A", "scram-sha-256", `--pwfile=${join(folder, "password")}`, "--no-sync"];
  const { status, stderr } = spawnSync(join(bin, "initdb"), init, { ...options, encoding: "utf8" });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
  const port = await freePort();
  const settings = ["unix_socket_directories=", "fsync=off", `port=${String(port)}`, "listen_addresses=127.0.0.1"];
  const server = spawn(join(bin, "postgres"), ["-D", data, ...settings.flatMap((one) => ["-c", one])], options);
  const ended = once(server, "close");
  await new Promise<void>((resolve, reject) => {
    const said: string[] = [];
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.push(text);
      if (said.join("").includes("ready to accept connections")) resolve();
    });
    ended.then(() => {
      reject(new Error(`postgres ended: ${said.join("")}`));
    }, reject);
  });
  return {
    url: `postgres://pulumi:${password}@127.0.0.1:${String(port)}/postgres?sslmode=disable`,
    async stop() {
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
