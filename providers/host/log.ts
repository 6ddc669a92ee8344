/** The command log: where PHOENIX_LOG names a file, one JSON line for each command and each connection. */
import { appendFileSync } from "node:fs";
import { UserError } from "./host.ts";

export interface CommandLine {
  readonly event: "command";
  readonly host: string;
  readonly effect: "read" | "change";
  readonly label: string;
  /** The exit code; null when there was none, and `error` tells why. */
  readonly code: number | null;
  readonly error?: string;
  readonly ms: number;
  /** Bytes on stdout and stderr together. */
  readonly bytes: number;
}

export interface ConnectionLine {
  readonly event: "connected" | "connect failed" | "disconnected";
  readonly host: string;
  readonly ms?: number;
  readonly error?: string;
}

/** Makes the file, before anything is done that has to be logged. Throws a UserError where it cannot be written. */
export function openLog(): void {
  try {
    append("");
  } catch (error) {
    const cause = (error as Error).message;
    throw new UserError(`cannot write the command log that PHOENIX_LOG names: ${cause}`, { cause: error });
  }
}

/** Written at once, so that a process that is killed has logged what it did. */
export function log(line: CommandLine | ConnectionLine): void {
  append(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
}

function append(text: string): void {
  const file = process.env["PHOENIX_LOG"];
  if (file !== undefined && file !== "") appendFileSync(file, text, { mode: 0o600 });
}
