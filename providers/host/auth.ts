/** Logging in: which keys there are, in which order they are offered, and what became of it. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import ssh2 from "ssh2";
import type { AnyAuthMethod, AuthenticationType, BaseAgent, ParsedKey } from "ssh2";
import { badPrivateKey } from "./errors.ts";
import type { AuthTrace } from "./errors.ts";
import { fingerprint } from "./host-key.ts";
import type { LoginSettings } from "./target.ts";

/** A key to offer. */
interface Identity {
  readonly key: ParsedKey;
  /** Where it comes from, for messages. */
  readonly source: string;
  /** The agent that signs with it; absent where `key` is the private key itself. */
  readonly agent?: BaseAgent;
}

export interface Credentials {
  /** The key that was offered last, in the form of an authorized_keys file: once logged in, it is the one in use. */
  offered?: string | undefined;
  readonly identities: readonly Identity[];
  readonly password?: string;
  readonly trace: AuthTrace;
}

/**
 * Reads the key files and asks the agent, which may take `patience` milliseconds.
 * Throws a UserError when a key that is named outright cannot be used.
 */
export async function gather(settings: LoginSettings, patience: number): Promise<Credentials> {
  const trace: AuthTrace = { tried: [], notes: [] };
  const named = namedKey(settings);
  const files = settings.identityFiles.map((file) => keyFile(file, settings.passphrase, trace));
  const held = await agentKeys(settings, trace, Math.min(patience, longestPatience));
  const isListed = ({ key }: Identity) => files.some((file) => file.public?.equals(key.getPublicSSH()));
  // As ssh does: the agent's keys that a file names, its other keys, and the files that it does not hold.
  const agent = settings.identitiesOnly ? held.filter(isListed) : [...held].sort(by(isListed));
  const own = files.flatMap(({ identity }) => identity ?? []);
  const isHeld = ({ key }: Identity) => agent.some((other) => other.key.getPublicSSH().equals(key.getPublicSSH()));
  const identities = [...(named ? [named] : []), ...agent, ...own.filter((identity) => !isHeld(identity))];
  return { identities, trace, ...(settings.password !== undefined && { password: settings.password }) };
}

/** ssh2 asks for the next method until one is accepted; `false` ends it. */
export function nextMethod(user: string, credentials: Credentials) {
  const queue = [...methods(user, credentials)];
  return (allowed: readonly AuthenticationType[] | null): AnyAuthMethod | false => {
    if (allowed) credentials.trace.allowed = allowed;
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (allowed && !allowed.includes(next.method.type === "agent" ? "publickey" : next.method.type)) continue;
      credentials.trace.tried.push(next.shown);
      credentials.offered = next.offered;
      return next.method;
    }
    return false;
  };
}

function* methods(
  user: string,
  { identities, password }: Credentials,
): Generator<{ method: AnyAuthMethod; shown: string; offered?: string }> {
  for (const { key, source, agent } of identities)
    yield {
      method: agent
        ? { type: "agent", username: user, agent: only(key, agent) }
        : { type: "publickey", username: user, key },
      shown: `publickey ${fingerprint(key.getPublicSSH())} (${source})`,
      offered: `${key.type} ${key.getPublicSSH().toString("base64")}`,
    };
  if (password === undefined) return;
  yield { method: { type: "password", username: user, password }, shown: "password" };
  // What PAM asks for, where the host takes passwords in this way only.
  yield {
    method: {
      type: "keyboard-interactive",
      username: user,
      prompt: (_name, _instructions, _language, prompts, answer) => {
        answer(prompts.map(() => password));
      },
    },
    shown: "keyboard-interactive, with the password",
  };
}

/** The agent with one key, so that each key is an attempt of its own. */
function only(key: ParsedKey, agent: BaseAgent): BaseAgent {
  const one = Object.create(agent) as BaseAgent<ParsedKey>;
  one.getIdentities = (answer) => {
    answer(undefined, [key]);
  };
  return one;
}

