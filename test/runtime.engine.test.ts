import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

const PROVIDER = `
  import { endWithEngine } from "./providers/runtime/engine.ts";
  endWithEngine(process.argv[1]);
  setInterval(() => undefined, 1e6);
`;

describe("a provider's process", () => {
  it("outlives a connection that the engine closes, and ends with the engine", async () => {
    const engine = createServer().listen(0, "127.0.0.1");
    await once(engine, "listening");
    const address = `127.0.0.1:${String((engine.address() as AddressInfo).port)}`;
    const provider = spawn(process.execPath, ["--input-type=module-typescript", "-e", PROVIDER, address], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const connection = async () => ((await once(engine, "connection")) as [Socket])[0];
    (await connection()).destroy();
    const again = await connection();
    assert.equal(provider.exitCode, null);
    engine.close();
    again.destroy();
    assert.deepEqual(await once(provider, "exit"), [1, null]);
  });
});
