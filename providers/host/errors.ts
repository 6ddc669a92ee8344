/** What a user reads when a host cannot be reached or does not do as it is told. Nothing here ever holds a secret. */
import { ConnectionLost, UserError } from "./host.ts";
import { describeKey } from "./host-key.ts";
import type { Expected, Trust, Verdict } from "./host-key.ts";

/** The network said no, or nothing. */
export class Unreachable extends UserError {
  override name = "Unreachable";
}

/** Who answers is not the host we know: nothing was sent, and trying again is no use. */
export class WrongHostKey extends UserError {}

const networkCauses: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused: no sshd listens on that port. Is the port right, and sshd running?",
  EHOSTUNREACH: "there is no route to the host. Is it up, and is the address right?",
  ENETUNREACH: "there is no route to its network. Is this machine online, is a VPN missing?",
  ENOTFOUND: "its name is not known, neither to DNS nor to the ssh config. Is it spelled right?",
  EAI_AGAIN: "its name could not be looked up now, for DNS does not answer. Is this machine online?",
  ECONNRESET:
    "the connection was cut while it was being set up, several times. Does sshd limit the connections " +
    "(MaxStartups, fail2ban, a firewall)?",
};

export function unreachable(host: string, code: string | number | undefined, error: Error): Unreachable {
  const said = networkCauses[code ?? ""] ?? `${error.message || "the connection failed"}.`;
  return new Unreachable(`cannot connect to ${host}: ${said}`, { cause: error });
}

export function noAnswer(host: string, seconds: number): Unreachable {
  return new Unreachable(
    `cannot connect to ${host}: no answer within ${String(seconds)} s. Is the host up, is the address right, ` +
      "and does a firewall let the port through? `connectTimeout` sets how long to wait.",
  );
}

export function throughJump(host: string, jump: string, cause: Error): UserError {
  const text = `cannot connect to ${host} through the jump host ${jump}: ${cause.message}`;
  return cause instanceof Unreachable ? new Unreachable(text, { cause }) : new UserError(text, { cause });
}

/** One way of logging in that was tried, and what there was to try but could not be. */
export interface AuthTrace {
  /** In order: `publickey SHA256:… (~/.ssh/id_ed25519)`, `password`. */
  readonly tried: string[];
  /** `~/.ssh/id_rsa: is encrypted, …`; `agent: none, …`. */
  readonly notes: string[];
  /** What the server still accepts, as it said last. */
  allowed?: readonly string[];
}

export function loginRefused(host: string, user: string, trace: AuthTrace, said?: string): UserError {
  const lines = (title: string, items: readonly string[]) => (items.length > 0 ? [title, ...items.map(indent)] : []);
  return new UserError(
    [
      `cannot log in to ${host} as user ${user}: ` +
        (said ?? (trace.tried.length > 0 ? "the host accepted none of what was tried." : "there is nothing to try.")),
      ...lines("Tried, in this order:", trace.tried),
      ...lines("Not tried:", trace.notes),
      ...(trace.allowed ? [`The host accepts: ${trace.allowed.join(", ") || "nothing more"}.`] : []),
      `Way out: add one of these keys to ~${user}/.ssh/authorized_keys on the host (ssh-copy-id does it), or name the ` +
        "right one with `privateKey` or `privateKeyFile`, or load it into the agent (ssh-add).",
    ].join("\n"),
  );
}

export function cutInLogin(user: string): string {
  return (
    "the host cut the connection in the middle of the login, as it does when the account is locked or has expired: " +
    `see, on the host,  chage -l ${user}  and the journal of sshd.`
  );
}

export function badPrivateKey(source: string, cause: string): UserError {
  return new UserError(`cannot use the private key of ${source}: ${cause}`);
}

