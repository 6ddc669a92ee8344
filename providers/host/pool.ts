/** The channels of one connection: at most eight, one of them open ahead of the next command. */
import type { Client } from "ssh2";
import { openSession } from "./channel.ts";
import type { Session } from "./channel.ts";

/** sshd allows 10 sessions on a connection (MaxSessions) and counts closed ones until it has tidied up after them. */
const mostChannels = 8;

/** How often a host that has no channel of ours may refuse one, before the connection counts as useless. */
const mostRefusals = 6;

export interface Pool {
  /** An open channel; the caller's for one command. Rejects with {@link Broken}. */
  take(): Promise<Session>;
  /** Why the connection is of no more use; undefined while it is. */
  broken(): Broken | undefined;
  /** Resolves when the connection is closed. */
  close(): Promise<void>;
}

/** The connection is of no more use. Nothing was sent for the command that gets this. */
export class Broken extends Error {
  override name = "Broken";
  /** True when the connection is fine but the host opens no channels on it. */
  readonly refusing: boolean;
  constructor(message: string, refusing: boolean) {
    super(message);
    this.refusing = refusing;
  }
}

interface Waiting {
  resolve(session: Session): void;
  reject(error: Error): void;
}

interface State {
  readonly client: Client;
  /** Commands that wait for a channel. */
  readonly waiting: Waiting[];
  readonly spare: Session[];
  busy: number;
  opening: number;
  /** How many channels the host lets us have, as far as we know. */
  most: number;
  /** Refusals in a row, and those of them at a time when we had no channel at all. */
  refusals: number;
  outright: number;
  /** A refused channel is going to be asked for again. */
  patient: boolean;
  broken?: Broken;
}

export function pool(client: Client): Pool {
  const state: State = {
    client,
    waiting: [],
    spare: [],
    busy: 0,
    opening: 0,
    most: mostChannels,
    refusals: 0,
    outright: 0,
    patient: false,
  };
  let reason: Error | undefined;
  client.on("error", (error) => (reason = error));
  const ended = new Promise<void>((resolve) => {
    client.on("close", () => {
      breakUp(state, new Broken(reason?.message ?? "the host closed it", false));
      resolve();
    });
  });
  refill(state);
  return {
    take: async () => take(state),
    broken: () => state.broken,
    close: async () => {
      breakUp(state, new Broken("it was closed here", false));
      client.end();
      await ended;
    },
  };
}

async function take(state: State): Promise<Session> {
  return new Promise((resolve, reject) => {
    const session = state.spare.shift();
    if (state.broken) reject(state.broken);
    else if (session) hand(state, session, { resolve, reject });
    else state.waiting.push({ resolve, reject });
    // The command goes first, where it can: what is ahead of the next one is in no hurry.
    if (session) setImmediate(refill, state);
    else refill(state);
  });
}

/** Asks for the channels that are wanted: one for each waiting command, and one ahead. */
function refill(state: State): void {
  const { spare, waiting } = state;
  while (!state.broken && used(state) < state.most && spare.length + state.opening < waiting.length + 1) {
    state.opening++;
    openSession(state.client).then(
      (session) => {
        opened(state, session);
      },
      (error: unknown) => {
        refused(state, error as Error);
      },
    );
  }
}

function used({ busy, spare, opening }: State): number {
  return busy + spare.length + opening;
}

function opened(state: State, session: Session): void {
  state.opening--;
  state.refusals = state.outright = 0;
  const next = state.waiting.shift();
  if (next) {
    hand(state, session, next);
    return;
  }
  state.spare.push(session);
  session.onClose(() => {
    if (state.spare.includes(session)) state.spare.splice(state.spare.indexOf(session), 1);
  });
}

function hand(state: State, session: Session, to: Waiting): void {
  state.busy++;
  session.onClose(() => {
    state.busy--;
    // A limit that we ran into may have been sshd's untidied sessions.
    state.most = Math.min(mostChannels, state.most + 1);
    refill(state);
  });
  to.resolve(session);
}

function refused(state: State, error: Error): void {
  state.opening--;
  // A refused spare is no matter: the next command asks again.
  if (state.broken || state.waiting.length === 0) return;
  state.refusals++;
  if (used(state) === 0 && ++state.outright > mostRefusals) {
    breakUp(state, new Broken(error.message, true));
    return;
  }
  const open = state.busy + state.spare.length;
  state.most = Math.max(1, open);
  if (state.patient) return;
  state.patient = true;
  setTimeout(() => {
    state.patient = false;
    state.most = Math.min(mostChannels, Math.max(state.most, open + 1));
    refill(state);
  }, patience(state.refusals));
}

/** Milliseconds until a refused channel is asked for again. */
function patience(refusals: number): number {
  return Math.min(1000, 10 * 2 ** refusals) * (1 + Math.random() / 2);
}

function breakUp(state: State, error: Broken): void {
  state.broken ??= error;
  for (const command of state.waiting.splice(0)) command.reject(state.broken);
}
