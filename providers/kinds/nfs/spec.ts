import { z } from "zod";
import { suggest } from "../../suggest.ts";
import { badClient, canonicalClient } from "./clients.ts";
import type { Clients } from "./exports-file.ts";
import { badOption, contradiction, WORDS } from "./options.ts";

const path = z.string().check(({ value, issues }) => {
  const message = badPath(value);
  if (message !== undefined) issues.push({ code: "custom", message, input: value });
});

const clients = z.record(z.string(), z.array(z.string())).check(({ value, issues }) => {
  for (const { at, message } of badClients(value)) issues.push({ code: "custom", message, path: at, input: value });
});

const ACCOUNT = "must be a name or a number";
const account = z.union([
  z.string(ACCOUNT).regex(/^(\d{1,10}|[A-Za-z_][\w.-]{0,31})$/, ACCOUNT),
  z.int(ACCOUNT).min(0, ACCOUNT).max(0xfffffffe, ACCOUNT),
]);

export const ExportSpec = z.strictObject({
  /** The exported directory: an absolute path without `.`, `..` or symbolic links in it. */
  path,
  /**
   * Who may mount it: client → options, both in the words of exports(5). A client is an address, a network
   * (`10.0.0.0/24`), a host name, a name with wildcards, an `@netgroup`, or `*`. What is not said takes the default
   * of exports(5): `ro`, `sync`, `root_squash` and so on.
   */
  clients,
  /** Owner of the directory itself, name or number. Default: left alone. */
  owner: account.optional(),
  /** Group of the directory itself, name or number. Default: left alone. */
  group: account.optional(),
  /** Mode of the directory itself, octal: `"0775"`. Default: left alone. */
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, 'must be octal, in quotes, such as "0775"')
    .optional(),
});
export type ExportSpec = z.infer<typeof ExportSpec>;

function badPath(value: string): string | undefined {
  const parts = value.split("/").slice(1);
  if (!value.startsWith("/")) return "must be absolute, such as /tank/media";
  if (value !== "/" && parts.some((part) => part === "" || part === "." || part === ".."))
    return "must have no empty, `.` or `..` part";
  // exports(5) has no way to write a backslash that octal digits follow; a line cannot hold a line's end.
  if (/[\u0000-\u001f\u007f\\]/.test(value)) return "must have no control characters and no backslash";
  return Buffer.byteLength(value) > 1000 ? "must have at most 1000 bytes" : undefined;
}

interface Complaint {
  readonly at: PropertyKey[];
  readonly message: string;
}

function badClients(declared: Clients): Complaint[] {
  const names = Object.keys(declared);
  if (names.length === 0) return [{ at: [], message: "must name at least one client; `*` is everybody" }];
  return names.flatMap((name, i) => {
    const bad = badClient(name);
    if (bad !== undefined) return [{ at: [name], message: `the client ${JSON.stringify(name)} ${bad}` }];
    const twin = names.slice(0, i).find((other) => canonicalClient(other) === canonicalClient(name));
    if (twin !== undefined) return [{ at: [name], message: `is the same client as ${JSON.stringify(twin)}` }];
    return badOptions(name, declared[name] ?? []);
  });
}

/** nfs-utils reads a client and its options into a buffer of 512 bytes (support/nfs/exports.c). */
const LONGEST = 500;

function badOptions(client: string, options: readonly string[]): Complaint[] {
  const bad = options.flatMap((option, i) => {
    const message = badOption(option);
    if (message === undefined) return [];
    const hint = message.startsWith("is not") ? suggest(option, WORDS) : "";
    return [{ at: [client, i], message: `the option ${JSON.stringify(option)} ${message}${hint}` }];
  });
  if (bad.length > 0) return bad;
  const pair = contradiction(options);
  if (pair !== undefined) {
    const [first, second] = pair.map((option) => JSON.stringify(option)) as [string, string];
    const what = first === second ? `${first} is there twice` : `${first} and ${second} exclude each other`;
    return [{ at: [client], message: what }];
  }
  const length = client.length + options.join(",").length;
  return length > LONGEST
    ? [{ at: [client], message: `is longer than ${String(LONGEST)} characters, options included` }]
    : [];
}
