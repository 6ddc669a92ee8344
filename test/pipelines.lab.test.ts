import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useLab } from "./support/lab.ts";
import { inRunner, makeRunner, startForge, stepsOf, type Env } from "./support/runner.ts";

const STACK = "staging";
/** What nobody may see. The state's address is among them: it may have a password in it. */
const SECRETS = {
  ofStack: "a token that nobody may see",
  passphrase: "the passphrase of staging alone",
  state: "where-the-state-is",
  forge: "glpat-of-the-project-itself",
};

for (const forge of ["GitHub", "GitLab"] as const)
  // One after the other: from a change to its merge, and to what somebody does by hand after that.
  describe(`the pipeline of ${forge}, on the lab host`, function () {
    this.timeout(600_000);
    const host = useLab(`pipeline-${forge.toLowerCase()}`);
    const printed: string[] = [];
    let folder: string;
    let server: Awaited<ReturnType<typeof startForge>>;

    before(async () => {
      folder = makeRunner();
      mkdirSync(join(folder, SECRETS.state));
      server = await startForge();
    });
    after(() => {
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** What the CI's store gives out. */
    const store = (): Env => ({
      PULUMI_BACKEND_URL: `file://${join(folder, SECRETS.state)}`,
      PULUMI_CONFIG_PASSPHRASE: SECRETS.passphrase,
    });
    /** What is in every step's environment: GitHub has its store out of it. */
    const ci = (): Env =>
      forge === "GitHub"
        ? { GITHUB_API_URL: server.url, GITHUB_REPOSITORY: "o/r" }
        : {
            ...store(),
            CI_API_V4_URL: server.url,
            CI_PROJECT_ID: "1",
            CI_MERGE_REQUEST_IID: "7",
            GITLAB_TOKEN: SECRETS.forge,
            STACK,
          };
    const expressions = (): Env => ({
      ...Object.fromEntries(Object.entries(store()).map(([key, value]) => [`secrets.${key}`, value])),
      "matrix.stack": STACK,
      "github.token": SECRETS.forge,
      "github.event.pull_request.number": "7",
    });

    /** Runs all steps of a job; what follows a failed one too, as the files have it for the comment. */
    async function job(name: string): Promise<{ ok: boolean; output: string }> {
      const runs = [];
      for (const { run, env } of stepsOf(forge, name, expressions()))
        runs.push(await inRunner(folder, run, { ...ci(), ...env }));
      const output = runs.map((one) => one.output).join("\n");
      printed.push(output);
      return { ok: runs.length > 0 && runs.every(({ code }) => code === 0), output };
    }

    /** Changes the stack's file, as somebody does in a checkout of their own. */
    async function declare(motd: string, more: object = {}): Promise<void> {
      const config = {
        "phoenix:connection": { host: "lab", sshConfig: host().lab.sshConfig },
        "phoenix:policies": { "firewall-closed": { level: "disabled" } },
        "phoenix:system": { files: { "/etc/motd": { content: motd }, "/etc/token": { secret: "token" } } },
        ...more,
      };
      const file = join(folder, "code", `Pulumi.${STACK}.yaml`);
      const salt = isOurs ? (/^encryptionsalt: .*$/m.exec(readFileSync(file, "utf8"))?.[0] ?? "") : "";
      writeFileSync(file, `config: ${JSON.stringify(config)}\n${salt}\n`);
      if (!isOurs) await somebody(`pulumi stack init ${STACK}`);
      isOurs = true;
      await somebody(`pulumi config set --stack ${STACK} --secret --path secrets.token '${SECRETS.ofStack}'`);
    }
    let isOurs = false;

    async function somebody(line: string): Promise<void> {
      const home = { PULUMI_HOME: join(folder, "somebody"), PULUMI_SKIP_UPDATE_CHECK: "1" };
      const { code, output } = await inRunner(folder, line, { ...store(), ...home });
      assert.equal(code, 0, output);
    }

    it("comments on a change with what it would do", async () => {
      await declare("first\n");
      const { ok, output } = await job("preview");
      assert.ok(ok, output);
      const comment = server.comments.at(-1) ?? "";
      assert.match(comment, /\+ system:File \/etc\/motd\n/);
      assert.match(comment, new RegExp(`\\| ${STACK} \\| 3 \\| 0 \\| 0 \\| 0 \\| kept \\| 3 to do \\|`));
    });
    it("stops a change that breaks a policy, and says so in the comment", async () => {
      await declare("first\n", { "phoenix:policies": {} });
      const { ok } = await job("preview");
      assert.ok(!ok);
      assert.match(server.comments.at(-1) ?? "", /\[mandatory\] firewall-closed: .*\n *firewall: none is declared/);
      const merged = await job(STACK);
      assert.ok(!merged.ok, "nor is it brought about when it is merged nevertheless");
      assert.equal(await host().sh("ls /etc/token 2>/dev/null || :"), "");
      await declare("first\n");
    });
    it("brings the host to it when it is merged", async () => {
      const { ok, output } = await job(STACK);
      assert.ok(ok, output);
      assert.equal(await host().sh("cat /etc/motd /etc/token"), `first\n${SECRETS.ofStack}`);
    });
    it("then finds no drift", async () => {
      const { ok, output } = await job("drift");
      assert.ok(ok, output);
      assert.match(output, new RegExp(`^${STACK}: as declared$`, "m"));
    });
    it("fails at night with what somebody has changed by hand", async () => {
      await host().sh("echo by hand >/etc/motd");
      const { ok, output } = await job("drift");
      assert.ok(!ok);
      assert.match(
        output,
        new RegExp(`^${STACK}: differs\\n +~ system:File /etc/motd content: .*by hand.* → "first`, "m"),
      );
    });
    it("shows no secret", () => {
      for (const secret of Object.values(SECRETS))
        assert.ok(![...printed, ...server.comments].some((text) => text.includes(secret)), secret);
    });
    it("leaves nothing on the runner that holds a secret", () => {
      const holding = (secret: string) =>
        spawnSync("grep", ["-rlF", secret, folder], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
      assert.match(holding(SECRETS.state).join(), /^\S+\/somebody\/[^,]+$/, "what pulumi notes down where it may");
      rmSync(join(folder, "somebody"), { recursive: true });
      for (const secret of Object.values(SECRETS)) assert.deepEqual(holding(secret), []);
      // Node, npm and what runs the policies have caches there; of pulumi and of us there is nothing.
      const left = ["tmp", "home"].flatMap((name) => readdirSync(join(folder, name)));
      assert.deepEqual(
        left.filter((name) => !/^(node-compile-cache|ts-node-\w+|\.npm)$/.test(name)),
        [],
      );
    });
  });
