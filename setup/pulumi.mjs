// A Pulumi command line with its Node.js language host: found, downloaded, or built.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CACHE, locked, ROOT, say } from "./cache.mjs";
import { installPackages } from "./packages.mjs";
import { step, StepFailed } from "./run-step.mjs";

const VERSION = "3.259.0";
/** The oldest whose `read` of a dynamic provider may return inputs, without which drift does not show. */
const OLDEST = [3, 216];
const GO = "1.25.11";

/**
 * What -s and -w leave out in the end is not made in the first place. Inlining takes a quarter of the compiler's time: it
 * is done in Go's own packages and Pulumi's, and not in most other libraries, without which a start is as quick. The last
 * pattern that fits counts.
 */
const COMPILER = [
  "-gcflags=all=-dwarf=false",
  "-gcflags=github.com/...=-l -dwarf=false",
  "-gcflags=cloud.google.com/...=-l -dwarf=false",
  "-gcflags=github.com/pulumi/...=-dwarf=false",
];

/**
 * The folder that has `pulumi`. Says which way was taken, and why the ones before it were not.
 * @param {NodeJS.ProcessEnv} env
 */
export async function pulumiFolder(env) {
  /** @type {string[]} */
  const passed = [];
  const onPath = (env["PATH"] ?? "").split(delimiter).find((folder) => existsSync(join(folder, "pulumi")));
  if (onPath === undefined) passed.push("none on PATH");
  else {
    const complaint = unfit(onPath, env);
    if (complaint === undefined) return onPath;
    say(`Pulumi: ${complaint}; using ${VERSION} instead, from ${CACHE}`);
    passed.push(complaint);
  }
  const home = join(CACHE, `pulumi-${VERSION}`);
  const bin = join(home, "bin");
  await locked("pulumi", async () => {
    if (existsSync(join(bin, "pulumi"))) return;
    passed.push(`none in ${home}`);
    // One name: what a build that was killed has compiled is used by the next.
    const draft = `${home}.draft`;
    mkdirSync(join(draft, "bin"), { recursive: true });
    const refusal = await download(join(draft, "bin"));
    if (refusal === undefined) say(`Pulumi ${VERSION}: downloaded (${passed.join("; ")})`);
    else {
      say(`Pulumi ${VERSION}: building it from Go modules (${[...passed, refusal].join("; ")})`);
      await build(draft);
    }
    const { stdout, stderr } = spawnSync(join(draft, "bin", "pulumi"), ["version"], {
      encoding: "utf8",
      env: quiet(env),
    });
    if (stdout.trim() !== `v${VERSION}`)
      throw new StepFailed(`the new pulumi says ${stdout}${stderr} instead of v${VERSION}`);
    rmSync(home, { recursive: true, force: true });
    renameSync(draft, home);
  });
  return bin;
}

/**
 * Why the Pulumi in a folder does not fit; undefined when it does.
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 */
function unfit(folder, env) {
  const { stdout } = spawnSync(join(folder, "pulumi"), ["version"], { encoding: "utf8", env: quiet(env) });
  const [major = 0, minor = 0] = (stdout ?? "").trim().replace(/^v/, "").split(".").map(Number);
  if (major !== OLDEST[0] || minor < (OLDEST[1] ?? 0))
    return `the one in ${folder} is ${(stdout ?? "").trim()}, ${OLDEST.join(".")} or newer is needed`;
  const hosts = (env["PATH"] ?? "").split(delimiter).some((one) => existsSync(join(one, "pulumi-language-nodejs")));
  return hosts ? undefined : `the one in ${folder} has no pulumi-language-nodejs beside it`;
}

/** @param {NodeJS.ProcessEnv} env */
function quiet(env) {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" };
}

/**
 * The official release, checked against its published checksums. Returns why it cannot be had.
 * @param {string} bin
 */
