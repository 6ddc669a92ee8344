import type { Command } from "./command.ts";

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As whom, and with what, we are logged in. */
export interface Login {
  readonly user: string;
  /** The public key, as an authorized_keys file has it: `ssh-ed25519 AAAA…`. Absent after a login by password. */
  readonly key?: string;
}

/** The only door to a machine. The real one is ssh.ts; tests have their own. */
export interface Host {
  /** How messages name the machine: `user@address:port`. */
  readonly name: string;
  /** Runs a command that changes nothing. When the connection is lost it is made again and the command repeated. */
  read(command: Command): Promise<Result>;
  /** Runs a command that may change something: never repeated. Rejects with {@link ConnectionLost}. */
  change(command: Command): Promise<Result>;
  /** As {@link change} does for each of them, side by side; one that is rejected does not keep others from it. */
  changeAll(commands: readonly Command[]): readonly Promise<Result>[];
  /** How we are logged in; undefined before the first command. */
  login(): Login | undefined;
  /**
   * Runs a changing command over a connection made anew for it, by the same settings, as somebody would who comes now.
   * The command's time limit is also that of the connecting.
   */
  changeAnew(command: Command): Promise<Result>;
  /** Reboots the machine and resolves when it is back and has ended its boot. Rejects after that many seconds. */
  reboot(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Something the user can act on: shown without a stack trace. */
export class UserError extends Error {
  override name = "UserError";
}

/** The connection broke while a change was under way: whether the command took effect is not known. */
export class ConnectionLost extends UserError {
  override name = "ConnectionLost";
}

/** A command that ran and failed. The message holds the command, its exit code and what it printed to stderr. */
export class CommandFailed extends UserError {
  override name = "CommandFailed";
  readonly result: Result;
  constructor(host: string, command: Command, result: Result) {
    const said = (result.stderr.trim() || result.stdout.trim() || "it printed nothing").slice(-2000);
    super(`command failed on ${host} with exit code ${String(result.code)}: ${command.label}\n${said}`);
    this.result = result;
  }
}
