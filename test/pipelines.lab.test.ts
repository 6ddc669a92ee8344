import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useLab, type LabHost } from "./support/lab.ts";
import { pipelines, type AllCame, type Pipelines } from "./support/pipelines.ts";
import { inRunner, makeRunner, startForge } from "./support/runner.ts";
import { production, type Config } from "./support/production.ts";
import { load } from "./support/stack-files.ts";
import { FORGES, jobsOf, type Env } from "./support/workflows.ts";

type StackName = "staging" | "prod";

/** What nobody may see. The state's address is among them: it may have a password in it. */
const SECRETS = {
  staging: "a token that nobody may see",
  prod: "the password of a user of prod",
  passphrase: "the passphrase of this stack alone: ",
  state: "where-the-state-is",
  forge: "glpat-of-the-project-itself",
};

const STAGING: Config = {
  "phoenix:policies": { "firewall-closed": { level: "disabled" } },
  "phoenix:system": { files: { "/etc/motd": { content: "first\n" }, "/etc/token": { secret: "token" } } },
};

// Two hosts, and one story: what is changed goes through GitHub's pipeline, and later, when the project has moved, through
// GitLab's, to its merge, to what somebody does by hand after that.
describe("the pipelines, on the lab host", function () {
  this.timeout(600_000);
  const hosts = { staging: useLab("pipelines-staging"), prod: useLab("pipelines-prod") };
  let folders: Readonly<Record<StackName, string>>;
  let all: Pipelines;
  let server: Awaited<ReturnType<typeof startForge>>;

  before(async () => {
    folders = { staging: makeRunner(), prod: makeRunner() };
    mkdirSync(state());
    server = await startForge();
    all = pipelines({ folders, url: server.url, token: SECRETS.forge, store });
  });
  after(() => {
    server.stop();
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
  });
  const state = () => join(folders.staging, SECRETS.state);

  /** What the CI's store gives to a job of an environment. */
  function store(environment: string | undefined): Env {
    const [stack] = environment?.split("-") ?? [];
    return stack === undefined
      ? {}
      : {
          PULUMI_BACKEND_URL: `file://${state()}`,
          PULUMI_CONFIG_PASSPHRASE: SECRETS.passphrase + stack,
        };
  }

  const fileOf = (stack: StackName) => join(folders[stack], "code", `Pulumi.${stack}.yaml`);

  /** Makes a stack, as docs/pipelines.md tells somebody to do it. */
  async function begin(stack: StackName, config: Config, secret: string): Promise<void> {
    const { sshConfig, port } = hosts[stack]().lab;
    const keys = readFileSync(sshConfig, "utf8");
    const fileIn = (name: string) => new RegExp(`^ *${name} "(.*)"$`, "m").exec(keys)?.[1] ?? "";
    const hostKey = readFileSync(fileIn("UserKnownHostsFile"), "utf8").trim().replace(/^\S+ /, "");
    const connection = { host: "127.0.0.1", port, user: "root", hostKey };
    writeFileSync(fileOf(stack), JSON.stringify({ config: { ...config, "phoenix:connection": connection } }));
    const set = `pulumi config set --stack ${stack} --secret --path`;
    await somebody(
      stack,
      `pulumi stack init ${stack} && ${set} connection.privateKey <${fileIn("IdentityFile")} && ${set} secrets.${secret} '${SECRETS[stack]}'`,
    );
  }

  async function somebody(stack: StackName, line: string): Promise<void> {
    const home = { PULUMI_HOME: join(folders[stack], "somebody"), PULUMI_SKIP_UPDATE_CHECK: "1" };
    const { code, output } = await inRunner(folders[stack], line, { ...store(stack), ...home });
    assert.equal(code, 0, output);
  }

  /** Changes a stack's file. */
  function edit(stack: StackName, from: string, to: string): void {
    const text = JSON.stringify(load(readFileSync(fileOf(stack), "utf8")));
    assert.equal(text.split(from).length, 2, `${from} is there once`);
    writeFileSync(fileOf(stack), text.replace(from, to));
  }

  const commented = (stack: StackName) =>
    server.comments.findLast((text) => text.startsWith(`<!-- phoenix-hypervisor preview ${stack} -->`)) ?? "";
  const untouched = async (host: LabHost) =>
    host.sh("zpool list -H; find /etc/exports.d /var/lib/phoenix-hypervisor -type f 2>/dev/null || :");
  /** Says what was printed where it is not as it should be. */
  const assertWent = (came: AllCame, wanted: Readonly<Record<string, boolean>>) => {
    const went = Object.fromEntries(Object.entries(came).map(([job, { ok }]) => [job, ok]));
    const outputs = Object.values(came).map(({ output }) => output);
    assert.deepEqual(went, wanted, outputs.join("\n"));
  };

  describe("of GitHub", () => {
    it("check a change, and comment on it with what it would do to each host", async () => {
      await begin("staging", STAGING, "token");
      await begin("prod", production(), "samba-media");
      edit("prod", '"firewall":{', '"firewall":{"policy_in":"ACCEPT",');
      const came = await all.happens("GitHub", "change");
      assertWent(came, { check: true, "preview staging": true, "preview prod": false });
      const passed =
        /\ncheck: mocha\n[^]*\n[1-9]\d* passed, 0 failed\n[^]*\n1 jobs, [^]*\n[1-9]\d* passed, 0 failed\n$/;
      assert.match(came["check"]?.output ?? "", passed);
      assert.match(commented("staging"), /\+ system:File \/etc\/motd\n/);
      assert.match(commented("staging"), /\| staging \| 3 \| 0 \| 0 \| 0 \| kept \| 3 to do \|/);
      assert.match(commented("prod"), /\| 1 broken \| stopped \|\n[^]*\[mandatory\] firewall-closed: .*\n *firewall: /);
    });
    it("bring the host to it when it is merged", async () => {
      const came = await all.happens("GitHub", "merge");
      assertWent(came, { staging: true });
      assert.equal(await hosts.staging().sh("cat /etc/motd /etc/token"), `first\n${SECRETS.staging}`);
      assert.match(
        came["staging"]?.output ?? "",
        /\nstaging: changed on the host:\n[^]*\n {2}\+ system:File \/etc\/motd\n/,
      );
    });
    it("begin nothing that breaks a policy, though it was merged and approved of, and say so", async () => {
      const came = await all.happens("GitHub", "approval");
      assertWent(came, { prod: false });
      assert.match(came["prod"]?.output ?? "", /\[mandatory\] +firewall-closed .*\n +The host's firewall is on/);
      assert.match(came["prod"]?.output ?? "", /\nprod: changed on the host: nothing\n/);
      assert.equal(await untouched(hosts.prod()), "");
    });
    it("bring production to it when it is approved of", async () => {
      edit("prod", '"policy_in":"ACCEPT",', "");
      assertWent(await all.happens("GitHub", "approval"), { prod: true });
      const look =
        "zpool status tank | grep -c mirror; zfs get -H -o value quota,recordsize tank/backups; exportfs; testparm -s";
      assert.match(await hosts.prod().sh(look), /^1\n6T\n1M\n[^]*\/tank\/media [^]*\n\[documents\]\n/);
    });
    it("fail at night with what somebody has changed by hand, and only then", async () => {
      await hosts.staging().sh("echo by hand >/etc/motd");
      const came = await all.happens("GitHub", "night");
      assertWent(came, { "drift staging": false, "drift prod": true });
      assert.match(
        came["drift staging"]?.output ?? "",
        /^staging: differs\n +~ system:File \/etc\/motd content: .*by hand.* → "first/m,
      );
      assert.match(came["drift prod"]?.output ?? "", /^prod: as declared$/m);
    });
  });

  describe("of GitLab", () => {
    it("check a change, and comment on it with what it would do to each host", async () => {
      edit("staging", "first", "second");
      edit("prod", '"quota":"6T"', '"quota":"7T"');
      const came = await all.happens("GitLab", "change");
      assertWent(came, { check: true, "preview staging": true, "preview prod": true });
      assert.match(commented("staging"), /~ system:File \/etc\/motd content: "by hand.* → "second/);
      assert.match(commented("prod"), /\| 0 \| 1 \| 0 \| \d+ \| kept \| 1 to do \|\n[^]*quota: "6T" → "7T"\n/);
    });
    it("bring each host to it when it is merged, and approved of", async () => {
      assertWent(await all.happens("GitLab", "merge"), { staging: true });
      assert.equal(await hosts.staging().sh("cat /etc/motd"), "second\n");
      const came = await all.happens("GitLab", "approval");
      assertWent(came, { prod: true });
      assert.match(came["prod"]?.output ?? "", /\nprod: changed on the host:\n {2}~ .*quota: "6T" → "7T"\n/);
      assert.equal(await hosts.prod().sh("zfs get -H -o value quota tank/backups"), "7T\n");
    });
    it("fail at night with what somebody has changed by hand, and only then", async () => {
      await hosts.prod().sh("zfs set recordsize=128K tank/backups; chmod 755 /tank/documents");
      const came = await all.happens("GitLab", "night");
      assertWent(came, { "drift staging": true, "drift prod": false });
      assert.match(came["drift staging"]?.output ?? "", /^staging: as declared$/m);
      const [, list = ""] = came["drift prod"]?.output.split("\nprod: differs\n") ?? [];
      const lines = list
        .trim()
        .split("\n")
        .map((line) => line.trim());
      assert.deepEqual(lines.toSorted(), [
        '~ zfs:Dataset tank/backups properties.recordsize: "128K" → "1M"',
        '~ zfs:Dataset tank/documents mode: "2755" → "2770"',
      ]);
    });
  });

  describe("of both", () => {
    it("have run here with every step of every job", () => {
      for (const forge of FORGES) {
        const steps = jobsOf[forge].flatMap((job) => job.steps.map(({ id }) => id));
        assert.deepEqual([...all.ran[forge]].toSorted(), steps.toSorted());
      }
    });
    it("show no secret", () => {
      for (const secret of secrets())
        assert.ok(![...all.printed, ...server.comments].some((text) => text.includes(secret)), secret);
    });
    it("leave nothing on the runner that holds a secret", () => {
      const holding = (secret: string) =>
        spawnSync("grep", ["-rlF", "-e", secret, ...Object.values(folders)], { encoding: "utf8" })
          .stdout.split("\n")
          .filter(Boolean);
      assert.match(
        holding(SECRETS.state).join(),
        /^(\S+\/somebody\/[^,]+(,|$))+$/,
        "what pulumi notes down where it may",
      );
      for (const folder of Object.values(folders)) rmSync(join(folder, "somebody"), { recursive: true });
      for (const secret of secrets()) assert.deepEqual(holding(secret), []);
      // Node and npm have caches there; of pulumi, of the policies and of us there is nothing.
      const left = Object.values(folders).flatMap((folder) =>
        ["tmp", "home"].flatMap((name) => readdirSync(join(folder, name))),
      );
      assert.deepEqual(
        left.filter((name) => !/^(node-compile-cache|\.npm)$/.test(name)),
        [],
      );
    });
  });

  /** Of the private key, which is the same for both hosts, a line in its midst. */
  function secrets(): string[] {
    const file = /IdentityFile "(.*)"/.exec(readFileSync(hosts.prod().lab.sshConfig, "utf8"))?.[1] ?? "";
    return [...Object.values(SECRETS), readFileSync(file, "utf8").split("\n")[2] ?? ""];
  }
});
