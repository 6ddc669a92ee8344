/** Brief commands that come at the same time, sent as one: a channel, a lock and a time limit for all of them. */
import { script, withTimeLimit, type Command } from "./command.ts";
import type { Result } from "./host.ts";

/** Several commands in one. */
export interface Joined extends Command {
  readonly parts: readonly Command[];
}

/** A command line takes 128 KiB, and what is escaped in it grows. */
const mostBytes = 32_000;
const most = 8;

/** Commands in the groups that can be sent as one: those that are marked as brief and have no standard input. */
export function groups(commands: readonly Command[]): (readonly Command[])[] {
  const made: Command[][] = [];
  const open = new Map<number | undefined, { group: Command[]; bytes: number }>();
  for (const command of commands) {
    const bytes = command.argv.join(" ").length;
    const last = open.get(command.timeLimit);
    if (command.brief !== true || command.stdin !== undefined) made.push([command]);
    else if (last !== undefined && last.group.length < most && last.bytes + bytes <= mostBytes) {
      last.group.push(command);
      last.bytes += bytes;
    } else {
      const group = [command];
      made.push(group);
      open.set(command.timeLimit, { group, bytes });
    }
  }
  return made;
}

/** One command that runs all of these side by side, each with an outcome of its own. */
export function join(parts: readonly Command[]): Joined {
  const args = parts.flatMap(({ argv }) => [String(argv.length), ...argv]);
  const limit = parts[0]?.timeLimit;
  const made = script("joined", JOINED, args);
  const label = parts.map((part) => part.label).join(" & ");
  return { ...(limit === undefined ? made : withTimeLimit(made, limit)), label, parts };
}

export function isJoined(command: Command): command is Joined {
  return "parts" in command;
}

/** The outcome of each part; that of the whole for a part that told none. */
export function outcomes({ parts }: Joined, whole: Result): readonly Result[] {
  const told = new Map(
    whole.stdout.split("\0").map((text) => {
      const [, number, code, said = ""] = /^(\d+) (\d+) ([^]*)$/.exec(text) ?? [];
      return [Number(number), { code: Number(code), stdout: "", stderr: said }];
    }),
  );
  return parts.map((_, i) => told.get(i) ?? { ...whole, code: whole.code || 1 });
}

// What each printed is told in one write that no other can break into (PIPE_BUF). The text that `eval` gets holds
// numbers only: "${2}" "${3}" …
const JOINED = `
run() {
  number=$1
  shift
  said=$("$@" 2>&1) && code=0 || code=$?
  [ \${#said} -le 2000 ] || said=$(printf %s "$said" | tail -c 2000)
  printf '%s %s %s\\0' "$number" "$code" "$said"
}
number=0
while [ $# -gt 0 ]; do
  last=$(($1 + 1)) words= i=2
  while [ $i -le $last ]; do
    words="$words \\"\\\${$i}\\"" i=$((i + 1))
  done
  eval "run $number $words" &
  shift $last
  number=$((number + 1))
done
wait
`;
