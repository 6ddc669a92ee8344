/** Runs the jobs of the workflow files as a forge does, on a runner of ours. */
import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../setup/cache.mjs";
import { inRunner, makeRunner, type Ran } from "./runner.ts";
import { FORGES, jobsOf, titleOf, type Env, type ForgeName, type Job, type Moment } from "./workflows.ts";

/** Whether all steps of a job went well, and what they printed. */
interface Came {
  readonly ok: boolean;
  readonly output: string;
}
/** By the jobs' titles. */
export type AllCame = Readonly<Record<string, Came>>;

export interface Site {
  /** The folder of the runner that has the jobs of a stack: no two jobs that run at the same time share a checkout. */
  readonly folders: Readonly<Record<string, string>>;
  /** Where the forge is, and the token by which a job speaks to it. */
  readonly url: string;
  readonly token: string;
  /** What the CI's store gives to a job of an environment, or of none. */
  store(environment: string | undefined): Env;
}

export interface Pipelines {
  /** Runs what a forge's file has for a moment: all jobs at once, as a forge does, each with all of its steps. */
  happens(forge: ForgeName, moment: Moment): Promise<AllCame>;
  /** The ids of the steps that have run. */
  readonly ran: Readonly<Record<ForgeName, ReadonlySet<string>>>;
  readonly printed: readonly string[];
}

export function pipelines(site: Site): Pipelines {
  const printed: string[] = [];
  const ran = Object.fromEntries(FORGES.map((forge) => [forge, new Set<string>()])) as Record<ForgeName, Set<string>>;
  const checks = new Map<string, Ran>();

  function runnerOf(stack: string): string {
    const folder = site.folders[stack];
    assert.ok(folder !== undefined, `there is no runner for ${stack}`);
    return folder;
  }

  /** What follows a failed step runs only where the file says so. */
  async function all(forge: ForgeName, job: Job): Promise<Came> {
    const outcomes: Ran[] = [];
    for (const { id, run, env, always } of job.steps) {
      if (outcomes.some(({ code }) => code !== 0) && !always) continue;
      const given = environment(site, forge, job, env);
      outcomes.push(await (job.stack === undefined ? check(run) : inRunner(runnerOf(job.stack), run, given)));
      ran[forge].add(id);
    }
    return { ok: outcomes.every(({ code }) => code === 0), output: outcomes.map((one) => one.output).join("\n") };
  }

  /**
   * The checks are of the code alone, and the same for both forges: once, in a checkout with one of all these tests, and
   * with the providers behind a link, which no linter follows. That there is more is what runs this.
   */
  async function check(run: string): Promise<Ran> {
    const earlier = checks.get(run);
    if (earlier !== undefined) return earlier;
    const only = ["test/run.ts", "test/support/reporter.cjs", "test/samba.nt-hash.test.ts"];
    const runner = makeRunner((name) => only.includes(name) || !/^(test|bench|providers)\//.test(name));
    try {
      symlinkSync(join(ROOT, "providers"), join(runner, "code", "providers"));
      const outcome = await inRunner(runner, run, {});
      checks.set(run, outcome);
      return outcome;
    } finally {
      rmSync(runner, { recursive: true, force: true });
    }
  }

  return {
    async happens(forge, moment) {
      const jobs = jobsOf[forge].filter((one) => one.moment === moment);
      const came = await Promise.all(jobs.map(async (job) => [titleOf(job), await all(forge, job)] as const));
      printed.push(...came.map(([, { output }]) => output));
      return Object.fromEntries(came);
    },
    ran,
    printed,
  };
}

/** What a forge puts into a step's environment. */
function environment(site: Site, forge: ForgeName, { environment: of }: Job, env: Env): Env {
  const { url, token } = site;
  const stored = site.store(of);
  if (forge === "GitLab") {
    const ci = { CI_API_V4_URL: url, CI_PROJECT_ID: "1", CI_MERGE_REQUEST_IID: "7" };
    return { ...ci, GITLAB_TOKEN: token, ...stored, ...env };
  }
  const known: Env = {
    ...Object.fromEntries(Object.entries(stored).map(([key, value]) => [`secrets.${key}`, value])),
    // This state's storage asks for none.
    "secrets.AWS_ACCESS_KEY_ID": "",
    "secrets.AWS_SECRET_ACCESS_KEY": "",
    "github.token": token,
    "github.event.pull_request.number": "7",
  };
  const value = (text: string) =>
    text.replaceAll(/\$\{\{ (\S+) \}\}/g, (_, key: string) => {
      const found = known[key];
      assert.ok(found !== undefined, `the job is not given ${key}`);
      return found;
    });
  const given = Object.fromEntries(Object.entries(env).map(([key, text]) => [key, value(text)]));
  return { GITHUB_API_URL: url, GITHUB_REPOSITORY: "o/r", ...given };
}
