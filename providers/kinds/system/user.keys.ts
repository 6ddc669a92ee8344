/** Lines of authorized_keys files, as sshd(8) reads them. */

export interface AuthorizedKey {
  /** What stands before the key: `from="10.0.0.0/8",no-pty`; empty for none. */
  readonly options: string;
  /** `ssh-ed25519 AAAA…`: what tells one key from another. */
  readonly key: string;
}

const TYPE =
  "(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com)";
const LINE = new RegExp(
  `^(?:((?:[^\\s"]|"(?:\\\\"|[^"])*")+)[ \\t]+)?(${TYPE})[ \\t]+([A-Za-z0-9+/]{40,}={0,2})(?:[ \\t].*)?$`,
);

/** Undefined for a comment, an empty line, and what sshd does not understand. */
export function authorizedKey(line: string): AuthorizedKey | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const [, options = "", type, blob] = LINE.exec(line.trim()) ?? [];
  return type === undefined || blob === undefined ? undefined : { options, key: `${type} ${blob}` };
}

/** Whether a line of a file does what a declared one says: options that nobody declared are somebody's restriction. */
export function fulfils(line: string, declared: string): boolean {
  const [is, to] = [authorizedKey(line), authorizedKey(declared)];
  return is !== undefined && is.key === to?.key && (to.options === "" || is.options === to.options);
}

function keyOf(line: string): string | undefined {
  return authorizedKey(line)?.key;
}

export interface Wish {
  readonly declared: readonly string[];
  /** Keys to take out: what was declared and no longer is. */
  readonly dropped: readonly string[];
  /** Whether all else goes too. */
  readonly exclusive: boolean;
  /** The key that we are logged in with: it stays whatever is declared. */
  readonly inUse?: string | undefined;
}

/** The keys that are there, in the words of the declaration: with {@link wanted}'s nothing differs. */
export function shown(lines: readonly string[], { declared, dropped, exclusive, inUse }: Wish): string[] {
  const there = declared.filter((to) => lines.some((line) => fulfils(line, to)));
  const keys = new Set(declared.map(keyOf));
  const gone = new Set(dropped.map(keyOf));
  const extra = lines.filter((line) => {
    const key = keyOf(line);
    if (key === undefined || keys.has(key) || key === inUse) return false;
    return exclusive || gone.has(key);
  });
  return [...there, ...extra];
}

/** The lines that the file is to have. Comments and the lines of others keep their places. */
export function wanted(lines: readonly string[], wish: Wish): string[] {
  const { declared } = wish;
  const surplus = new Set(shown(lines, { ...wish, declared: [] }).filter((line) => !isDeclared(line, declared)));
  const kept = lines.flatMap((line): string[] => {
    if (surplus.has(line)) return [];
    const to = declared.find((one) => keyOf(one) !== undefined && keyOf(one) === keyOf(line));
    return [to === undefined || fulfils(line, to) ? line : to];
  });
  return [...kept, ...declared.filter((to) => !kept.some((line) => fulfils(line, to)))];
}

function isDeclared(line: string, declared: readonly string[]): boolean {
  return declared.some((one) => keyOf(one) === keyOf(line));
}

/** Whether the key in use stays although the declaration would take it out. */
export function keepsInUse(lines: readonly string[], wish: Wish): boolean {
  const without = { ...wish, inUse: undefined };
  return wish.inUse !== undefined && shown(lines, without).length > shown(lines, wish).length;
}
