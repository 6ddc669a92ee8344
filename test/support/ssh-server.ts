/** An SSH server in this process, whose commands a real shell runs; what it does wrong can be chosen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import ssh2 from "ssh2";
import type { AuthContext, Connection, ParsedKey, ServerChannel, Session } from "ssh2";

/** A key pair in the forms that settings and servers take. */
export interface KeyPair {
  /** In OpenSSH's private form. */
  readonly private: string;
  /** `ssh-ed25519 AAAA… comment`. */
  readonly public: string;
  readonly parsed: ParsedKey;
}

export interface ServerOptions {
  /** The keys it shows. Default: {@link hostKey}. */
  readonly hostKeys?: readonly KeyPair[];
  /** The keys that may log in. Default: {@link userKey}. */
  readonly users?: readonly KeyPair[];
  readonly password?: string;
  /** True: the password is right but must be changed first. */
  readonly isExpired?: boolean;
  /** The methods it names when one is refused. Default: those there are. */
  readonly methods?: readonly ("publickey" | "password" | "keyboard-interactive")[];
  /** The shell that runs the commands, with `-c`. Default: /bin/sh. */
  readonly shell?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** False: it refuses to open this channel, the n-th of the n-th connection (both from 1). */
  mayOpen?(channel: number, connection: number, open: number): boolean;
  /** False: it refuses every command. */
  readonly mayExec?: boolean;
  /** Takes over a command instead of the shell. True: done here. */
  onExec?(line: string, channel: ServerChannel, connection: Connection): boolean;
  /** Called for each attempt to log in with something (from 1), after it was judged. */
  onAuthentication?(attempt: number, connection: Connection): void;
  /** Called for each TCP connection before SSH speaks; false closes it. */
  onSocket?(connection: number): boolean;
}

export interface TestServer {
  readonly port: number;
  /** The command lines that came, in order. */
  readonly lines: string[];
  readonly count: { connections: number; channels: number; refused: number; open: number; mostOpen: number };
  /** Calls back when the last connection has ended. */
  onIdle(then: () => void): void;
  /** Cuts every connection, without a goodbye. */
  cut(): void;
  close(): Promise<void>;
}

export function newKey(type: "ed25519" | "ecdsa" | "rsa" = "ed25519", passphrase?: string): KeyPair {
  const secret = passphrase === undefined ? {} : { passphrase, cipher: "aes256-ctr", rounds: 4 };
  const pair =
    type === "ed25519"
      ? ssh2.utils.generateKeyPairSync("ed25519", { comment: "test", ...secret })
      : type === "ecdsa"
        ? ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256, comment: "test", ...secret })
        : ssh2.utils.generateKeyPairSync("rsa", { bits: 2048, comment: "test", ...secret });
  const parsed = ssh2.utils.parseKey(pair.public);
  // One ed25519 key in 256 begins with a zero byte, which ssh2 drops when it makes it.
  if (parsed instanceof Error) return newKey(type, passphrase);
  return { ...pair, parsed };
}

export const hostKey = newKey();
export const userKey = newKey();

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const lines: string[] = [];
  let whenIdle: () => void = () => undefined;
  const count = { connections: 0, channels: 0, refused: 0, open: 0, mostOpen: 0 };
  const hostKeys = (options.hostKeys ?? [hostKey]).map((key) => key.private);
  const server = new ssh2.Server({ hostKeys }, (connection) => {
    const number = ++count.connections;
    let channels = 0;
    connection.on("error", () => undefined);
    let attempts = 0;
    connection.on("authentication", (context) => {
      authenticate(context, options);
      options.onAuthentication?.(++attempts, connection);
    });
    connection.on("session", (accept, reject) => {
      if (options.mayOpen?.(++channels, number, count.open) === false) {
        count.refused++;
        reject();
        return;
      }
      count.channels++;
      count.mostOpen = Math.max(count.mostOpen, ++count.open);
      serveSession(accept(), options, lines, connection, () => count.open--);
    });
    connection.on("tcpip", (accept, reject, info) => {
      const socket = connect(info.destPort, info.destIP);
      socket.once("connect", () => {
        const channel = accept();
        channel.pipe(socket).pipe(channel);
        channel.on("error", () => socket.destroy());
      });
      socket.on("error", reject);
    });
  });
  let socketCount = 0;
  server.on("connection", () => undefined);
  const listening = server as unknown as { _srv: import("node:net").Server };
  listening._srv.prependListener("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) whenIdle();
    });
    if (options.onSocket?.(++socketCount) === false) socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    count,
    onIdle: (then) => {
      whenIdle = then;
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
}

function authenticate(context: AuthContext, options: ServerOptions): void {
  const users = options.users ?? [userKey];
  const refuse = () => {
    context.reject([
      ...(options.methods ?? ["publickey", ...(options.password === undefined ? [] : ["password" as const])]),
    ]);
  };
  if (options.methods && context.method !== "none" && !(options.methods as readonly string[]).includes(context.method))
    refuse();
  else if (context.method === "publickey") {
    const known = users.find((user) => user.parsed.getPublicSSH().equals(context.key.data));
    const proven =
      context.signature === undefined || context.blob === undefined
        ? true
        : known?.parsed.verify(context.blob, context.signature, context.hashAlgo) === true;
    if (known && proven) context.accept();
    else refuse();
  } else if (context.method === "password" && options.isExpired === true)
    context.requestChange("Change it", () => undefined);
  else if (context.method === "password" && context.password === options.password) context.accept();
  else if (context.method === "keyboard-interactive")
    context.prompt([{ prompt: "Password: ", echo: false }], (answers) => {
      if (answers[0] === options.password) context.accept();
      else refuse();
    });
  else refuse();
}

function serveSession(
  session: Session,
  options: ServerOptions,
  lines: string[],
  connection: Connection,
  onClose: () => void,
): void {
  session.once("close", onClose);
  session.on("exec", (accept, refuse, { command }) => {
    lines.push(command);
    if (options.mayExec === false) {
      refuse();
      return;
    }
    const channel = accept();
    if (options.onExec?.(command, channel, connection) === true) return;
    const child = spawn(options.shell ?? "/bin/sh", ["-c", command], { env: options.env ?? process.env });
    child.stdin.on("error", () => undefined);
    channel.on("error", () => undefined);
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    channel.once("close", () => {
      child.stdin.end();
      child.stdout.destroy();
      child.stderr.destroy();
    });
    session.on("signal", (_accept, _reject, { name }) => child.kill(`SIG${name}` as NodeJS.Signals));
    child.once("close", (code, signal) => {
      if (code === null) channel.exit((signal ?? "SIGKILL").replace("SIG", ""));
      else channel.exit(code);
      channel.end();
    });
  });
}
