/** A TCP proxy on loopback that makes the way longer, can cut it, and counts the round trips. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  /** How often, since the last call, something came back for what was sent: however busy this machine is. */
  roundTrips(): number;
  /** Cuts what goes through it, without a goodbye. */
  cut(): void;
  close(): void;
}

/** `roundTrip`: milliseconds that it adds to each round trip. */
export async function startProxy(port: number, roundTrip: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let roundTrips = 0;
  let awaitsAnswer = false;
  const sent = () => {
    awaitsAnswer = true;
  };
  const answered = () => {
    if (awaitsAnswer) roundTrips++;
    awaitsAnswer = false;
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    near.on("data", sent);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.once("close", () => sockets.delete(from));
      from.on("data", (data) =>
        setTimeout(() => {
          if (to === near) answered();
          to.write(data);
        }, roundTrip / 2),
      );
      from.on("close", () => setTimeout(() => to.destroy(), roundTrip / 2));
      from.on("error", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    roundTrips: () => {
      const since = roundTrips;
      roundTrips = 0;
      return since;
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A port on loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
