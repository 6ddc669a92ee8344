import { z } from "zod";
import { script, withStdin, type Command, type Secret } from "../../host/command.ts";
import { UserError } from "../../host/host.ts";
import { defineKind, nothing, type Change, type Context } from "../../kind.ts";
import { opens, parse, query, type UserFacts } from "./user.facts.ts";

export const UserSpec = z.strictObject({
  /** Name of the user, to Samba and to Unix. */
  name: z
    .string()
    .regex(/^[a-z_][a-z\d_.-]{0,31}$/, "must be a Unix name: lower case, at most 32 of letters, digits and _ . -"),
  /**
   * Name of the password among the stack's secrets: at most 127 characters, one line. It is set where Samba has
   * another one, also when the secret changes.
   */
  secret: z.string().min(1, "must name a secret of the stack's configuration"),
  /** Whether Samba refuses the user, whatever the password. Default: false. */
  disabled: z.boolean().default(false),
  /**
   * Whether a Unix account is made where there is none: without a password, a login shell and a home. Only such an
   * account is removed with the user; what it owns stays. Default: false, for somebody else makes it (system:User).
   */
  createAccount: z.boolean().default(false),
});
export type UserSpec = z.infer<typeof UserSpec>;

/** A spec, and what of the host is not as it needs it; left out where it is. */
interface State extends UserSpec {
  /** What is wrong with the password. Never the password, nor anything made of it. */
  readonly password?: string;
  /** The Unix account, where there is none. */
  readonly account?: string;
}

/** What tells an account that we made from others. */
export const COMMENT = "Samba user made by phoenix-hypervisor";

/** A user of Samba: an entry of its password database, and the Unix account that it needs. */
export const user = defineKind<State, UserFacts>({
  type: "samba:User",
  holdsData: false,
  spec: UserSpec,
  id: ({ name }) => name,
  secrets: ({ secret }) => [secret],
  query,
  parse,
  view,

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes };
    const password = context.secret(want.secret);
    return {
      changes,
      refusals: refusals(facts, want, password),
      commands: command(changes, want, password, facts),
    };
  },

  destroy({ name, createAccount }, _context, facts) {
    const ours = createAccount && facts.accounts.get(name)?.comment === COMMENT;
    return {
      changes: [{ prop: "name", from: name, to: undefined }],
      refusals: [],
      commands: [script("samba-user-remove", REMOVE, [name, ours ? "account" : ""])],
    };
  },
});

function view({ entries, accounts, salt }: UserFacts, spec: State, context: Context<State>): State | undefined {
  const entry = entries.get(spec.name);
  const account = accounts.get(spec.name);
  const left = spec.createAccount && account?.comment === COMMENT;
  if (entry === undefined && !left) return undefined;
  return {
    name: spec.name,
    secret: spec.secret,
    disabled: entry === undefined ? spec.disabled : entry.flags.includes("D"),
    createAccount: spec.createAccount,
    ...wrong(entry === undefined ? "there is none" : unlike(entry, salt, secretOf(context, spec.secret))),
    ...(account === undefined ? { account: "there is none" } : {}),
  };
}

function wrong(password: string | undefined): Pick<State, "password"> {
  return password === undefined ? {} : { password };
}

function unlike(entry: Parameters<typeof opens>[0], salt: string, secret: Secret | undefined): string | undefined {
  if (entry.flags.includes("N")) return "none is needed";
  return secret === undefined || opens(entry, secret, salt) ? undefined : "it is another one than the secret";
}

/** A user that is to be ended needs no secret: it may be gone from the configuration by then. */
function secretOf(context: Context<State>, name: string): Secret | undefined {
  try {
    return context.secret(name);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined) return [{ prop: "name", from: undefined, to: want.name }];
  const plain = (["secret", "disabled", "createAccount"] as const).flatMap((prop): Change[] =>
    live[prop] === want[prop] ? [] : [{ prop, from: live[prop], to: want[prop] }],
  );
  const odd = (["password", "account"] as const).flatMap((prop): Change[] =>
    live[prop] === undefined ? [] : [{ prop, from: live[prop], to: undefined, note: live[prop] }],
  );
  return [...plain, ...odd];
}

function refusals({ accounts }: UserFacts, want: State, password: Secret): string[] {
  const text = password.reveal();
  const bad = text === "" || text.length > 127 || /[\u0000-\u001f\u007f]/.test(text);
  const homeless = !want.createAccount && !accounts.has(want.name);
  return [
    ...(bad ? [`the secret ${want.secret} must have 1 to 127 characters, and no line ends or control characters`] : []),
    ...(homeless
      ? [`there is no Unix account ${want.name}, and Samba needs one: make it first, or declare createAccount: true`]
      : []),
  ];
}

/** One command for all that differs; none where only the state has to know. */
function command(changes: readonly Change[], want: State, password: Secret, { accounts }: UserFacts): Command[] {
  const differs = (...props: string[]) => changes.some(({ prop }) => prop === "name" || props.includes(prop));
  const make = want.createAccount && !accounts.has(want.name);
  const set = differs("password");
  const flag = differs("disabled", "password") ? (want.disabled ? "-d" : "-e") : "";
  if (!make && !set && flag === "") return [];
  const to = script("samba-user", SET, [want.name, make ? COMMENT : "", set ? "password" : "", flag]);
  return [set ? withStdin(to, password) : to];
}

// printf is part of the shell, so that no process shows the password.
const SET = `
name=$1 comment=$2 password=$3 flag=$4
said() { said=$("$@" 2>&1) || { printf '%s\\n' "$said" >&2; exit 1; }; }
[ -z "$password" ] || password=$(cat)
[ -z "$comment" ] || said useradd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --comment "$comment" -- "$name"
[ -z "$password" ] || printf '%s\\n%s\\n' "$password" "$password" | said smbpasswd -s -a "$name"
[ -z "$flag" ] || said smbpasswd "$flag" "$name"
`;

const REMOVE = `
name=$1 account=$2
said=$(pdbedit -x -u "$name" 2>&1) || ! pdbedit -L | grep -q "^$name:" || { printf '%s\\n' "$said" >&2; exit 1; }
[ -z "$account" ] || userdel -- "$name"
`;
