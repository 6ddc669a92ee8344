/**
 * The workflow files as the tests run them. Whatever is in a file and not in these shapes is refused: nothing is left out
 * because a test does not know of it.
 */
import { z } from "zod";
import { load, textOf } from "./stack-files.ts";

export type Env = Readonly<Record<string, string>>;
export const FORGES = ["GitHub", "GitLab"] as const;
export type ForgeName = (typeof FORGES)[number];
/** What a job waits for. */
export type Moment = "change" | "merge" | "approval" | "night";

export interface Step {
  /** `GitHub prod 1`: the number is that of the command in its job. */
  readonly id: string;
  readonly run: string;
  /** With `${{ … }}` in it on GitHub. */
  readonly env: Env;
  /** Whether it runs after a failed one too. */
  readonly always: boolean;
}

/** A job, or one of a matrix. */
export interface Job {
  readonly name: string;
  readonly stack: string | undefined;
  readonly moment: Moment;
  readonly environment: string | undefined;
  /** No two jobs run at the same time that have the same of these. */
  readonly lock: string | undefined;
  readonly steps: readonly Step[];
}

const words = z.record(z.string(), z.string());
const matrix = z.array(z.string()).min(1);

const Checkout = z.strictObject({
  uses: z.string().regex(/^actions\/checkout@[0-9a-f]{40}$/, { error: "is pinned by its commit" }),
  with: z.strictObject({ "persist-credentials": z.literal(false) }),
});
const Run = z.strictObject({
  run: z.string(),
  if: z.literal("${{ !cancelled() }}").optional(),
  // Everything that is not said outright comes from GitHub, its secrets included.
  env: z.record(z.string(), z.templateLiteral(["${{ ", z.string(), " }}"])).default({}),
});
const HubJob = z.strictObject({
  if: z.string().optional(),
  needs: z.string().optional(),
  strategy: z.strictObject({ "fail-fast": z.literal(false), matrix: z.strictObject({ stack: matrix }) }).optional(),
  "runs-on": z.string(),
  "timeout-minutes": z.number(),
  environment: z.string().optional(),
  // A run that has begun is let come to its end.
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.literal(false) }).optional(),
  permissions: words,
  steps: z.tuple([Checkout], Run),
});
const Hub = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    pull_request: z.null(),
    push: z.strictObject({ branches: z.tuple([z.literal("main")]) }),
    schedule: z.tuple([z.strictObject({ cron: z.string() })]),
  }),
  permissions: words,
  jobs: z.record(z.string(), HubJob),
});

const LabJob = z.strictObject({
  extends: z.literal(".stack").optional(),
  stage: z.string(),
  needs: matrix.optional(),
  timeout: z.string().optional(),
  rules: z.tuple([z.strictObject({ if: z.string(), when: z.literal("manual").optional() })]),
  parallel: z.strictObject({ matrix: z.tuple([z.strictObject({ STACK: matrix })]) }).optional(),
  variables: z.strictObject({ STACK: z.string() }).optional(),
  environment: z.strictObject({ name: z.string(), action: z.literal("access").optional() }).optional(),
  script: matrix,
  after_script: matrix.optional(),
});
const Lab = z
  .object({
    default: z.strictObject({ image: z.string(), interruptible: z.literal(false) }),
    stages: matrix,
    ".stack": z.strictObject({ resource_group: z.string() }),
  })
  .catchall(LabJob);

export const HUB_FILE = ".github/workflows/hypervisor.yml";
export const hub = Hub.parse(load(textOf(HUB_FILE)));
export const lab = Lab.parse(load(textOf(".gitlab-ci.yml")));

const EVENTS: Readonly<Record<string, Moment>> = {
  "github.event_name == 'pull_request'": "change",
  "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository": "change",
  "github.event_name == 'push'": "merge",
  "github.event_name == 'schedule'": "night",
  '$CI_PIPELINE_SOURCE == "merge_request_event"': "change",
  '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE == "push"': "merge",
  '$CI_PIPELINE_SOURCE == "schedule"': "night",
};

function moment(condition: string, isApproved: boolean): Moment {
  const event = EVENTS[condition];
  if (event === undefined) throw new Error(`the tests do not know when this is: ${condition}`);
  return event === "merge" && isApproved ? "approval" : event;
}

function hubJobs(): Job[] {
  return Object.entries(hub.jobs).flatMap(([name, job]) => {
    // What needs another job waits for its event too, and then for the reviewers of its environment.
    const event = moment(job.if ?? hub.jobs[job.needs ?? ""]?.if ?? "", job.environment === "prod");
    const [, ...steps] = job.steps;
    return (job.strategy?.matrix.stack ?? [undefined]).map((of): Job => {
      const set = (text: string) => text.replaceAll("${{ matrix.stack }}", of ?? "");
      const environment = job.environment === undefined ? undefined : set(job.environment);
      return {
        name,
        stack: of ?? environment,
        moment: event,
        environment,
        lock: job.concurrency === undefined ? undefined : set(job.concurrency.group),
        steps: steps.map(({ run, env, if: condition }, i) => ({
          id: [name, ...(of === undefined ? [] : [of]), i + 1].join(" "),
          run,
          env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, set(value)])),
          always: condition !== undefined,
        })),
      };
    });
  });
}

function labJobs(): Job[] {
  const { stages, ".stack": base } = lab;
  const jobs = Object.entries(lab).flatMap(([name, job]) => ("script" in job ? [[name, job] as const] : []));
  return jobs.flatMap(([name, job]) => {
    if (!stages.includes(job.stage)) throw new Error(`there is no stage ${job.stage}`);
    const [{ if: condition, when }] = job.rules;
    return (job.parallel?.matrix[0].STACK ?? [undefined]).map((of): Job => {
      const stack = of ?? job.variables?.STACK;
      const set = (text: string) => text.replaceAll("$STACK", stack ?? "");
      const line = (run: string, i: number, always: boolean) => ({
        id: [name, ...(of === undefined ? [] : [of]), i + 1].join(" "),
        run,
        env: stack === undefined ? {} : { STACK: stack },
        always,
      });
      const { script, after_script: after = [] } = job;
      return {
        name,
        stack,
        moment: moment(condition, when === "manual"),
        environment: job.environment === undefined ? undefined : set(job.environment.name),
        lock: job.extends === undefined ? undefined : set(base.resource_group),
        steps: [
          ...script.map((run, i) => line(run, i, false)),
          ...after.map((run, i) => line(run, script.length + i, true)),
        ],
      };
    });
  });
}

/** `check`, `preview staging`, `prod`. */
export function titleOf({ name, stack }: Job): string {
  return stack === undefined || stack === name ? name : `${name} ${stack}`;
}

/** Every job of a forge's file, in its order. */
export const jobsOf: Readonly<Record<ForgeName, readonly Job[]>> = { GitHub: hubJobs(), GitLab: labJobs() };
