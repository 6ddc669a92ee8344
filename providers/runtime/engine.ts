/** The engine's end. */
import { connect } from "node:net";

/**
 * Ends this process when the engine is gone. One that is killed does not end its providers: they would go on changing
 * the host beside the next run. A connection that does nothing shows it at once; when it is closed, a new one tells
 * whether the engine is still there.
 */
export function endWithEngine(address: string): void {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  let wasThere = false;
  socket.once("connect", () => (wasThere = true));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED") process.exit(1);
  });
  socket.once("close", () => {
    // One that was reset before it was made says nothing yet.
    setTimeout(endWithEngine, wasThere ? 0 : 1000, address).unref();
  });
  socket.resume().unref();
}
