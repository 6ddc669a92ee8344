/** The one command that changes a container on plain Debian: a constant script that is told its steps by arguments. */
import { createHash } from "node:crypto";
import { script, secret, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";
import { BIND } from "./container.bind.ts";
import { MAKE } from "./container.made.ts";
import { READY } from "./container.ready.ts";
import { GUEST } from "./debian.guest.ts";
import { PLUG } from "./debian.script.plug.ts";
import { ROOT } from "./debian.script.root.ts";
import { CONTENTS, LIFE, SETTINGS } from "./debian.script.text.ts";
import { ROOTFS } from "./rootfs.ts";

/** One step: the name of one of the script's functions, its arguments, and what it reads. */
export interface Step {
  readonly words: readonly (string | number)[];
  /** Its last two arguments are then the length and, where it is no secret, the digest of this. */
  readonly input?: string | Secret;
}

export function step(...words: readonly (string | number)[]): Step {
  return { words };
}

export function stepWith(input: string | Secret, ...words: readonly (string | number)[]): Step {
  return { words, input };
}

const DISPATCH = `
while [ $# -gt 0 ]
do
  words=$1
  shift
  call=
  # The step's own words, each as one argument.
  i=0
  while [ $i -lt "$words" ]
  do
    i=$((i + 1))
    call="$call \\"\\\${$i}\\""
  done
  eval "run_step$call"
  shift "$words"
done
`;

const RUN = `
run_step() { # name argument...
  step=$1
  shift
  "step_$step" "$@"
}
`;

/** All steps in one command, one after the other: a step that fails ends it. */
export function containerCommand(id: number, verb: string, steps: readonly Step[], seconds: number): Command {
  const inputs = steps.flatMap(({ input }) => input ?? []);
  const args = steps.flatMap(({ words, input }) => {
    const all = [...words.map(String), ...(input === undefined ? [] : sizeOf(input))];
    return [String(all.length), ...all];
  });
  const text = [CONTENTS, BIND, READY, MAKE, ROOTFS, GUEST, ROOT, SETTINGS, PLUG, LIFE, RUN, DISPATCH].join("\n");
  const made = withTimeLimit(script("lxc", text, args), seconds);
  const labelled = {
    ...made,
    label: `lxc-${verb} ${String(id)}: ${steps.map(({ words }) => words.join(" ")).join(", ")}`,
  };
  if (inputs.length === 0) return labelled;
  const whole = inputs.map((input) => (typeof input === "string" ? input : input.reveal())).join("");
  return withStdin(labelled, inputs.every((input) => typeof input === "string") ? whole : secret(whole));
}

/** Bytes, and a digest that tells a whole content from a part of it; of a secret none. */
function sizeOf(input: string | Secret): string[] {
  if (typeof input !== "string") return [String(Buffer.byteLength(input.reveal()))];
  return [String(Buffer.byteLength(input)), createHash("sha256").update(input).digest("hex")];
}
