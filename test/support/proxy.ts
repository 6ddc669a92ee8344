/** A TCP proxy on loopback that makes the way longer, and can cut it. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Cuts what goes through it, without a goodbye. */
  cut(): void;
  close(): void;
}

/** `roundTrip`: milliseconds that it adds to each round trip. */
export async function startProxy(port: number, roundTrip: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.once("close", () => sockets.delete(from));
      from.on("data", (data) => setTimeout(() => to.write(data), roundTrip / 2));
      from.on("close", () => setTimeout(() => to.destroy(), roundTrip / 2));
      from.on("error", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