function namedKey(settings: LoginSettings): Identity | undefined {
  if (settings.privateKey !== undefined) return mustParse(settings.privateKey, "`privateKey`", settings.passphrase);
  const file = settings.privateKeyFile?.replace(/^~(?=\/)/, homedir());
  if (file === undefined) return undefined;
  const text = readText(file);
  if (text instanceof Error) throw badPrivateKey(`the file ${file}`, text.message);
  return mustParse(text, `the file ${file}`, settings.passphrase);
}

function mustParse(text: string, source: string, passphrase: string | undefined): Identity {
  const key = parse(text, passphrase);
  if (typeof key === "string") throw badPrivateKey(source, key);
  if (!key.isPrivateKey()) throw badPrivateKey(source, "it is a public key");
  return { key, source };
}

/** A key file as ssh treats it: one that cannot be used is passed over, and its .pub file may tell what is in it. */
function keyFile(
  file: string,
  passphrase: string | undefined,
  trace: AuthTrace,
): { readonly identity?: Identity; readonly public?: Buffer } {
  const text = readText(file);
  if (text instanceof Error) {
    trace.notes.push(`${file}: ${text.message}`);
    return publicPart(file);
  }
  const key = parse(text, passphrase);
  if (typeof key === "string") trace.notes.push(`${file}: ${key}`);
  if (typeof key === "string") return publicPart(file);
  return key.isPrivateKey()
    ? { identity: { key, source: file }, public: key.getPublicSSH() }
    : { public: key.getPublicSSH() };
}

function publicPart(file: string): { readonly public?: Buffer } {
  const text = readText(`${file}.pub`);
  const key = text instanceof Error ? text : ssh2.utils.parseKey(text);
  return key instanceof Error ? {} : { public: key.getPublicSSH() };
}

function readText(file: string): string | Error {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return new Error(code === "ENOENT" ? "there is no such file" : message, { cause: error });
  }
}

/** The key, or why it is none. */
function parse(text: string, passphrase: string | undefined): ParsedKey | string {
  const key = ssh2.utils.parseKey(text, passphrase);
  const one = Array.isArray(key) ? (key as ParsedKey[])[0] : key;
  if (one !== undefined && !(one instanceof Error)) return one;
  const cause = one?.message ?? "";
  if (/no passphrase given/i.test(cause)) return "it is encrypted, and no `passphrase` is set";
  if (/bad (passphrase|decrypt)|integrity check|incorrect passphrase|bad decrypt/i.test(cause))
    return "the `passphrase` does not open it";
  return "it is in no form that can be read here (OpenSSH, PEM and PuTTY forms of ed25519, ECDSA and RSA can)";
}

async function agentKeys(settings: LoginSettings, trace: AuthTrace, patience: number): Promise<Identity[]> {
  if (settings.agent === undefined) {
    trace.notes.push("agent: none is set (SSH_AUTH_SOCK, IdentityAgent, or `agent`), or a key is named outright");
    return [];
  }
  const socket = settings.agent;
  const agent = ssh2.createAgent(socket);
  try {
    const keys = await identitiesOf(agent, patience);
    if (keys.length === 0) trace.notes.push(`agent ${socket}: it holds no key that can be used (ssh-add -l)`);
    return keys.map((key) => ({ key, agent, source: `agent, "${key.comment}"` }));
  } catch (error) {
    trace.notes.push(`agent ${socket}: ${(error as Error).message}`);
    return [];
  }
}

/** Milliseconds after which an agent counts as hung: it may be a stale forwarded socket. */
const longestPatience = 5000;

async function identitiesOf(agent: BaseAgent, patience: number): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error("it does not answer"));
    }, patience);
    agent.getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve((keys ?? []) as ParsedKey[]);
    });
  });
}

function by<T>(isFirst: (item: T) => boolean): (a: T, b: T) => number {
  return (a, b) => Number(isFirst(b)) - Number(isFirst(a));
}
