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

export function pool(client: Client): Pool {
  const waiting: Waiting[] = [];
  const spare: Session[] = [];
  let busy = 0;
  let opening = 0;
  /** How many channels the host lets us have, as far as we know. */
  let most = mostChannels;
  let refusals = 0;
  let broken: Broken | undefined;

  const breakUp = (error: Broken) => {
    broken ??= error;
    for (const command of waiting.splice(0)) command.reject(broken);
  };

  const refill = () => {
    while (!broken && busy + spare.length + opening < most && spare.length + opening < waiting.length + 1) {
      opening++;
      openSession(client).then(opened, refused);
    }
  };

  const hand = (session: Session, to: Waiting) => {
    busy++;
    session.onClose(() => {
      busy--;
      // A limit that we ran into may have been sshd's untidied sessions.
      most = Math.min(mostChannels, most + 1);
      refill();
    });
    to.resolve(session);
  };

  const opened = (session: Session) => {
    opening--;
    refusals = 0;
    const next = waiting.shift();
    if (next) {
      hand(session, next);
      return;
    }
    spare.push(session);
    session.onClose(() => {
      if (spare.includes(session)) spare.splice(spare.indexOf(session), 1);
    });
  };

  const refused = (error: Error) => {
    opening--;
    const inUse = busy + spare.length;
    // A refused spare is no matter: the next command asks again.
    if (broken || waiting.length === 0) return;
    if (inUse + opening === 0 && ++refusals > mostRefusals) {
      breakUp(new Broken(error.message, true));
      return;
    }
    most = Math.max(1, inUse);
    setTimeout(() => {
      most = Math.min(mostChannels, Math.max(most, inUse + 1));
      refill();
    }, patience(refusals));
  };

  let reason: Error | undefined;
  client.on("error", (error) => (reason = error));
  const ended = new Promise<void>((resolve) => {
    client.on("close", () => {
      breakUp(new Broken(reason?.message ?? "the host closed it", false));
      resolve();
    });
  });
  refill();

  return {
    take: async () =>
      new Promise((resolve, reject) => {
        const session = spare.shift();
        if (broken) reject(broken);
        else if (session) hand(session, { resolve, reject });
        else waiting.push({ resolve, reject });
        refill();
      }),
    broken: () => broken,
    close: async () => {
      breakUp(new Broken("it was closed here", false));
      client.end();
      await ended;
    },
  };
}

/** Milliseconds until a refused channel is asked for again. */
function patience(refusals: number): number {
  return Math.min(1000, 10 * 2 ** refusals) * (1 + Math.random() / 2);
}
