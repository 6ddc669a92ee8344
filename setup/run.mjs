// `npm run up|down|lab|preview|deploy|drift|comment|test|check|docs|bench`: brings what the command needs, then runs it with the right Node.
// Plain JavaScript for Node 20: at this point nothing is installed yet.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { ROOT, say } from "./cache.mjs";
import { installModules } from "./modules.mjs";
import { nodeFolder } from "./node.mjs";
import { installPackages } from "./packages.mjs";
import { pulumiFolder } from "./pulumi.mjs";
import { StepFailed } from "./run-step.mjs";

const LAB_PACKAGES = [
  "qemu-system-x86",
  "qemu-utils",
  "mmdebstrap",
  "debian-archive-keyring",
  "e2fsprogs",
  "openssh-client",
];

/**
 * What each command runs, and what it needs: the lab, Pulumi, or just packages. The tests bring all else themselves: one
 * that is named may do without the lab's image.
 */
const COMMANDS = {
  up: { run: ["lab/up.ts"], lab: true, pulumi: true },
  down: { run: ["lab/down.ts"], lab: true, pulumi: true },
  preview: { run: ["pipelines/preview.ts"], lab: false, pulumi: true },
  deploy: { run: ["pipelines/deploy.ts"], lab: false, pulumi: true },
  drift: { run: ["pipelines/drift.ts"], lab: false, pulumi: true },
  comment: { run: ["pipelines/comment.ts"], lab: false, pulumi: false },
  lab: { run: ["lab/cli.ts"], lab: true, pulumi: true },
  test: {
    run: ["test/run.ts"],
    lab: false,
    pulumi: false,
    packages: [...LAB_PACKAGES, "shellcheck"],
  },
  check: { run: ["setup/check.mjs"], lab: false, pulumi: false },
  docs: { run: ["docs/generate.ts"], lab: false, pulumi: false },
  bench: { run: ["bench/run.ts"], lab: true, pulumi: true },
};

const [name = "", ...args] = process.argv.slice(2);
try {
  const command = COMMANDS[/** @type {keyof typeof COMMANDS} */ (name)];
  if (command === undefined)
    throw new StepFailed(`there is no command ${name}; known: ${Object.keys(COMMANDS).join(", ")}`);
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 20)
    throw new StepFailed(`Node 20 or newer is needed to begin with; this is ${process.version} (${process.execPath})`);
  process.exitCode = await obey(command);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/**
 * @param {{
 *   run: string[],
 *   lab: boolean,
 *   pulumi: boolean,
 *   packages?: string[],
 * }} command
 */
async function obey({ run, lab, pulumi, packages = lab ? LAB_PACKAGES : [] }) {
  const env = { ...process.env };
  const prepend = (/** @type {string} */ folder) => (env["PATH"] = `${folder}${delimiter}${env["PATH"]}`);
  prepend(await nodeFolder());
  await installModules(env);
  await installPackages(packages);
  // The two that take minutes on a new machine go side by side.
  const [folder, code] = await Promise.all([
    pulumi ? pulumiFolder(env) : undefined,
    lab ? node(env, ["lab/image.ts"]) : 0,
  ]);
  if (code !== 0) return code;
  if (folder !== undefined) prepend(folder);
  return node({ ...env, PHOENIX_TOOLS: env["PATH"] }, [...run, ...args]);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} argv
 * @returns {Promise<number>}
 */
function node(env, argv) {
  const child = spawn("node", [join(ROOT, argv[0] ?? ""), ...argv.slice(1)], { cwd: ROOT, env, stdio: "inherit" });
  // Ctrl-C goes to the child as well, which may have something to bring to its end; other signals only come here.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