export function hostKeyRefused(host: string, key: Buffer, trust: Trust, verdict: Verdict): WrongHostKey {
  const shown = `It showed ${describeKey(key)}.`;
  if (verdict.is === "revoked")
    return new WrongHostKey(
      `cannot connect to ${host}: its host key is marked as revoked in ${verdict.source}.\n${shown}\n` +
        "Somebody may be using a stolen key. Do not go on before the host has a new one.",
    );
  if (verdict.is === "changed") return changed(host, shown, trust, verdict.expected);
  const authority = verdict.is === "unknown" ? verdict.authority : undefined;
  return new WrongHostKey(
    [
      `cannot connect to ${host}: its host key is not known.`,
      shown,
      `Looked for ${trust.names.join(" or ")} in: ${trust.files.join(", ") || "no file"}.`,
      ...(authority
        ? [`${authority} has a @cert-authority line for it: host certificates are not supported, the key itself is.`]
        : []),
      "Way out: compare this fingerprint with the host's own (on the host: `ssh-keygen -lf " +
        "/etc/ssh/ssh_host_ed25519_key.pub`). If it is the same, pin it: `pulumi config set phoenix:hostKey <key>`, " +
        "or add what `ssh-keyscan` prints to your known_hosts file.",
    ].join("\n"),
  );
}

function changed(host: string, shown: string, trust: Trust, expected: readonly Expected[]): WrongHostKey {
  return new WrongHostKey(
    [
      `REFUSED TO CONNECT to ${host}: ITS HOST KEY IS NOT THE ONE WE KNOW.`,
      shown,
      ...expected.map(({ fingerprint, source }) => `Expected ${fingerprint} (${source}).`),
      "Either the host was installed anew or got new keys, or something else answers in its place and would get " +
        "everything that is sent, secrets included. Nothing was sent.",
      "Way out: find out which, on the host's own console (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`). " +
        (trust.pinned
          ? "Only then set the new key as phoenix:hostKey."
          : `Only then remove the old one: ssh-keygen -R '${trust.names[0] ?? host}'.`),
    ].join("\n"),
  );
}

export function noSudo(host: string, user: string, said: string): UserError {
  return new UserError(
    `cannot work on ${host}: user ${user} is not root and may not use sudo without a password.\n` +
      `sudo said: ${said.trim()}\n` +
      `Way out, as root on the host: install sudo and run  echo '${user} ALL=(ALL:ALL) NOPASSWD: ALL' ` +
      `> /etc/sudoers.d/${user}  or log in as root.`,
  );
}

function indent(text: string): string {
  return `  ${text}`;
}

export function connectionLost(host: string, label: string): ConnectionLost {
  return new ConnectionLost(
    `the connection to ${host} was lost while this was under way, so whether it took effect is not known: ${label}`,
  );
}

export function lostTooOften(host: string, label: string, reason: string): UserError {
  return new UserError(
    `cannot keep a connection to ${host}: it was lost several times in a row (${reason}). Last: ${label}`,
  );
}

export function noSessions(host: string, said: string): UserError {
  return new UserError(
    `cannot run a command on ${host}: the login works, but the host opens no session (${said}). ` +
      "Way out: set MaxSessions in its sshd_config to 10 (the default), and see that its disk or memory is not full.",
  );
}

export function commandRefused(host: string, label: string): UserError {
  return new UserError(`the host ${host} refuses to run a command: ${label}`);
}

export function tooLate(host: string, label: string, seconds: number): UserError {
  return new UserError(`command on ${host} took longer than ${String(seconds)} s and was ended: ${label}`);
}

export function tooMuchOutput(host: string, label: string, limit: number): UserError {
  const mebibytes = (limit / 1024 / 1024).toLocaleString("en", { maximumFractionDigits: 2 });
  return new UserError(`command on ${host} printed more than ${mebibytes} MiB and was ended: ${label}`);
}

export function closed(host: string): UserError {
  return new UserError(`the connection to ${host} has been closed by this program`);
}

/** A file of this machine that a command was to be sent. */
export function inputFailed(label: string, cause?: Error): UserError {
  const said = cause === undefined ? "it could not be read to its end" : cause.message;
  return new UserError(`cannot send the file that the command needs from here: ${said}\nCommand: ${label}`, { cause });
}
