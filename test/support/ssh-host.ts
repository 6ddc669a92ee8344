/** Servers in this process and hosts connected to them, which end with the test that made them. */
import assert from "node:assert/strict";
import type { Connection } from "../../providers/host/connection.ts";
import type { Host } from "../../providers/host/host.ts";
import { connect } from "../../providers/host/ssh.ts";
import type { Limits } from "../../providers/host/ssh.ts";
import { hostKey, startServer, userKey } from "./ssh-server.ts";
import type { ServerOptions, TestServer } from "./ssh-server.ts";

export interface SshHosts {
  readonly serve: (options?: ServerOptions) => Promise<TestServer>;
  /** A host that logs in to the server as root with the right keys, where the settings do not say otherwise. */
  readonly reach: (
    server: { readonly port: number },
    settings?: Partial<Connection>,
    limits?: Partial<Limits>,
  ) => Promise<Host>;
  /** Calls back when the test ends, the last first. */
  readonly atEnd: (then: () => Promise<void> | void) => void;
}

/** For all tests of the suite. */
export function sshHosts(): SshHosts {
  let ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
  });
  return {
    async serve(options) {
      const server = await startServer(options);
      ends.push(async () => server.close());
      return server;
    },
    async reach({ port }, settings, limits) {
      const own = { host: "127.0.0.1", port, user: "root", privateKey: userKey.private, hostKey: hostKey.public };
      const host = await connect({ ...own, ...settings }, limits);
      ends.push(async () => host.close());
      return host;
    },
    atEnd: (then) => ends.push(then),
  };
}

export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.fail("it should have failed"),
    (error: unknown) => error as Error,
  );
}
