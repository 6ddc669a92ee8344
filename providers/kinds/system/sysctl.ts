import { z } from "zod";
import { script, type Command } from "../../host/command.ts";
import { removeFile, restoreFile, writeFile } from "../../host/file.ts";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";
import { STAYS } from "./ours.ts";
import { BEFORE, parse, pathOf, query, swapped, type Facts } from "./sysctl.facts.ts";

const VALUE = "must be a number or a text of one line";

export const SysctlSpec = z.strictObject({
  /** The parameter, as sysctl.d(5) writes it: `vm.swappiness`; `net/ipv4/conf/eth0.1/forwarding` is fine too. */
  key: z
    .string()
    .max(200, "must have at most 200 characters")
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_@:-]*([./][A-Za-z0-9_@:-]+)+$/,
      "must be a kernel parameter's name, such as vm.swappiness",
    )
    .transform((key) => swapped(pathOf(key))),
  /** Its value, now and after a reboot. Several numbers are parted by blanks, however many. */
  value: z.union([
    z
      .string(VALUE)
      .min(1, VALUE)
      .max(2000, VALUE)
      .regex(/^[^\u0000-\u0008\u000a-\u001f\u007f]*$/, VALUE)
      .regex(/\S/, VALUE),
    z.number(VALUE),
  ]),
});
export type SysctlSpec = z.infer<typeof SysctlSpec>;

/** A spec, and what of the host is not as it says; left out where it is. */
interface State extends SysctlSpec {
  readonly now?: string;
  readonly boot?: string;
}

/**
 * A kernel parameter, now and at boot: one drop-in file in /etc/sysctl.d. When it is no longer declared, it gets the
 * value that the other files have for it, or else the one it had before.
 */
export const sysctl = defineKind<State, Facts>({
  type: "system:Sysctl",
  holdsData: false,
  spec: SysctlSpec,
  id: ({ key }) => key,
  byName: true,
  query,
  parse,

  view(facts, { key, value }) {
    const now = facts.now.get(pathOf(key));
    const boot = atBoot(facts, key)?.value;
    const odd = {
      ...(now === undefined || same(now, value) ? {} : { now }),
      ...(boot !== undefined && same(boot, value) ? {} : { boot: boot ?? "not set" }),
    };
    const untouched = !facts.before.has(dropIn(key)) && odd.boot !== undefined;
    return now === undefined || untouched ? undefined : { key, value, ...odd };
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    const refusals = refused(facts, want);
    return changes.length === 0 ? { ...nothing, refusals } : { changes, refusals, ...steps(facts, want) };
  },

  destroy({ key, value }, _context, facts) {
    const before = facts.before.get(dropIn(key));
    if (before === undefined) return { ...nothing, says: STAYS };
    const theirs = atBoot(facts, key, true)?.value ?? before;
    return {
      changes: [{ prop: "key", from: `${key}=${String(value)}`, to: undefined }],
      refusals: [],
      commands: [setNow(key, theirs), removeFile(dropIn(key))],
    };
  },
});

/** Sorts after every usual name: of two lines for a parameter the last one wins. */
function dropIn(key: string): string {
  return `/etc/sysctl.d/zz-phoenix-${pathOf(key).replaceAll("/", "-")}.conf`;
}

function same(a: string | number, b: string | number): boolean {
  return words(a) === words(b);
}

function words(value: string | number): string {
  return String(value).trim().split(/\s+/).join(" ");
}

/** The line that wins at boot; `others`: of the files that are not ours. */
function atBoot({ setters }: Facts, key: string, others = false) {
  return setters.findLast(({ name, file }) => name === pathOf(key) && !(others && file === dropIn(key)));
}

function differences(live: State | undefined, want: SysctlSpec): Change[] {
  if (live === undefined) return [{ prop: "key", from: undefined, to: `${want.key}=${String(want.value)}` }];
  return (["now", "boot"] as const).flatMap((when): Change[] => {
    const from = live[when] ?? live.value;
    return same(from, want.value) ? [] : [{ prop: `value.${when}`, from, to: want.value }];
  });
}

function refused(facts: Facts, { key, value }: SysctlSpec): string[] {
  const own = dropIn(key);
  if (!facts.now.has(pathOf(key)))
    return [`the kernel has no parameter ${key}; where a module brings it, declare the module, and depend on it`];
  const after = facts.setters.filter(
    (one) => one.name === pathOf(key) && fileName(one.file) > fileName(own) && !same(one.value, value),
  );
  return after.map(({ file }) => `${file} sets ${key} too, and comes after ${own}: remove it there`);
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function steps(facts: Facts, { key, value }: SysctlSpec): Pick<Plan, "commands" | "undo"> {
  const path = dropIn(key);
  const now = facts.now.get(pathOf(key)) ?? "";
  const before = facts.before.get(path);
  const ours = facts.setters.findLast(({ file }) => file === path)?.value;
  const text = (line: string, to: string) =>
    `# Managed by phoenix-hypervisor: what is changed here by hand is changed back.\n${BEFORE}${line}\n` +
    `${pathOf(key)} = ${to}\n`;
  const boot = atBoot(facts, key)?.value;
  const write = boot === undefined || !same(boot, value);
  const set = !same(now, value);
  return {
    commands: [
      ...(set ? [setNow(key, words(value))] : []),
      ...(write ? [writeFile(path, text(before ?? words(now), words(value)), { mode: "644" })] : []),
    ],
    undo: [
      ...(set ? [setNow(key, now)] : []),
      ...(write
        ? [restoreFile(path, before && ours !== undefined ? text(before, ours) : undefined, { mode: "644" })]
        : []),
    ],
  };
}

/** A value that the kernel does not take is told in its words. */
function setNow(key: string, value: string): Command {
  return script("sysctl-set", `printf '%s\\n' "$2" >"/proc/sys/$1"`, [pathOf(key), value]);
}
