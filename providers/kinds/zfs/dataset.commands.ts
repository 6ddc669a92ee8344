/** The commands that change a dataset: as many steps as it takes, in one command. */
import { brief, script, sh, type Command } from "../../host/command.ts";
import type { Change } from "../../kind.ts";

/** One call of a program, or of a function of {@link IN_ORDER}. */
export type Step = readonly string[];

/** What one concern adds to a plan; the steps of all become one command. */
export interface Part {
  readonly changes: readonly Change[];
  readonly refusals?: readonly string[];
  readonly steps?: readonly Step[];
}

/** The steps as one command: each runs when the one before it has succeeded. The key is its standard input. */
export function inOrder(steps: readonly Step[]): Command {
  const [[word = "", ...words] = []] = steps;
  if (steps.length === 1 && word === "keyed") return sh`${words}`;
  if (steps.length === 1 && !FUNCTIONS.has(word)) return brief(sh`${[word, ...words]}`);
  const args = steps.flatMap((step) => [String(step.length), ...step]);
  return brief(script("zfs-in-order", IN_ORDER, args));
}

export function isKeyed(steps: readonly Step[]): boolean {
  return steps.some(([word]) => word === "keyed");
}

/** Stops where mounting on a directory would hide something: files in it, or another mount. */
export const vacant = (dataset: string, directory: string): Step => ["vacant", dataset, directory];

/** Mounts a file system that should be mounted and is not. */
export const mounted = (dataset: string): Step => ["mounted", dataset];

/** Gives the program the key on its standard input. */
export const keyed = (step: Step): Step => ["keyed", ...step];

type Account = string | number | undefined;
interface Root {
  readonly owner?: Account;
  readonly group?: Account;
  readonly mode?: string | undefined;
}

/** Owner, group and mode of a directory; what is undefined is left alone. */
export function owned(directory: string, want: Root): Step[] {
  const { owner, group, mode } = want;
  const account = `${owner === undefined ? "" : String(owner)}${group === undefined ? "" : `:${String(group)}`}`;
  return [
    ...(account === "" ? [] : [["chown", "--", account, directory]]),
    // After chown, which may take set-user-ID and set-group-ID bits away.
    ...(mode === undefined ? [] : [["chmod", "--", mode, directory]]),
  ];
}

const FUNCTIONS = new Set(["vacant", "mounted", "keyed"]);

// Each step comes as the number of its words and the words. The text that `eval` gets holds numbers only: "${2}"
// "${3}" …; printf is part of the shell, so that no process shows the key.
const IN_ORDER = `
vacant() {
  [ -d "$2" ] || return 0
  ! mountpoint -q -- "$2" || {
    echo "cannot mount $1: something else is mounted on $2: $(findmnt -n -o SOURCE --mountpoint "$2")" >&2
    exit 1
  }
  found=$(ls -A -- "$2")
  [ "$found" = '' ] || {
    echo "cannot mount $1: the directory $2 is not empty ($(printf '%s\\n' "$found" | head -n 3 | paste -s -d ' ')), and its" \\
      "content would be hidden. Move it away, or declare the property overlay: on" >&2
    exit 1
  }
}
mounted() {
  state=$(zfs list -H -o mounted,canmount,mountpoint -- "$1" | tr '\\t' ' ')
  case $state in 'no on /'*) zfs mount -- "$1" ;; esac
}
keyed() {
  [ "\${key+read}" = read ] || key=$(cat)
  printf '%s\\n' "$key" | "$@"
}
while [ $# -gt 0 ]; do
  last=$(($1 + 1)) words= i=2
  while [ $i -le $last ]; do
    words="$words \\"\\\${$i}\\"" i=$((i + 1))
  done
  eval "$words"
  shift $last
done
`;
