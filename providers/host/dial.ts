/** Opening one verified, logged-in connection: name, socket, jump hosts, host key, authentication. */
import { setTimeout as sleep } from "node:timers/promises";
import ssh2 from "ssh2";
import type { Client, ClientChannel, ConnectConfig } from "ssh2";
import { gather, nextMethod } from "./auth.ts";
import type { Credentials } from "./auth.ts";
import { cutInLogin, hostKeyRefused, loginRefused, noAnswer, throughJump, unreachable } from "./errors.ts";
import { hostKeyAlgorithms, judge, pinsFingerprints } from "./host-key.ts";
import { typeOf } from "./known-hosts.ts";
import type { Login } from "./host.ts";
import { log } from "./log.ts";
import type { Target } from "./target.ts";

/** How often a connection that is cut while it is being set up is tried: sshd drops some when many come at once. */
const attempts = 4;

const logins = new WeakMap<Client, Login>();

/** How a connection that {@link dial} made is logged in. */
export function loginOf(client: Client): Login | undefined {
  return logins.get(client);
}

/** Rejects with a UserError that says what to do. */
export async function dial(target: Target): Promise<Client> {
  const started = performance.now();
  const line = () => ({ host: target.name, ms: Math.round(performance.now() - started) });
  try {
    const client = await persist(target);
    log({ event: "connected", ...line() });
    return client;
  } catch (error) {
    log({ event: "connect failed", ...line(), error: (error as Error).message });
    throw error;
  }
}

/** Milliseconds before the n-th repetition: 200, 400, 800, … and up to half of it more, so that many do not collide. */
export function backoff(n: number): number {
  return 200 * 2 ** (n - 1) * (1 + Math.random() / 2);
}

/** Why an attempt failed. */
interface Failure {
  readonly error: Error;
  /** The connection was cut while it was being set up: the next attempt may do better. */
  readonly cut?: boolean;
  /** The type of the host key, where it has no pinned fingerprint: a key of another type may have. */
  readonly wrongType?: string;
}

async function persist(target: Target): Promise<Client> {
  const wrongTypes: string[] = [];
  let refusal: Error | undefined;
  for (let attempt = 1; ;) {
    const result = await once(target, wrongTypes);
    if (result instanceof ssh2.Client) return result;
    if (result.wrongType !== undefined && !wrongTypes.includes(result.wrongType)) {
      wrongTypes.push(result.wrongType);
      refusal ??= result.error;
    } else if (result.cut === true && attempt < attempts) await sleep(backoff(attempt++));
    else throw refusal ?? result.error;
  }
}

/** What there is to know of one attempt when it has failed. */
interface Attempt {
  readonly target: Target;
  readonly credentials: Credentials;
  refusedKey?: Buffer;
  /** Every way of logging in was tried. */
  exhausted: boolean;
}

type SshError = Error & { readonly level?: string; code?: string | number };

async function once(target: Target, wrongTypes: readonly string[]): Promise<Client | Failure> {
  const attempt: Attempt = { target, credentials: await gather(target.login, target.connectTimeout), exhausted: false };
  const jump = target.via && (await tunnel(target, target.via));
  const client = new ssh2.Client();
  // Small packets that follow each other must not wait for the acknowledgement of the first (Nagle's algorithm).
  client.on("connect", () => client.setNoDelay(true));
  return new Promise((resolve) => {
    const fail = (error: SshError) => {
      if (isOneOfMany(error, attempt)) return;
      client.destroy();
      jump?.client.end();
      resolve(explain(error, attempt));
    };
    client.on("error", fail);
    client.on("close", () => {
      fail(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
    });
    client.on("change password", () => {
      fail(Object.assign(new Error("the password has expired, log in by hand and change it"), { level: "expired" }));
    });
    client.on("ready", () => {
      const { offered } = attempt.credentials;
      logins.set(client, { user: target.user, ...(offered !== undefined && { key: offered }) });
      resolve(client);
    });
    client.connect({ ...configure(attempt, wrongTypes), ...(jump && { sock: jump.stream }) });
  });
}

function configure(attempt: Attempt, wrongTypes: readonly string[]): ConnectConfig {
  const { target } = attempt;
  const next = nextMethod(target.user, attempt.credentials);
  return {
    host: target.host,
    port: target.port,
    username: target.user,
    readyTimeout: target.connectTimeout,
    keepaliveInterval: target.keepAlive,
    keepaliveCountMax: 3,
    algorithms: { serverHostKey: hostKeyAlgorithms(target.trust, wrongTypes) },
    hostVerifier: (key: Buffer) => {
      if (judge(target.trust, key).is === "trusted") return true;
      attempt.refusedKey = key;
      return false;
    },
    authHandler: (allowed, _partial, proceed) => {
      const method = next(allowed);
      attempt.exhausted = method === false;
      // `false` ends it, which the type of ssh2 forgets.
      proceed(method as Exclude<typeof method, false>);
    },
  };
}

/** A key that the agent would not sign with is one attempt among others; ssh2 goes on by itself. */
function isOneOfMany(error: SshError, { credentials, exhausted }: Attempt): boolean {
  if (error.level !== "agent" && (error.level !== "client-authentication" || exhausted)) return false;
  credentials.trace.tried.push(`which failed: ${error.message}`);
  return true;
}

function explain(error: SshError, { target, credentials, refusedKey, exhausted }: Attempt): Failure {
  if (refusedKey) {
    const refused = hostKeyRefused(target.name, refusedKey, target.trust, judge(target.trust, refusedKey));
    const type = pinsFingerprints(target.trust) ? typeOf(refusedKey) : undefined;
    return { error: refused, ...(type !== undefined && { wrongType: type }) };
  }
  const { trace } = credentials;
  if (exhausted) return { error: loginRefused(target.name, target.user, trace) };
  // A number is the host's own reason for ending the talk: in the middle of a login, too many keys most often.
  if (typeof error.code === "number" && trace.tried.length > 0)
    return { error: loginRefused(target.name, target.user, trace, `the host ended the talk: ${error.message}.`) };
  if (error.level === "expired") return { error: loginRefused(target.name, target.user, trace, `${error.message}.`) };
  if (error.level === "client-timeout") return { error: noAnswer(target.name, target.connectTimeout / 1000) };
  // A busy sshd cuts before that; tried again and again it would shut out our address (PerSourcePenalties).
  if (error.code === "ECONNRESET" && trace.tried.length > 0)
    return { error: loginRefused(target.name, target.user, trace, cutInLogin(target.user)) };
  const cut = error.code === "ECONNRESET" || error.code === "EPIPE" || error.message.includes("before handshake");
  return { error: unreachable(target.name, cut ? "ECONNRESET" : error.code, error), cut };
}

/** A stream to the target that a jump host makes. */
async function tunnel(target: Target, via: Target): Promise<{ client: Client; stream: ClientChannel }> {
  const client = await dial(via).catch((error: unknown) => {
    throw throughJump(target.name, via.name, error as Error);
  });
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
      if (error === undefined) {
        resolve({ client, stream });
        return;
      }
      client.end();
      reject(throughJump(target.name, via.name, new Error(`it cannot connect there: ${error.message}`)));
    });
  });
}
