/** An ssh agent in this process. */
import { createServer } from "node:net";
import type { Server } from "node:net";
import ssh2 from "ssh2";
import type { KeyPair } from "./ssh-server.ts";

/** `signs`: false for a key that it has and will not sign with. */
export function agentServer(keys: readonly KeyPair[], signs: (key: KeyPair) => boolean = () => true): Server {
  return createServer((socket) => {
    const agent = new ssh2.AgentProtocol(false);
    agent.on("identities", (request) => {
      agent.getIdentitiesReply(
        request,
        keys.map((key) => key.parsed),
      );
    });
    agent.on("sign", (request, publicKey, data, options) => {
      const held = keys.find((key) => key.parsed.equals(publicKey));
      const secret = held && ssh2.utils.parseKey(held.private);
      if (!held || !secret || secret instanceof Error || !signs(held)) agent.failureReply(request);
      else agent.signReply(request, secret.sign(data, options.hash));
    });
    socket.on("error", () => undefined);
    socket.pipe(agent).pipe(socket);
  });
}
