import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { postgresFolder, startPostgres, type Postgres } from "./support/postgres.ts";
import { inRunner, makeRunner, type Env } from "./support/runner.ts";

const PASSWORD = "the-password-of-the-database";
const TOKEN = "a token that nobody may see";

/** Declares nothing on a host, and so connects to none. */
const STACK = `config:
  phoenix:connection: { host: nowhere.invalid }
  phoenix:policies: { firewall-closed: { level: disabled } }
`;

// It needs pulumi, and no lab host.
describe("a state in Postgres, by the backend's address alone", function () {
  this.timeout(300_000);
  const bin = postgresFolder();
  let postgres: Postgres | undefined;
  let folder: string;

  before(async function () {
    if (bin === undefined) this.skip();
    folder = makeRunner();
    writeFileSync(join(folder, "code/Pulumi.attic.yaml"), STACK);
    postgres = await startPostgres(bin, PASSWORD);
  });
  after(async () => {
    await postgres?.stop();
    if (bin !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const store = (): Env => ({ PULUMI_BACKEND_URL: postgres?.url ?? "", PULUMI_CONFIG_PASSPHRASE: "attic" });
  async function must(line: string, env: Env = {}): Promise<string> {
    const { code, output } = await inRunner(folder, line, { ...store(), ...env });
    assert.equal(code, 0, output);
    return output;
  }
  const somebody = () => ({ PULUMI_HOME: join(folder, "somebody"), PULUMI_SKIP_UPDATE_CHECK: "1" });

  it("is made by an up, and a second one finds it there", async () => {
    await must("pulumi stack init attic", somebody());
    await must(`pulumi config set --stack attic --secret --path secrets.token '${TOKEN}'`, somebody());
    assert.match(await must("npm run deploy -- attic"), /\nResources:\n +\+ \d+ created\n/);
    assert.match(await must("npm run deploy -- attic"), /\nResources:\n +\d+ unchanged\n/);
    assert.match(await must("npm run drift -- attic"), /^attic: as declared$/m);
  });
  it("is what others see who have the address, and nowhere else", async () => {
    rmSync(join(folder, "somebody"), { recursive: true });
    const exported = await must("pulumi stack export --stack attic", somebody());
    assert.match(exported, /"urn:pulumi:attic::phoenix::phoenix:host:Storage::storage"/);
    assert.ok(!exported.includes(TOKEN));
    const { stdout } = spawnSync("find", [folder, "-path", "*/.pulumi/stacks/*"], { encoding: "utf8" });
    assert.equal(stdout, "");
  });
  it("has its password left nowhere on the runner", () => {
    rmSync(join(folder, "somebody"), { recursive: true, force: true });
    assert.equal(spawnSync("grep", ["-rlF", PASSWORD, folder], { encoding: "utf8" }).stdout, "");
  });
});
