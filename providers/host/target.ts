/** From the settings and the ssh config: where to connect to, through what, with what. Reads files, opens nothing. */
import { readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import type { Connection } from "./connection.ts";
import type { Trust } from "./host-key.ts";
import { UserError } from "./host.ts";
import { knownName, parseKnownHosts } from "./known-hosts.ts";
import type { KnownKey } from "./known-hosts.ts";
import { lookUp } from "./ssh-config.ts";
import type { HostEntry } from "./ssh-config.ts";

export interface Target {
  /** `user@address:port`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly login: LoginSettings;
  readonly trust: Trust;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds. */
  readonly keepAlive: number;
  /** The jump host that this one is reached through. */
  readonly via?: Target;
}

export interface LoginSettings {
  /** A key that the configuration names: it is offered first, and to the host itself no key file beside it. */
  readonly privateKey?: string;
  readonly privateKeyFile?: string;
  /** Key files to try where there are any. */
  readonly identityFiles: readonly string[];
  /** True: of the agent's keys only those that `identityFiles` names. */
  readonly identitiesOnly: boolean;
  readonly passphrase?: string;
  readonly agent?: string;
  readonly password?: string;
}

/** Throws a UserError where a file cannot be read or says what we cannot do. */
export function resolveTarget(settings: Connection): Target {
  return resolve({ alias: settings.host, port: settings.port, user: settings.user }, settings, []);
}

interface Hop {
  readonly alias: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
}

/** `before`: the hosts from the real one down to the one that this is a jump host of. */
function resolve(hop: Hop, settings: Connection, before: readonly string[], jumps?: readonly Hop[]): Target {
  const path = [...before, hop.alias];
  if (before.includes(hop.alias))
    throw new UserError(`cannot connect to ${path[0] ?? ""}: ProxyJump goes round in a circle: ${path.join(" -> ")}`);
  const entry = lookUp(settings.sshConfig, hop.alias, hop.user);
  if (entry.proxyCommand !== undefined && jumps === undefined) throw proxyCommand(hop.alias);
  const port = hop.port ?? entry.port ?? 22;
  const user = hop.user ?? entry.user ?? userInfo().username;
  const via = jumps ?? parseJumps(entry.proxyJump);
  const last = via.at(-1);
  const isJump = before.length > 0;
  return {
    name: `${user}@${entry.hostName.includes(":") ? `[${entry.hostName}]` : entry.hostName}:${String(port)}`,
    host: entry.hostName,
    port,
    user,
    login: loginSettings(settings, entry, isJump),
    trust: trust(settings, entry, port, isJump),
    connectTimeout: 1000 * (settings.connectTimeout ?? entry.connectTimeout ?? 20),
    keepAlive: 1000 * (settings.keepAlive ?? 10),
    // The first jump host of a list may have one of its own; the others are reached through those before them.
    ...(last && { via: resolve(last, settings, path, via.length > 1 ? via.slice(0, -1) : undefined) }),
  };
}

/** `[user@]host[:port],…`, the one to connect to first being the first. */
export function parseJumps(text: string | undefined): Hop[] {
  return (text ?? "")
    .split(",")
    .filter((jump) => jump.trim() !== "")
    .map((jump) => {
      const parts =
        /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:@[\]]+))(?::(?<port>\d+))?\/?$/.exec(
          jump.trim(),
        );
      const alias = parts?.groups?.["ipv6"] ?? parts?.groups?.["host"];
      if (alias === undefined) throw new UserError(`cannot use the ssh config: ProxyJump ${jump} is no host`);
      const port = parts?.groups?.["port"];
      return { alias, user: parts?.groups?.["user"], port: port === undefined ? undefined : Number(port) };
    });
}

function proxyCommand(alias: string): UserError {
  return new UserError(
    `cannot connect to ${alias}: the ssh config has a ProxyCommand for it, which is not supported. ` +
      "Use ProxyJump (a jump host that runs sshd), or `ProxyCommand none` in an entry above where none is needed.",
  );
}

function loginSettings(settings: Connection, entry: HostEntry, isJump: boolean): LoginSettings {
  const keyOnly = !isJump && (settings.privateKey !== undefined || settings.privateKeyFile !== undefined);
  const agent = settings.agent ?? (keyOnly ? false : (entry.identityAgent ?? process.env["SSH_AUTH_SOCK"] ?? false));
  const names = ["id_ed25519", "id_ecdsa", "id_rsa"];
  return {
    identityFiles: keyOnly ? [] : (entry.identityFiles ?? names.map((name) => join(homedir(), ".ssh", name))),
    identitiesOnly: entry.identitiesOnly && !keyOnly,
    ...(settings.privateKey !== undefined && { privateKey: settings.privateKey }),
    ...(settings.privateKeyFile !== undefined && { privateKeyFile: settings.privateKeyFile }),
    ...(settings.passphrase !== undefined && { passphrase: settings.passphrase }),
    ...(agent !== false && agent !== "" && { agent }),
    // A password would be shown to the jump host; a key is not.
    ...(settings.password !== undefined && !isJump && { password: settings.password }),
  };
}

function trust(settings: Connection, entry: HostEntry, port: number, isJump: boolean): Trust {
  const user =
    settings.knownHosts === undefined ? entry.knownHostsFiles : [settings.knownHosts.replace(/^~(?=\/)/, homedir())];
  const files = [...(user ?? [join(homedir(), ".ssh", "known_hosts")]), "/etc/ssh/ssh_known_hosts"];
  const name = knownName(entry.hostName, port);
  return {
    // With a port of its own OpenSSH looks for `[host]:port`, and then for the plain name.
    names: entry.hostKeyAlias === undefined ? [...new Set([name, entry.hostName])] : [entry.hostKeyAlias],
    known: files.flatMap((file) => readKnownHosts(file, file === settings.knownHosts)),
    files,
    // The pin is the real host's; a jump host has its key in a known_hosts file.
    ...(settings.hostKey !== undefined && !isJump && { pinned: [settings.hostKey].flat() }),
  };
}

function readKnownHosts(file: string, mustExist: boolean): KnownKey[] {
  try {
    return parseKnownHosts(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new UserError(`cannot read the known_hosts file ${file}: ${(error as Error).message}`, { cause: error });
  }
}
