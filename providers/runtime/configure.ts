/** From the stack's configuration to a session: one per process, whatever the number of resources and kinds. */
import type { Connection } from "../host/connection.ts";
import { connect } from "../host/ssh.ts";
import { endWithEngine } from "./engine.ts";
import { openSession, type Session } from "./session.ts";

/** The part of a stack's configuration that providers need. */
export interface HostConfig {
  readonly connection: Connection;
  readonly machineId?: string | undefined;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reads and checks the whole configuration, so that a bad one is refused before any connection. */
export type ReadConfig = (get: (key: string) => string | undefined) => HostConfig;

let session: Session | undefined;

/** The engine configures each kind's provider, always with the same stack's configuration. */
export function sessionFor(
  config: { get(key: string): string | undefined },
  read: ReadConfig,
  answerFiles: readonly string[],
): Session {
  if (session === undefined) {
    const { connection, secrets, machineId } = read((key) => config.get(key));
    // Dynamic providers are started with the engine's address as their only argument.
    const [, , engine] = process.argv;
    if (/^127\.0\.0\.1:\d+$/.test(engine ?? "")) endWithEngine(engine ?? "");
    session = openSession({
      connect: async () => connect(connection),
      secrets,
      acceptedMachine: machineId,
      answerFiles,
    });
  }
  return session;
}
