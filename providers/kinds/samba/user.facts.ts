/** What one look at the host tells about its Samba users, whatever their number. */
import { createHash } from "node:crypto";
import { script, type Command, type Secret } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { ntHash } from "./nt-hash.ts";

export interface Entry {
  /** As pdbedit prints it: `U` user, `D` disabled, `N` no password, and so on. */
  readonly flags: string;
  /** SHA-256 of the salt and the NT hash: the hash itself, which is as good as the password, stays on the host. */
  readonly digest: string;
}

export interface Account {
  /** The comment field. */
  readonly comment: string;
}

export interface UserFacts {
  /** Of this look alone. */
  readonly salt: string;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Unix accounts. */
  readonly accounts: ReadonlyMap<string, Account>;
}

export function query(names: readonly string[] | undefined): Command {
  return script("samba-users", QUERY, names);
}

// What pdbedit prints goes through variables and pipes between shell builtins: no argument list ever shows a hash.
const QUERY = `
command -v pdbedit >/dev/null || exit 0
salt=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')
echo == salt
echo "$salt"
echo == entries
all=$(pdbedit -L -w 2>&1) || { printf '%s\\n' "$all" | grep -v '^[^ :]*:[0-9]*:' >&2; exit 1; }
printf '%s\\n' "$all" | while IFS=: read -r name uid lm nt flags rest
do
  case $flags in '['*']') ;; *) continue ;; esac
  asked=$#
  for one do [ "$one" != "$name" ] || asked=0; done
  [ $asked -eq 0 ] || continue
  digest=$(printf %s "$salt$nt" | sha256sum)
  echo "$name:$flags:\${digest%% *}"
done
echo == accounts
# 2: some are not there, which is an answer.
getent passwd -- "$@" | cut -d : -f 1,5 || [ $? -eq 2 ]
`;

/** Throws a UserError when there is no Samba. */
export function parse(answer: Result): UserFacts {
  if (answer.code !== 0) throw new UserError(`cannot look at the Samba users: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const [salt] = section("salt");
  if (salt === undefined) throw new UserError("the host has no Samba; install it with: apt-get install samba");
  const fields = (name: string) => section(name).map((line) => line.split(":"));
  return {
    salt,
    entries: new Map(fields("entries").map(([name = "", flags = "", digest = ""]) => [name, { flags, digest }])),
    accounts: new Map(fields("accounts").map(([name = "", comment = ""]) => [name, { comment }])),
  };
}

/** Whether the entry's password is the secret. */
export function opens({ digest }: Entry, secret: Secret, salt: string): boolean {
  const hash = ntHash(secret.reveal()).toString("hex").toUpperCase();
  return createHash("sha256").update(`${salt}${hash}`).digest("hex") === digest;
}
