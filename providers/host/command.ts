/**
 * Commands as data: an argument vector, quoted in one place ({@link render}) and nowhere else.
 * Shell text exists only as constant scripts; values reach them as arguments or on standard input.
 */

/** A value that shows itself nowhere: printing, joining or serialising it gives `[secret]`. */
export interface Secret {
  /** The value itself. Only the transport calls this, to write it to a standard input. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export function secret(value: string): Secret {
  const hidden = () => "[secret]";
  return { reveal: () => value, toString: hidden, toJSON: hidden };
}

/** A file of the machine that we run on, sent as it is when the command runs, however large it is. */
export interface LocalFile {
  /** Its path; a relative one starts at the working directory. */
  readonly file: string;
}

export type Stdin = string | Buffer | Secret | LocalFile;

declare const made: unique symbol;

/** One call of one program. Made by {@link sh} and {@link script} only. */
export interface Command {
  readonly argv: readonly string[];
  readonly stdin?: Stdin;
  /** What logs and errors show: the command itself, or a script's name and arguments. Never holds a secret. */
  readonly label: string;
  /** Seconds the command may take. Default 120. */
  readonly timeLimit?: number;
  /** Takes moments: may be sent together with others that come at the same time, and ends when they have ended. */
  readonly brief?: true;
  readonly [made]: true;
}

type Part = string | number | readonly (string | number)[];

/**
 * A command from a template: blanks in the literal text separate arguments, `${x}` is exactly one argument
 * whatever it holds, `${[…]}` is as many as the array has. Text glued to a `${}` is refused, so that no argument
 * can be assembled by accident: write `` sh`zfs set ${`${name}=${value}`} ${dataset}` ``.
 */
export function sh(literals: TemplateStringsArray, ...parts: readonly Part[]): Command {
  const argv: string[] = [];
  literals.forEach((literal, i) => {
    if ((i > 0 && /^\S/.test(literal)) || (i < parts.length && /\S$/.test(literal)))
      throw new TypeError(`sh: text is glued to a value in: ${literals.join("${…}")}`);
    argv.push(...literal.split(/\s+/).filter((word) => word !== ""));
    const part = parts[i];
    if (part !== undefined) argv.push(...[part].flat().map(String));
  });
  return command(argv, show(argv));
}

/**
 * A constant shell script with arguments ($1, $2, …), run by `sh -eu`. `name` is what logs and errors show.
 * The text must be a constant: values go through `args`, secrets and contents through {@link withStdin}.
 */
export function script(name: string, text: string, args: readonly string[] = []): Command {
  return command(["/bin/sh", "-euc", text, name, ...args], show([name, ...args]));
}

export function withStdin(to: Command, stdin: Stdin): Command {
  return { ...to, stdin };
}

export function withTimeLimit(to: Command, seconds: number): Command {
  return { ...to, timeLimit: seconds };
}

/** Marks a command that takes moments and stands for itself; see {@link Command.brief}. */
export function brief(to: Command): Command {
  return { ...to, brief: true };
}

/** The command as the last arguments of `first`, which runs it when it has done its own part. */
export function behind(first: Command, then: Command): Command {
  return { ...then, argv: [...first.argv, ...then.argv] };
}

/** The command as one line of shell text: the only place where anything is quoted. */
export function render(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}

function command(argv: readonly string[], label: string): Command {
  const nul = argv.find((argument) => argument.includes("\0"));
  if (nul !== undefined) throw new TypeError(`a NUL byte cannot be passed to a command: ${label}`);
  return { argv, label } as Command;
}

function show(argv: readonly string[]): string {
  return render(argv).replace(/[\n\r\t]/g, " ");
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
