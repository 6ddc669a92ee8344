/** How a host is reached: the one description of it, in a stack's configuration and in tests. */
import { z } from "zod";

const publicKey = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{40,}={0,2}( .*)?$/;
const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}=?$/;

const HostKey = z
  .string()
  .trim()
  .refine((key) => publicKey.test(key) || fingerprint.test(key), {
    error: "must be a public key such as `ssh-ed25519 AAAA…`, or a fingerprint such as `SHA256:…`",
  });

const seconds = z.number().positive().max(86_400);

export const Connection = z.strictObject({
  host: z.string().min(1).describe("Name or address of the host, or an alias of the ssh config."),
  port: z.int().min(1).max(65_535).optional().describe("TCP port of sshd. Default: `Port` of the ssh config, else 22."),
  user: z
    .string()
    .min(1)
    .optional()
    .describe("Login name: root, or a user with passwordless sudo. Default: `User` of the ssh config, else your own."),
  privateKey: z
    .string()
    .min(1)
    .optional()
    .describe("Secret. The text of a private key, in OpenSSH or PEM form. Then no other key is offered."),
  privateKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe("File with a private key. Then no other key is offered. Default: what the ssh config names."),
  passphrase: z.string().min(1).optional().describe("Secret. The passphrase of an encrypted private key."),
  agent: z
    .union([z.string().min(1), z.literal(false)])
    .optional()
    .describe(
      "Socket of the ssh agent; false: use none. Default: `IdentityAgent` of the ssh config, else SSH_AUTH_SOCK.",
    ),
  password: z.string().min(1).optional().describe("Secret. Password of the user: tried last. A key is better."),
  hostKey: z
    .union([HostKey, z.array(HostKey).min(1)])
    .optional()
    .describe(
      "The host's public key (`ssh-ed25519 AAAA…`) or its fingerprint (`SHA256:…`), one or several. " +
        "Then only these are accepted; else the key must be in a known_hosts file.",
    ),
  knownHosts: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The known_hosts file. Default: `UserKnownHostsFile` of the ssh config, else ~/.ssh/known_hosts; " +
        "and /etc/ssh/ssh_known_hosts.",
    ),
  sshConfig: z
    .string()
    .min(1)
    .optional()
    .describe("The ssh config file; a relative path starts at the working directory. Default: ~/.ssh/config."),
  connectTimeout: seconds
    .optional()
    .describe("Seconds to connect and log in. Default: `ConnectTimeout` of the ssh config, else 20."),
  commandTimeout: seconds.optional().describe("Seconds a command may take that names no limit itself. Default: 120."),
  keepAlive: seconds
    .optional()
    .describe(
      "Seconds between signs of life; the connection counts as lost after four without an answer. Default: 10.",
    ),
});

export type Connection = z.infer<typeof Connection>;
