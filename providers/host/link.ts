/** The connection of a host: made when needed, made again when lost, replaced when the host opens no channels on it. */
import type { Session } from "./channel.ts";
import { dial, loginOf } from "./dial.ts";
import { closed, noSessions } from "./errors.ts";
import type { Login } from "./host.ts";
import { log } from "./log.ts";
import { Broken, pool } from "./pool.ts";
import type { Pool } from "./pool.ts";
import type { Target } from "./target.ts";

export interface Link {
  /** An open channel for one command. Rejects with {@link Broken} when the connection was lost before. */
  take(): Promise<Session>;
  /** How the last connection is logged in. */
  login(): Login | undefined;
  /** Drops the connection; the next command makes a new one. */
  forget(): void;
  close(): Promise<void>;
}

export function openLink(target: Target): Link {
  let current: Promise<Pool> | undefined;
  let login: Login | undefined;
  let isClosed = false;

  const open = async (): Promise<Pool> => {
    const client = await dial(target);
    login = loginOf(client);
    client.once("close", () => {
      log({ event: "disconnected", host: target.name });
    });
    return pool(client);
  };

  /** Calls of the same moment share one connection, and so do those that find it broken. */
  const get = async (): Promise<Pool> => {
    if (isClosed) throw closed(target.name);
    const mine = (current ??= open());
    const made = await mine.catch((error: unknown) => {
      if (current === mine) current = undefined;
      throw error;
    });
    if (!made.broken()) return made;
    if (current === mine) current = undefined;
    return get();
  };

  const take = async (connections: number): Promise<Session> => {
    const made = await get();
    try {
      return await made.take();
    } catch (error) {
      if (isClosed) throw closed(target.name);
      if (!(error instanceof Broken) || !error.refusing) throw error;
      void made.close();
      if (connections === 2) throw noSessions(target.name, error.message);
      return take(connections + 1);
    }
  };

  return {
    take: async () => take(1),
    login: () => login,
    forget: () => {
      // The other side may be gone without a word: nobody waits for its goodbye.
      void current?.then(async (made) => made.close()).catch(() => undefined);
      current = undefined;
    },
    close: async () => {
      isClosed = true;
      await (await current?.catch(() => undefined))?.close();
    },
  };
}
