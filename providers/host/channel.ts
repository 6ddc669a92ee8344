/**
 * One command on one channel. ssh2's own exec() costs three round trips: open the channel, request the command, write
 * its input. Here a channel is opened ahead of its command, and the input follows the request at once. For that we need
 * two steps which ssh2 has inside but not in its interface; the version of ssh2 is pinned, and tests cover them.
 */
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";

/** An open session channel that has not been used. */
export interface Session {
  run(line: string, stdin: Buffer | Readable, limits: Limits): Promise<Outcome>;
  /** Calls back when the channel is closed, by either side. */
  onClose(then: () => void): void;
}

export interface Limits {
  /** Bytes of stdout and stderr together. */
  readonly output: number;
  /** Milliseconds until the command is given up. */
  readonly time: number;
}

export interface Outcome {
  /**
   * `lost`: the connection or the channel broke before the end was known. `refused`: the host would not run it.
   * `input failed`: what was to be its standard input could not be read to the end.
   */
  readonly end: "exit" | "lost" | "refused" | "too much output" | "too late" | "input failed";
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: number;
}

/** The parts of a client and a channel that ssh2's types do not show. */
interface ClientInside {
  readonly _chanMgr: { add(opened: Opened): number };
  readonly _protocol: {
    session(channel: number, window: number, packet: number): void;
    exec(channel: number, line: string, reply: boolean): void;
    signal(channel: number, name: string): void;
  };
  readonly _remoteVer?: string;
}

interface ChannelInside {
  readonly outgoing: { readonly id: number; readonly state: string; window: number };
  readonly incoming: { readonly state: string };
  readonly _callbacks: ((refused: boolean | Error) => void)[];
}

type Opened = ((error: Error | undefined, channel: ClientChannel & ChannelInside) => void) & { type?: string };

const signals = new Map<string | undefined, number>(Object.entries(constants.signals));

const windowSize = 2 * 1024 * 1024;
const packetSize = 32 * 1024;

/** Costs one round trip. Rejects with ssh2's "Channel open failure", or when the connection ends. */
export async function openSession(client: Client): Promise<Session> {
  const inside = client as unknown as ClientInside;
  return new Promise((resolve, reject) => {
    const opened: Opened = (error, channel) => {
      if (error) reject(error);
      else resolve(session(channel, inside));
    };
    opened.type = "session";
    inside._protocol.session(inside._chanMgr.add(opened), windowSize, packetSize);
  });
}

function session(channel: ClientChannel & ChannelInside, client: ClientInside): Session {
  // A program that ends before it has read its input is none of our business: its exit code tells.
  channel.on("error", () => undefined);
  // Node destroys a stream when both its directions have ended. Here that would close the channel at the end of the
  // output, before the exit code has come; it is closed when the host closes it.
  channel.destroy = () => channel;
  return {
    run: async (line, stdin, limits) => run(channel, client, line, stdin, limits),
    onClose: (then) => channel.once("close", then),
  };
}

async function run(
  channel: ClientChannel & ChannelInside,
  client: ClientInside,
  line: string,
  stdin: Buffer | Readable,
  limits: Limits,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let code: number | undefined;
    const finish = (end: Outcome["end"]) => {
      clearTimeout(timer);
      if (!Buffer.isBuffer(stdin)) stdin.destroy();
      resolve({ end, code: code ?? -1, ...output() });
    };
    const stop = (end: Outcome["end"]) => {
      client._protocol.signal(channel.outgoing.id, "TERM");
      channel.close();
      finish(end);
    };
    const output = collect(channel, limits.output, () => {
      stop("too much output");
    });
    const timer = setTimeout(stop, limits.time, "too late");
    channel.on("exit", (status: number | null, signal?: string) => {
      code = status ?? 128 + (signals.get(signal) ?? 0);
    });
    channel.once("close", () => {
      // A channel that both sides have closed is `closed`; one whose connection broke is not.
      finish(code !== undefined && channel.outgoing.state === "closed" ? "exit" : "lost");
    });
    channel._callbacks.push((refused) => {
      // ssh2 says so too when the channel or the connection ends before the answer has come.
      if (refused !== false && channel.incoming.state !== "closed") stop("refused");
    });
    client._protocol.exec(channel.outgoing.id, line, true);
    if (Buffer.isBuffer(stdin)) write(channel, client, stdin);
    else
      stdin
        .once("error", () => {
          stop("input failed");
        })
        .pipe(channel);
  });
}

/** What fits in here is written without waiting for the host's leave. */
const aheadOfWindow = 64 * 1024;

/**
 * OpenSSH opens a session channel with no room for input, and makes 2 MiB of room while it serves the request for the
 * command, before it reads on: what follows the request finds that room. So a short input need not wait for the word
 * that there is room, which would cost a round trip. Other servers have room from the start.
 */
function write(channel: ClientChannel & ChannelInside, client: ClientInside, stdin: Buffer): void {
  const { outgoing } = channel;
  const ahead = outgoing.window === 0 && stdin.length <= aheadOfWindow && /^OpenSSH_\d/.test(client._remoteVer ?? "");
  if (ahead) outgoing.window = stdin.length;
  channel.end(stdin);
}

/** Collects what a command prints, until it is more than `limit` bytes. */
function collect(channel: ClientChannel, limit: number, onTooMuch: () => void) {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let bytes = 0;
  const take = (into: Buffer[]) => (chunk: Buffer) => {
    const before = bytes;
    bytes += chunk.length;
    if (bytes <= limit) into.push(chunk);
    else if (before <= limit) onTooMuch();
  };
  channel.on("data", take(chunks.stdout));
  channel.stderr.on("data", take(chunks.stderr));
  // Decoded as a whole, for a character may be split between two packets.
  const text = (parts: readonly Buffer[]) => (bytes <= limit ? Buffer.concat(parts).toString("utf8") : "");
  return () => ({ stdout: text(chunks.stdout), stderr: text(chunks.stderr), bytes });
}
