import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inRunner, makeRunner } from "./support/runner.ts";
import type { Env } from "./support/workflows.ts";
import { stores, type Store } from "./support/stores.ts";

const TOKEN = "a token that nobody may see";

/** Declares nothing on a host, and so connects to none. */
const STACK = `config:
  phoenix:connection: { host: nowhere.invalid }
  phoenix:policies: { firewall-closed: { level: disabled } }
`;

for (const kind of stores)
  // It needs pulumi, and no lab host.
  describe(`a state in ${kind.name}, by the backend's address alone`, function () {
    this.timeout(600_000);
    let store: Store | undefined;
    let folder: string;

    before(async function () {
      if (!kind.isHere()) this.skip();
      folder = makeRunner();
      writeFileSync(join(folder, "code/Pulumi.attic.yaml"), STACK);
      store = await kind.start();
    });
    after(async () => {
      if (store === undefined) return;
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function must(line: string, env: Env = {}): Promise<string> {
      const { code, output } = await inRunner(folder, line, {
        ...store?.env,
        PULUMI_CONFIG_PASSPHRASE: "attic",
        ...env,
      });
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
    it("has its secret left nowhere on the runner", () => {
      rmSync(join(folder, "somebody"), { recursive: true, force: true });
      assert.equal(spawnSync("grep", ["-rlF", kind.secret, folder], { encoding: "utf8" }).stdout, "");
    });
  });