async function download(bin) {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const name = `pulumi-v${VERSION}-linux-${arch}.tar.gz`;
  try {
    const sums = await get(
      `https://github.com/pulumi/pulumi/releases/download/v${VERSION}/pulumi-${VERSION}-checksums.txt`,
    );
    const wanted = sums
      .toString()
      .split("\n")
      .find((line) => line.endsWith(name))
      ?.split(/\s/)[0];
    if (wanted === undefined) return `the published checksums have no ${name}`;
    say(`Pulumi ${VERSION}: downloading …`);
    const archive = await get(`https://get.pulumi.com/releases/sdk/${name}`);
    const got = createHash("sha256").update(archive).digest("hex");
    if (got !== wanted) return `the download's sha256 is ${got}, published is ${wanted}`;
    const file = join(bin, "..", name);
    writeFileSync(file, archive);
    await step("unpacking Pulumi", ["tar", "-xzf", file, "--strip-components=1", "-C", bin]);
    rmSync(file);
    return undefined;
  } catch (error) {
    const cause = /** @type {{ cause?: { code?: string } }} */ (error).cause?.code;
    return `the official download cannot be reached (${cause ?? (error instanceof Error ? error.message : String(error))})`;
  }
}

/** @param {string} url */
async function get(url) {
  // The time limit is for the answer to begin; the body may take as long as it does.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 10_000);
  const response = await fetch(url, { signal: limit.signal });
  clearTimeout(timer);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/**
 * The command line and a language host that drives it, from the Go modules pinned in setup/toolchain.
 * @param {string} draft
 */
async function build(draft) {
  const scratch = join(draft, "go");
  mkdirSync(scratch, { recursive: true });
  const env = {
    ...process.env,
    GOCACHE: join(scratch, "cache"),
    GOMODCACHE: join(scratch, "modules"),
    GOFLAGS: "-modcacherw -buildvcs=false",
    GOTOOLCHAIN: "local",
  };
  const go = await goCommand(scratch, env);
  const compile = async (
    /** @type {string} */ module,
    /** @type {string} */ what,
    /** @type {string} */ out,
    /** @type {string} */ flags,
  ) => {
    const source = join(scratch, module);
    cpSync(join(ROOT, "setup", "toolchain", module), source, { recursive: true });
    await step(
      `building ${what.split("/").at(-1)}`,
      [go, "build", "-trimpath", ...COMPILER, "-ldflags", `-s -w ${flags}`, "-o", out, what],
      { cwd: source, env },
    );
  };
  const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${VERSION}`;
  await compile(
    "language-nodejs",
    "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    join(draft, "libexec", "pulumi-language-nodejs"),
    "",
  );
  await compile("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", join(draft, "bin", "pulumi"), version);
  rmSync(scratch, { recursive: true, force: true });
  const host = join(draft, "bin", "pulumi-language-nodejs");
  // This host reads no options from Pulumi.yaml: `typescript: false` has to be said here.
  writeFileSync(host, '#!/bin/sh\nexec "$(dirname "$0")/../libexec/pulumi-language-nodejs" -typescript=false "$@"\n');
  chmodSync(host, 0o755);
  const dynamic = "pulumi-resource-pulumi-nodejs";
  copyFileSync(join(ROOT, "node_modules", "@pulumi", "pulumi", dynamic), join(draft, "bin", dynamic));
}

/**
 * A Go that is new enough: the machine's, or the toolchain module that Go itself would switch to.
 * @param {string} scratch
 * @param {NodeJS.ProcessEnv} env
 */
async function goCommand(scratch, env) {
  if (version("go") === undefined) await installPackages(["golang-go"]);
  const have = version("go");
  if (have === undefined) throw new StepFailed("there is no Go, and the package golang-go brought none");
  if (have >= numeric(GO)) return "go";
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const module = `golang.org/toolchain@v0.0.1-go${GO}.linux-${arch}`;
  await step(`Go ${GO}`, ["go", "mod", "download", module], { cwd: scratch, env });
  const home = join(env["GOMODCACHE"] ?? "", module);
  await step("unpacking Go", ["chmod", "-R", "u+x", join(home, "bin"), join(home, "pkg", "tool")]);
  return join(home, "bin", "go");
}

/** @param {string} go */
function version(go) {
  const { stdout, error } = spawnSync(go, ["version"], { encoding: "utf8" });
  return error === undefined ? numeric(/go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? "0") : undefined;
}

/** @param {string} text */
function numeric(text) {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map(Number);
  return major * 1e6 + minor * 1e3 + patch;
}

/** The environment in which plain `pulumi` commands work on the stacks of this checkout's lab. */
export function stackEnvironment(/** @type {string} */ lab) {
  return {
    PULUMI_HOME: join(lab, "pulumi"),
    PULUMI_BACKEND_URL: `file://${join(lab, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "lab",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    // Else a refresh goes by the configuration of the last run.
    PULUMI_RUN_PROGRAM: "true",
  };
}
