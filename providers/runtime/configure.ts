/** From the stack's configuration to a session: connection, secrets, accepted machine. */
import { z } from "zod";
import { Connection } from "../host/connection.ts";
import { UserError } from "../host/host.ts";
import { connect } from "../host/ssh.ts";
import { explain } from "./explain.ts";
import { openSession, type Session } from "./session.ts";

/** The part of the stack's configuration that providers need. Each is a key of the project's namespace. */
export const HostConfig = z.strictObject({
  connection: Connection,
  machineId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be the 32 hex digits of /etc/machine-id")
    .optional(),
  secrets: z.record(z.string(), z.string()).default({}),
});

const sessions = new Map<string, Session>();

/** One session per configuration and process, whatever the number of resources and kinds. */
export function sessionFor(config: { get(key: string): string | undefined }): Session {
  const raw = {
    connection: parsed("connection", config.get("connection")),
    machineId: config.get("machineId"),
    secrets: parsed("secrets", config.get("secrets")),
  };
  const key = JSON.stringify(raw);
  const open = sessions.get(key);
  if (open !== undefined) return open;
  const result = HostConfig.safeParse(raw);
  if (!result.success) {
    const complaints = explain(result.error.issues, {}).map(({ property, reason }) => `${property}: ${reason}`);
    throw new UserError(`the stack's configuration is not valid: ${complaints.join("; ")}`);
  }
  const { connection, secrets, machineId } = result.data;
  const session = openSession({ connect: async () => connect(connection), secrets, acceptedMachine: machineId });
  sessions.set(key, session);
  return session;
}

/** Object values reach a provider as JSON text. */
function parsed(key: string, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`the stack's configuration is not valid: ${key} must be an object`);
  }
}
